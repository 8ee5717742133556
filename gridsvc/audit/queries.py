"""SQL of the audit trail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit.schemas import HeadOut

_ADD = text("""
INSERT INTO audit_entry (account_id, login, roles, person_code, via, address, request_id, action,
                         kind, object_id, division_code, purpose, before, after)
VALUES (:account_id, :login, CAST(:roles AS text[]), :person_code, :via, :address, :request_id,
        :action, :kind, :object_id, :division_code, :purpose, CAST(:before AS jsonb),
        CAST(:after AS jsonb))
""")

_SEARCH = text("""
SELECT lane, sequence, at, login, roles, person_code, via, address, request_id, action, kind,
       object_id, division_code, purpose, before, after
FROM audit_entry
WHERE (CAST(:since AS timestamptz) IS NULL OR at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR at < :until)
  AND (CAST(:login AS text) IS NULL OR login = :login)
  AND (CAST(:action AS text) IS NULL OR action = :action)
  AND (CAST(:kind AS text) IS NULL OR kind = :kind)
  AND (CAST(:object_id AS text) IS NULL OR object_id = :object_id)
  AND (CAST(:purpose AS text) IS NULL OR position(:purpose IN purpose) > 0)
  AND division_code >= :low AND division_code < :high
  AND (CAST(:before_at AS timestamptz) IS NULL
       OR (at, lane, sequence) < (:before_at, :before_lane, :before_sequence))
ORDER BY at DESC, lane DESC, sequence DESC LIMIT :limit
""")

_LANES = text("SELECT lane FROM audit_head UNION SELECT lane FROM audit_entry ORDER BY lane")

# The very function the trigger uses recomputes every digest. One statement sees the entries and
# the head of a lane as of one moment, whoever goes on writing.
_BREAKS = text("""
WITH head AS (
    SELECT asked.lane, h.sequence, h.digest, coalesce(h.pruned_sequence, 0) AS pruned_sequence,
           coalesce(h.pruned_digest, '') AS pruned_digest
    FROM (VALUES (CAST(:lane AS smallint))) AS asked (lane)
    LEFT JOIN audit_head h ON h.lane = asked.lane
), link AS (
    SELECT e.sequence, e.digest, e.previous_digest, audit_digest(e) AS expected,
           h.sequence AS head_sequence, h.digest AS head_digest,
           lag(e.sequence, 1, h.pruned_sequence) OVER chain AS last_sequence,
           lag(e.digest, 1, h.pruned_digest) OVER chain AS last_digest
    FROM head h JOIN audit_entry e ON e.lane = h.lane AND e.sequence > h.pruned_sequence
    WINDOW chain AS (ORDER BY e.sequence)
), tail AS (
    SELECT h.*, greatest(h.pruned_sequence, (
        SELECT max(e.sequence) FROM audit_entry e WHERE e.lane = h.lane)) AS last_sequence
    FROM head h
)
SELECT found.sequence, found.fault
FROM link CROSS JOIN LATERAL (VALUES
    (last_sequence + 1, 'missing', sequence > last_sequence + 1),
    (sequence, 'changed', digest <> expected),
    (sequence, 'unlinked', sequence = last_sequence + 1 AND previous_digest <> last_digest),
    (sequence, 'added', sequence > head_sequence),
    (sequence, 'head_changed', sequence = head_sequence AND digest <> head_digest)
) AS found (sequence, fault, seen) WHERE found.seen
UNION ALL
SELECT e.sequence, 'added'
FROM head h JOIN audit_entry e ON e.lane = h.lane AND e.sequence <= h.pruned_sequence
UNION ALL
SELECT found.sequence, found.fault
FROM tail CROSS JOIN LATERAL (VALUES
    (last_sequence + 1, 'cut', last_sequence < sequence),
    (sequence, 'head_changed', sequence < pruned_sequence
        OR sequence = pruned_sequence AND digest <> pruned_digest),
    (last_sequence, 'head_missing', sequence IS NULL)
) AS found (sequence, fault, seen) WHERE found.seen
ORDER BY sequence, fault LIMIT :most
""")

_HEADS = text("""
SELECT h.lane, h.sequence, encode(h.digest, 'hex') AS digest, e.at
FROM audit_head h LEFT JOIN audit_entry e ON e.lane = h.lane AND e.sequence = h.sequence
ORDER BY h.lane
""")

# A lane without a head is found by itself. Where a lane was pruned beyond what is told there is
# nothing left to compare; but then it was old.
_DEPARTURES = text("""
SELECT told.lane, told.sequence, CASE
    WHEN told.sequence > h.sequence THEN 'shortened'
    WHEN told.sequence >= h.pruned_sequence THEN 'rewritten'
    ELSE 'pruned_early' END AS fault
FROM unnest(CAST(:lanes AS smallint[]), CAST(:sequences AS bigint[]), CAST(:digests AS text[]),
            CAST(:times AS timestamptz[])) AS told (lane, sequence, digest, at)
JOIN audit_head h ON h.lane = told.lane
LEFT JOIN audit_entry e ON e.lane = told.lane AND e.sequence = told.sequence
WHERE told.sequence > h.sequence
   OR told.sequence >= h.pruned_sequence AND told.digest IS DISTINCT FROM encode(
       CASE told.sequence WHEN h.pruned_sequence THEN h.pruned_digest ELSE e.digest END, 'hex')
   OR told.sequence < h.pruned_sequence AND told.at >= now() - make_interval(days => :kept_days)
ORDER BY told.lane
""")

# Of every lane, up to where its first young entry comes.
_MARK = text("""
UPDATE audit_head h SET pruned_sequence = last.sequence, pruned_digest = last.digest
FROM audit_head l
LEFT JOIN LATERAL (
    SELECT e.sequence FROM audit_entry e
    WHERE e.lane = l.lane AND e.at >= now() - make_interval(days => :keep_days)
    ORDER BY e.sequence LIMIT 1) young ON true
CROSS JOIN LATERAL (
    SELECT e.sequence, e.digest FROM audit_entry e
    WHERE e.lane = l.lane AND e.sequence < coalesce(young.sequence, l.sequence + 1)
    ORDER BY e.sequence DESC LIMIT 1) last
WHERE h.lane = l.lane
RETURNING h.lane, h.pruned_sequence
""")

_PRUNE = text("""
WITH gone AS (
    DELETE FROM audit_entry e USING audit_head h
    WHERE h.lane = e.lane AND e.sequence <= h.pruned_sequence RETURNING e.lane)
SELECT count(*) FROM gone
""")


async def add(
    session: AsyncSession,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    **columns: Any,
) -> None:
    """Append an entry; the database numbers, times and chains it."""
    told = {"before": _json(before), "after": _json(after)}
    await session.execute(_ADD, columns | told)


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


async def search(session: AsyncSession, **filters: Any) -> list[RowMapping]:
    """Entries that match the filters, newest first."""
    return list((await session.execute(_SEARCH, filters)).mappings())


async def lanes(session: AsyncSession) -> list[int]:
    """Lanes that have a head or entries."""
    return list(await session.scalars(_LANES))


async def breaks(session: AsyncSession, lane: int, *, most: int) -> list[RowMapping]:
    """Where a lane's chain does not hold, first to last: sequence and fault."""
    return list((await session.execute(_BREAKS, {"lane": lane, "most": most})).mappings())


async def heads(session: AsyncSession) -> list[RowMapping]:
    """End of every chain: lane, sequence, digest (hexadecimal) and time of its newest entry."""
    return list((await session.execute(_HEADS)).mappings())


async def departures(
    session: AsyncSession, told: Sequence[HeadOut], *, kept_days: int
) -> list[RowMapping]:
    """Where the chains are not the continuation of heads told earlier: lane, sequence, fault.

    Parameters
    ----------
    kept_days
        Days for which nothing may have been pruned.
    """
    columns = {
        "lanes": [head.lane for head in told],
        "sequences": [head.sequence for head in told],
        "digests": [head.digest for head in told],
        "times": [head.at for head in told],
    }
    found = await session.execute(_DEPARTURES, columns | {"kept_days": kept_days})
    return list(found.mappings())


async def prune(session: AsyncSession, *, keep_days: int) -> tuple[int, dict[int, int]]:
    """Remove the beginnings of lanes older than so many days; whoever writes waits meanwhile.

    Returns
    -------
    int
        How many entries were removed.
    dict
        Sequence up to which each lane was removed; only lanes where something was.
    """
    await session.execute(text("SELECT FROM audit_head ORDER BY lane FOR UPDATE"))
    marked = await session.execute(_MARK, {"keep_days": keep_days})
    up_to = {row.lane: row.pruned_sequence for row in marked}
    return int(await session.scalar(_PRUNE) or 0), up_to

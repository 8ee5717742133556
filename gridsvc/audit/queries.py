"""SQL of the audit trail."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

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

# The very function the trigger uses recomputes every digest.
_BREAKS = text("""
WITH link AS (
    SELECT e.lane, e.sequence, e.digest, e.previous_digest, audit_digest(e) AS expected,
           lag(e.sequence, 1, h.pruned_sequence) OVER chain AS last_sequence,
           lag(e.digest, 1, h.pruned_digest) OVER chain AS last_digest
    FROM audit_entry e JOIN audit_head h ON h.lane = e.lane
    WINDOW chain AS (PARTITION BY e.lane ORDER BY e.sequence)
), tail AS (
    SELECT h.lane, h.sequence, h.digest, coalesce(e.sequence, h.pruned_sequence) AS last_sequence,
           coalesce(e.digest, h.pruned_digest) AS last_digest
    FROM audit_head h LEFT JOIN LATERAL (
        SELECT sequence, digest FROM audit_entry WHERE lane = h.lane
        ORDER BY sequence DESC LIMIT 1) e ON true
)
SELECT lane, sequence, CASE
    WHEN sequence <> last_sequence + 1 THEN 'missing'
    WHEN digest <> expected THEN 'changed'
    ELSE 'unlinked' END AS fault
FROM link
WHERE sequence <> last_sequence + 1 OR digest <> expected OR previous_digest <> last_digest
UNION ALL
SELECT lane, last_sequence + 1, 'cut' FROM tail
WHERE last_sequence <> sequence OR last_digest <> digest
ORDER BY lane, sequence
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


async def breaks(session: AsyncSession) -> list[RowMapping]:
    """Where a chain does not hold: lane, sequence, and what is wrong there."""
    return list((await session.execute(_BREAKS)).mappings())


async def heads(session: AsyncSession) -> list[RowMapping]:
    """End of every chain: lane, sequence, digest (hexadecimal)."""
    result = await session.execute(
        text("SELECT lane, sequence, encode(digest, 'hex') AS digest FROM audit_head ORDER BY lane")
    )
    return list(result.mappings())


async def digests_at(
    session: AsyncSession, lanes: Sequence[int], sequences: Sequence[int]
) -> dict[int, str | None]:
    """Digest (hexadecimal) of one entry of each lane; none where it is not there any more."""
    rows = await session.execute(
        text("""
        SELECT asked.lane, encode(coalesce(e.digest, CASE WHEN h.pruned_sequence = asked.sequence
            THEN h.pruned_digest END), 'hex') AS digest, h.pruned_sequence > asked.sequence AS gone
        FROM unnest(CAST(:lanes AS int[]), CAST(:sequences AS bigint[])) AS asked (lane, sequence)
        JOIN audit_head h ON h.lane = asked.lane
        LEFT JOIN audit_entry e ON e.lane = asked.lane AND e.sequence = asked.sequence
        """),
        {"lanes": list(lanes), "sequences": list(sequences)},
    )
    return {row.lane: row.digest for row in rows if not row.gone}


async def prune(session: AsyncSession, *, keep_days: int) -> int:
    """Remove the beginnings of the chains older than so many days; how many entries.

    Fewer than 184 days are refused by the database itself.
    """
    removed = await session.scalar(text("SELECT audit_prune(:days)"), {"days": keep_days})
    return int(removed or 0)

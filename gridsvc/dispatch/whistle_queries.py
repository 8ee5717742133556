"""SQL of whistle calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Deed:
    """What a line of a call's history says; a client's key makes it the same deed when repeated."""

    deed: str
    unit_code: str
    actor: str
    account_id: int | None
    note: str = ""
    client_key: str | None = None
    body_sha256: bytes | None = None


_LINE = """
INSERT INTO whistle_history (call_id, division_code, deed, from_state, to_state, unit_code, actor,
                             account_id, note, client_key, body_sha256)
"""
_ADD = text(f"""
WITH added AS (
    INSERT INTO whistle_call (division_code, unit_code, kind, channel, event_id, matter_code, geom,
                              datum, description, state, account_id, client_key, body_sha256,
                              called_at)
    VALUES (:division_code, :unit_code, :kind, :channel, :event_id, :matter_code,
            ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :datum, :description, 'CALLED',
            :account_id, :client_key, :body_sha256, :called_at)
    ON CONFLICT (account_id, client_key) DO NOTHING
    RETURNING id, division_code, unit_code, account_id
), units AS (
    INSERT INTO whistle_unit (call_id, unit_code, division_code, place, due_at, due_by)
    SELECT added.id, u.code, added.division_code, u.place, :due_at, :due_by
    FROM added, unnest(CAST(:units AS text[])) WITH ORDINALITY AS u (code, place)
), line AS (
    {_LINE}
    SELECT id, division_code, 'call', NULL, 'CALLED', unit_code, :actor, account_id, :note, NULL,
           NULL
    FROM added
)
SELECT id FROM added
""")  # noqa: S608 - a part of this module
_MOVE = text(f"""
WITH moved AS (
    UPDATE whistle_call SET state = :then,
        signed_at = CASE WHEN :deed = 'sign' AND unit_code = :unit_code THEN clock_timestamp()
                         ELSE signed_at END,
        judged_at = CASE WHEN :deed = 'judge' THEN clock_timestamp() ELSE judged_at END,
        resolved = CASE WHEN :deed = 'judge' THEN :then = 'RESOLVED' ELSE resolved END
    WHERE id = :id RETURNING id, division_code
), unit AS (
    UPDATE whistle_unit SET
        signed_at = CASE WHEN :deed = 'sign' THEN clock_timestamp() ELSE signed_at END,
        checked_in_at = CASE WHEN :deed = 'check_in' THEN clock_timestamp()
                             ELSE checked_in_at END
    WHERE call_id = :id AND unit_code = :unit_code AND :deed IN ('sign', 'check_in')
)
{_LINE}
SELECT id, division_code, :deed, :now, :then, :unit_code, :actor, CAST(:account_id AS bigint),
       :note, CAST(:client_key AS text), CAST(:body_sha256 AS bytea)
FROM moved
""")  # noqa: S608 - a part of this module

_CALL = """
SELECT c.id, c.state, c.kind, c.channel, c.unit_code AS unit, coalesce(u.name, c.unit_code)
       AS unit_name, u.kind AS unit_kind, u.division_code AS unit_division, c.event_id AS event,
       c.matter_code AS matter, m.name AS matter_name, c.description, ST_X(c.geom) AS lon,
       ST_Y(c.geom) AS lat, c.division_code, c.called_at, c.signed_at, c.judged_at, c.resolved
FROM whistle_call c
LEFT JOIN unit u ON u.code = c.unit_code
LEFT JOIN matter m ON m.code = c.matter_code
"""
_OF_PAGE = """
WHERE c.division_code >= :low AND c.division_code < :high
  AND (CAST(:state AS text) IS NULL OR c.state = :state)
  AND (CAST(:event AS bigint) IS NULL OR c.event_id = :event)
  AND (CAST(:unit AS text) IS NULL OR c.unit_code = :unit OR EXISTS (
      SELECT FROM whistle_unit w WHERE w.call_id = c.id AND w.unit_code = :unit))
"""
_COUNT = text(f"SELECT count(*) FROM whistle_call c {_OF_PAGE}")  # noqa: S608 - fixed parts
_PAGE = text(f"{_CALL} {_OF_PAGE} ORDER BY c.called_at DESC, c.id DESC LIMIT :limit OFFSET :offset")

_ESCALATE = text("""
WITH written AS (
    INSERT INTO whistle_escalation (call_id, unit_code, rung, division_code, told_unit, due_at)
    SELECT c.id, w.unit_code, r.name, c.division_code,
           CASE WHEN r.up = 1 THEN u.parent_code ELSE coalesce(p.parent_code, u.parent_code) END,
           w.due_at
    FROM whistle_unit w
    JOIN whistle_call c ON c.id = w.call_id AND c.state = ANY(CAST(:open AS text[]))
    JOIN unit u ON u.code = w.unit_code
    LEFT JOIN unit p ON p.code = u.parent_code
    CROSS JOIN unnest(CAST(:names AS text[]), CAST(:shares AS float8[]), CAST(:ups AS integer[]))
        AS r (name, share, up)
    WHERE w.checked_in_at IS NULL AND w.due_at <= now()
      AND now() >= c.called_at + (w.due_at - c.called_at) * r.share
    ON CONFLICT DO NOTHING
    RETURNING call_id, unit_code, rung, division_code, told_unit, due_at
)
SELECT e.*, c.unit_code AS caller_code, u.name AS unit_name, m.name AS matter_name
FROM written e JOIN whistle_call c ON c.id = e.call_id JOIN unit u ON u.code = e.unit_code
LEFT JOIN matter m ON m.code = c.matter_code
ORDER BY e.call_id, e.unit_code, e.rung
""")

# Nothing after the window is looked at: a window that is past gives the same figures whenever it is
# asked for. A unit counts where its time runs out; where the call was over before that, nobody
# waited for it any more.
_FIGURES = text("""
WITH span AS (
    SELECT CAST(:since AS timestamptz) AS since, least(CAST(:until AS timestamptz), now()) AS until
), told AS (
    SELECT c.*, since, until, c.called_at >= since AS in_window, h.*
    FROM span, whistle_call c CROSS JOIN LATERAL (
        SELECT (array_agg(to_state ORDER BY id DESC) FILTER (WHERE deed = 'judge'))[1] AS word,
               coalesce(bool_or(deed = 'withdraw'), false) AS withdrawn,
               coalesce(bool_or(deed = 'close'), false) AS is_closed,
               min(at) FILTER (WHERE deed IN ('judge', 'withdraw')) AS over_at
        FROM whistle_history WHERE call_id = c.id AND at < until
    ) h
    WHERE c.called_at >= since - make_interval(days => :most_days) AND c.called_at < until
      AND c.division_code >= :low AND c.division_code < :high
), calls AS (SELECT * FROM told WHERE in_window AND NOT withdrawn
), counted AS (
    SELECT count(*) AS calls, count(*) FILTER (WHERE kind = 'tackling') AS tackling,
           (SELECT count(*) FROM told WHERE in_window AND withdrawn) AS withdrawn,
           count(*) FILTER (WHERE word IS NOT NULL) AS judged,
           count(*) FILTER (WHERE word = 'RESOLVED') AS resolved,
           count(*) FILTER (WHERE is_closed) AS closed, count(DISTINCT unit_code) AS callers
    FROM calls
), awaited AS (
    SELECT w.unit_code, w.due_at, CASE WHEN w.checked_in_at < until THEN w.checked_in_at END AS at,
           in_window AND NOT withdrawn AS called,
           w.due_at >= since AND w.due_at < until
               AND NOT (w.checked_in_at IS NULL AND coalesce(over_at <= w.due_at, false)) AS due,
           CASE WHEN in_window AND is_closed THEN w.score END AS score
    FROM whistle_unit w JOIN told t ON t.id = w.call_id
), by_unit AS (
    SELECT unit_code AS unit, count(*) FILTER (WHERE called) AS called,
           count(*) FILTER (WHERE due) AS due,
           count(*) FILTER (WHERE due AND at IS NOT NULL) AS checked_in,
           count(*) FILTER (WHERE due AND at <= due_at) AS in_time,
           count(*) FILTER (WHERE due AND at > due_at) AS late,
           count(*) FILTER (WHERE due AND at IS NULL) AS unanswered,
           count(score) AS scored, coalesce(sum(score), 0) AS score_sum
    FROM awaited WHERE called OR due GROUP BY unit_code
), answered AS (
    SELECT coalesce(sum(called), 0)::bigint AS called, count(*) FILTER (WHERE called > 0) AS units,
           coalesce(sum(due), 0)::bigint AS due,
           coalesce(sum(checked_in), 0)::bigint AS checked_in,
           coalesce(sum(in_time), 0)::bigint AS in_time,
           coalesce(sum(late), 0)::bigint AS late,
           coalesce(sum(unanswered), 0)::bigint AS unanswered,
           coalesce(sum(scored), 0)::bigint AS scored,
           coalesce(sum(score_sum), 0)::bigint AS score_sum
    FROM by_unit
)
SELECT (SELECT until FROM span) AS until,
       (SELECT to_jsonb(t) FROM counted t) || (SELECT to_jsonb(t) FROM answered t) AS counts,
       (SELECT coalesce(jsonb_object_agg(channel, number), '{}') FROM (
            SELECT channel, count(*) AS number FROM calls GROUP BY channel) t) AS channels,
       (SELECT coalesce(jsonb_agg(to_jsonb(b) || jsonb_build_object('name', coalesce(u.name, unit))
                                  ORDER BY unit), '[]')
        FROM by_unit b LEFT JOIN unit u ON u.code = b.unit) AS units
""").columns(counts=JSONB, channels=JSONB, units=JSONB)


async def units_now(session: AsyncSession, codes: Sequence[str], *, at: datetime) -> list[Any]:
    """Those of the units that the transaction sees and that exist at a time."""
    rows = await session.execute(
        text("""
        SELECT code, name, kind, division_code FROM unit
        WHERE code = ANY(CAST(:codes AS text[])) AND valid_from <= CAST(:at AS date)
          AND coalesce(valid_to > CAST(:at AS date), true)
        """),
        {"codes": list(codes), "at": at},
    )
    return list(rows.mappings())


async def by_client_key(
    session: AsyncSession, client_key: str, *, account_id: int | None
) -> tuple[int, bytes] | None:
    """Id and body hash of the call an account made with a key; none when the key is new."""
    row = (
        await session.execute(
            text(
                "SELECT id, body_sha256 FROM whistle_call WHERE client_key = :key"
                " AND account_id IS NOT DISTINCT FROM CAST(:account_id AS bigint)"
            ),
            {"key": client_key, "account_id": account_id},
        )
    ).first()
    return (row.id, row.body_sha256) if row else None


async def add(session: AsyncSession, *, units: Sequence[str], **columns: Any) -> int | None:
    """Add a call, its units and its first line; its id, or none when the key is taken."""
    call_id: int | None = await session.scalar(_ADD, columns | {"units": list(units)})
    return call_id


async def lock(session: AsyncSession, call_id: int) -> RowMapping | None:
    """A call, locked until the transaction ends; deeds of one call come one after another."""
    found = await session.execute(
        text(f"{_CALL} WHERE c.id = :id FOR UPDATE OF c"), {"id": call_id}
    )
    return found.mappings().first()


async def move(session: AsyncSession, call_id: int, now: str, then: str, deed: Deed) -> None:
    """Do a deed: the call's state and times, those of the deed's unit, and the line of history."""
    await session.execute(_MOVE, vars(deed) | {"id": call_id, "now": now, "then": then})


async def done_by(
    session: AsyncSession, call_id: int, client_key: str, *, account_id: int | None
) -> bytes | None:
    """Body hash of what an account did in a call with a key; none when the key is new."""
    digest: bytes | None = await session.scalar(
        text(
            "SELECT body_sha256 FROM whistle_history WHERE call_id = :id AND client_key = :key"
            " AND account_id IS NOT DISTINCT FROM CAST(:account_id AS bigint)"
        ),
        {"id": call_id, "key": client_key, "account_id": account_id},
    )
    return digest


async def score(session: AsyncSession, call_id: int, scores: Sequence[dict[str, Any]]) -> None:
    """Write what the caller thinks of the units."""
    await session.execute(
        text("""
        UPDATE whistle_unit w SET score = s.score, comment = s.comment
        FROM unnest(CAST(:units AS text[]), CAST(:scores AS integer[]), CAST(:comments AS text[]))
            AS s (unit_code, score, comment)
        WHERE w.call_id = :id AND w.unit_code = s.unit_code
        """),
        {
            "id": call_id,
            "units": [one["unit"] for one in scores],
            "scores": [one["score"] for one in scores],
            "comments": [one["comment"] for one in scores],
        },
    )


async def call(session: AsyncSession, call_id: int) -> RowMapping | None:
    """A call with its matter and caller, or none."""
    found = await session.execute(text(f"{_CALL} WHERE c.id = :id"), {"id": call_id})
    return found.mappings().first()


async def page(
    session: AsyncSession, *, limit: int, offset: int, **asked: Any
) -> tuple[list[RowMapping], int]:
    """Calls, newest first, and how many there are; asked: low, high, state, event, unit."""
    total = await session.scalar(_COUNT, asked)
    rows = await session.execute(_PAGE, asked | {"limit": limit, "offset": offset})
    return list(rows.mappings()), int(total or 0)


async def called_units(session: AsyncSession, call_ids: Sequence[int]) -> list[RowMapping]:
    """Units of calls, whoever leads first; their names and divisions where these are seen."""
    rows = await session.execute(
        text("""
        SELECT w.call_id, w.unit_code AS unit, coalesce(u.name, w.unit_code) AS name,
               u.division_code, w.place = 1 AS leads, w.due_at, w.due_by, w.signed_at,
               w.checked_in_at, w.score, w.comment,
               w.checked_in_at IS NULL AND w.due_at <= now()
                   AND c.state IN ('CALLED', 'SIGNED_OFF', 'CHECKED_IN') AS unanswered
        FROM whistle_unit w JOIN whistle_call c ON c.id = w.call_id
        LEFT JOIN unit u ON u.code = w.unit_code
        WHERE w.call_id = ANY(CAST(:ids AS bigint[])) ORDER BY w.call_id, w.place
        """),
        {"ids": list(call_ids)},
    )
    return list(rows.mappings())


async def history(session: AsyncSession, call_id: int) -> list[RowMapping]:
    """What was done in a call, first to last."""
    rows = await session.execute(
        text("""
        SELECT at, deed, from_state, to_state, unit_code AS unit, actor, note
        FROM whistle_history WHERE call_id = :id ORDER BY id
        """),
        {"id": call_id},
    )
    return list(rows.mappings())


async def escalations(session: AsyncSession, call_id: int) -> list[RowMapping]:
    """Who was told of units that did not come, first to last."""
    rows = await session.execute(
        text("""
        SELECT unit_code AS unit, rung, told_unit, due_at, at FROM whistle_escalation
        WHERE call_id = :id ORDER BY at, unit_code, rung
        """),
        {"id": call_id},
    )
    return list(rows.mappings())


async def escalate(
    session: AsyncSession,
    *,
    states: Sequence[str],
    names: Sequence[str],
    shares: Sequence[float],
    ups: Sequence[int],
) -> list[RowMapping]:
    """Write every rung that an awaited unit has come to, once each; what is new."""
    asked = {"open": list(states), "names": list(names), "shares": list(shares), "ups": list(ups)}
    return list((await session.execute(_ESCALATE, asked)).mappings())


async def figures(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    since: datetime,
    until: datetime,
    most_days: int,
) -> RowMapping:
    """Counts of a window: ``until`` (never later than now), ``counts``, ``channels``, ``units``.

    Parameters
    ----------
    most_days
        Days after a call within which its units check in, at most.
    """
    asked = {"low": low, "high": high, "since": since, "until": until, "most_days": most_days}
    return (await session.execute(_FIGURES, asked)).mappings().one()

"""SQL of the counters by stage."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

#: Moves that are counted, by SQL over a line of history.
_MOVES = {
    "reported": "h.to_state = 'REPORTED'",
    "filed": "h.to_state = 'FILED'",
    "rejected": "h.to_state = 'REJECTED'",
    "dispatched": "h.to_state = 'DISPATCHED'",
    "accepted": "h.to_state = 'ACCEPTED'",
    "arrived": "h.to_state = 'ON_SITE'",
    "handled": "h.to_state = 'HANDLED'",
    "verified": "h.to_state = 'VERIFIED'",
    "closed": "h.to_state = 'CLOSED'",
    "given_back": "h.to_state = 'RETURNED' AND h.from_state <> 'HANDLED'",
    "rework": "(h.to_state = 'RETURNED' AND h.from_state = 'HANDLED'"
    " OR h.to_state = 'REOPENED' AND h.from_state = 'CLOSED')",
    "suspended": "h.to_state = 'SUSPENDED'",
    "resumed": "h.to_state = 'REOPENED' AND h.from_state = 'SUSPENDED'",
}
#: Events that are counted, by SQL over how often each made these moves. Those that are counted
#: among others are, by their conditions, never more than those.
_EVENTS = {
    "reported": "reported > 0",
    "filed_of_reported": "reported > 0 AND filed > 0 AND rejected = 0",
    "rejected_of_reported": "reported > 0 AND rejected > 0",
    "duplicates_of_reported": "reported > 0 AND duplicate",
    "dispatched": "dispatched > 0",
    "given_back_of_dispatched": "dispatched > 0 AND given_back > 0",
    "handled": "handled > 0",
    "rework_of_handled": "handled > 0 AND rework > 0",
    "suspended": "suspended > 0",
    "closed": "closed > 0",
}
#: Figures of a stage, by SQL over its limits.
_STAGE = {
    "begun": "count(*) FILTER (WHERE started_at >= since)",
    "finished": "count(*) FILTER (WHERE done AND done_at >= since)",
    "due": "count(*) FILTER (WHERE due)",
    "on_time": "count(*) FILTER (WHERE due AND done AND done_at <= due_at)",
    "late": "count(*) FILTER (WHERE due AND done AND done_at > due_at)",
    "unfinished": "count(*) FILTER (WHERE due AND NOT done)",
    "pending": "count(*) FILTER (WHERE pending)",
    "pending_overdue": "count(*) FILTER (WHERE pending AND paused_at IS NULL AND due_at < until)",
    "overdue_hours": "coalesce(sum(over_s) FILTER (WHERE due), 0) / 3600",
    "overdue_multiple": "coalesce(sum(over_s / nullif(allowed_s, 0)) FILTER (WHERE due), 0)",
}
_COUNTED = ", ".join(f"count(*) FILTER (WHERE {sql}) AS {name}" for name, sql in _MOVES.items())
_SUMS = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in _MOVES)
_NUMBERS = ", ".join(f"count(*) FILTER (WHERE {sql}) AS {name}" for name, sql in _EVENTS.items())
_BY_STAGE = ", ".join(f"{sql} AS {name}" for name, sql in _STAGE.items())

# A limit belongs to the window in which it runs out. What stands still has none for the time
# being, and what was broken off in time never had one. Nothing after the window is looked at: a
# window that is past gives the same figures whenever it is asked for, but for limits that a
# suspension moved.
_FIGURES = text(f"""
WITH RECURSIVE asked (code) AS (
    SELECT code FROM matter WHERE code = CAST(:matter AS text) OR CAST(:matter AS text) IS NULL
    UNION SELECT m.code FROM matter m JOIN asked a ON m.parent_code = a.code
), span AS (
    SELECT CAST(:since AS timestamptz) AS since,
           least(CAST(:until AS timestamptz), now()) AS until
), did AS (
    SELECT {_COUNTED}, bool_or(EXISTS (
               SELECT FROM duplicate_link d
               WHERE d.event_id = h.event_id AND d.unlinked_at IS NULL)) AS duplicate
    FROM span, event_history h JOIN event e ON e.id = h.event_id
    WHERE h.at >= since AND h.at < until AND h.division_code >= :low AND h.division_code < :high
      AND e.matter_code IN (SELECT code FROM asked)
    GROUP BY h.event_id
), limits AS (
    SELECT s.*, since, until,
           s.due_at >= since AND s.due_at < until AND s.paused_at IS NULL
               AND NOT coalesce(s.outcome = 'void' AND s.done_at <= s.due_at, false) AS due,
           coalesce(s.outcome = 'done' AND s.done_at < until, false) AS done,
           coalesce(s.done_at >= until, true) AS pending,
           greatest(extract(epoch FROM least(s.done_at, until) - s.due_at), 0)::float8 AS over_s,
           extract(epoch FROM s.due_at - s.started_at - s.paused)::float8 AS allowed_s
    FROM span, event_stage s JOIN event e ON e.id = s.event_id
    WHERE s.division_code >= :low AND s.division_code < :high AND s.started_at < until
      AND (s.done_at IS NULL OR s.done_at >= since OR s.due_at >= since)
      AND e.matter_code IN (SELECT code FROM asked)
)
SELECT (SELECT until FROM span) AS until,
       (SELECT to_jsonb(t) FROM (SELECT {_SUMS} FROM did) t) AS moves,
       (SELECT to_jsonb(t) FROM (SELECT {_NUMBERS} FROM did) t) AS events,
       (SELECT coalesce(jsonb_agg(t), '[]') FROM (
            SELECT stage, {_BY_STAGE} FROM limits GROUP BY stage) t) AS stages
""").columns(moves=JSONB, events=JSONB, stages=JSONB)  # noqa: S608 - parts of this module


async def figures(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    matter: str | None,
    since: datetime,
    until: datetime,
) -> RowMapping:
    """Counters of a range of divisions, a matter with what is in it, and a window of time.

    The row has ``until`` (never later than now), ``moves`` and ``events`` (numbers by name), and
    ``stages`` (figures of each stage in which there are any).
    """
    asked = {"low": low, "high": high, "matter": matter, "since": since, "until": until}
    return (await session.execute(_FIGURES, asked)).mappings().one()

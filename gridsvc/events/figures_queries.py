"""SQL of the counters by stage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
#: Limits that are counted in a stage, by SQL over them.
_LIMITS = {
    "begun": "started_at >= since",
    "finished": "done AND done_at >= since",
    "due": "due",
    "on_time": "due AND done AND done_at <= due_at",
    "late": "due AND done AND done_at > due_at",
    "unfinished": "due AND NOT done",
    "pending": "pending",
    "pending_overdue": "pending AND paused_at IS NULL AND due_at < until",
}
#: Figures of a stage, by SQL over its limits.
_STAGE = {name: f"count(*) FILTER (WHERE {sql})" for name, sql in _LIMITS.items()} | {
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
_COUNTABLE = f"""
WITH RECURSIVE asked (code) AS (
    SELECT code FROM matter WHERE code = CAST(:matter AS text) OR CAST(:matter AS text) IS NULL
    UNION SELECT m.code FROM matter m JOIN asked a ON m.parent_code = a.code
), span AS (
    SELECT CAST(:since AS timestamptz) AS since,
           least(CAST(:until AS timestamptz), now()) AS until
), did AS (
    SELECT h.event_id, {_COUNTED}, bool_or(EXISTS (
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
"""  # noqa: S608 - parts of this module
_FIGURES = text(f"""{_COUNTABLE}
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


# A page of what was counted: events once each, limits one by one, since a stage may have several.
_CASES = """
SELECT e.id, e.state, m.name AS matter, d.name AS division, e.description, e.received_at,
       counted.step, counted.due_at, counted.done_at, count(*) OVER () AS total
FROM ({counted}) AS counted
JOIN event e ON e.id = counted.event_id
JOIN matter m ON m.code = e.matter_code
JOIN division d ON d.code = e.division_code
ORDER BY counted.due_at NULLS LAST, e.received_at DESC, e.id DESC, counted.step
LIMIT :limit OFFSET :offset
"""
_CASES_OF_EVENTS = {
    name: text(
        _COUNTABLE
        + _CASES.format(
            counted="SELECT event_id, '' AS step, CAST(NULL AS timestamptz) AS due_at,"  # noqa: S608
            f" CAST(NULL AS timestamptz) AS done_at FROM did WHERE {sql}"
        )
    )
    for name, sql in _EVENTS.items()
}
_CASES_OF_LIMITS = {
    name: text(
        _COUNTABLE
        + _CASES.format(
            counted="SELECT event_id, name AS step, due_at, done_at FROM limits"  # noqa: S608
            f" WHERE stage = :stage AND {sql}"
        )
    )
    for name, sql in _LIMITS.items()
}
#: Names of the figures that have cases: of events, and of a stage's limits.
OF_EVENTS, OF_LIMITS = tuple(_CASES_OF_EVENTS), tuple(_CASES_OF_LIMITS)


async def cases(
    session: AsyncSession, figure: str, stage: str | None, **asked: Any
) -> list[RowMapping]:
    """What a figure counted, what is due first first; every row has the ``total``.

    Parameters
    ----------
    figure
        One of `OF_EVENTS`, or with a stage one of `OF_LIMITS`.
    **asked
        As `figures`, and limit and offset.
    """
    if stage is None:
        statement = _CASES_OF_EVENTS[figure]
    else:
        statement, asked = _CASES_OF_LIMITS[figure], asked | {"stage": stage}
    return list((await session.execute(statement, asked)).mappings())

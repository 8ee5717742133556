"""SQL of the stars of grids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.appraisal.queries import innermost

_RULE = """
SELECT id, division_code AS division, code, name, criteria, thresholds, least_cases,
       most_with_sham, laid_down_at
FROM star_rule
"""
# Limits count where they run out within the window, as in the counters; a case is an event with
# something to count.
_MEASURED = text("""
WITH span AS (
    SELECT CAST(CAST(:since AS date) AS timestamp) AT TIME ZONE :zone AS since,
           least(CAST(CAST(:until AS date) AS timestamp) AT TIME ZONE :zone, now()) AS until
), limits AS (
    SELECT e.grid_id,
           count(*) FILTER (WHERE s.stage = 'handle') AS handle_due,
           count(*) FILTER (WHERE s.stage = 'handle' AND s.outcome = 'done'
                            AND s.done_at <= s.due_at) AS handle_on_time,
           count(*) FILTER (WHERE s.stage = 'case') AS case_due,
           count(*) FILTER (WHERE s.stage = 'case' AND s.outcome = 'done') AS case_done
    FROM span, event_stage s JOIN event e ON e.id = s.event_id
    WHERE s.division_code >= :low AND s.division_code < :high AND s.stage IN ('handle', 'case')
      AND s.due_at >= since AND s.due_at < until AND s.paused_at IS NULL
      AND NOT coalesce(s.outcome = 'void' AND s.done_at <= s.due_at, false)
    GROUP BY e.grid_id
), moves AS (
    SELECT grid_id, count(*) FILTER (WHERE handled) AS handled,
           count(*) FILTER (WHERE handled AND rework) AS rework
    FROM (SELECT e.grid_id, h.event_id, bool_or(h.to_state = 'HANDLED') AS handled,
                 bool_or(h.to_state = 'RETURNED' AND h.from_state = 'HANDLED'
                         OR h.to_state = 'REOPENED' AND h.from_state = 'CLOSED') AS rework
          FROM span, event_history h JOIN event e ON e.id = h.event_id
          WHERE h.division_code >= :low AND h.division_code < :high
            AND h.at >= since AND h.at < until
          GROUP BY e.grid_id, h.event_id) one
    GROUP BY grid_id
), rated AS (
    SELECT e.grid_id, count(*) AS ratings, avg((c.score - 1) / 4.0) AS pleased
    FROM span, citizen_report c JOIN event e ON e.id = c.event_id
    WHERE c.division_code >= :low AND c.division_code < :high
      AND c.rated_at >= since AND c.rated_at < until
    GROUP BY e.grid_id
), sham AS (
    SELECT e.grid_id, count(*) AS sham
    FROM span, spot_check k JOIN event e ON e.id = k.event_id
    WHERE k.division_code >= :low AND k.division_code < :high AND k.verdict = 'confirmed'
      AND k.judged_at >= since AND k.judged_at < until
    GROUP BY e.grid_id
)
SELECT g.id AS grid_id, g.code, g.division_code, coalesce(handled, 0) AS cases,
       coalesce(sham, 0) AS sham, coalesce(ratings, 0) AS ratings,
       CAST(CAST(handle_on_time AS float8) / nullif(handle_due, 0) AS float8) AS on_time_handle,
       CAST(CAST(case_done AS float8) / nullif(case_due, 0) AS float8) AS closed,
       CAST(CAST(rework AS float8) / nullif(handled, 0) AS float8) AS rework,
       CAST(pleased AS float8) AS satisfaction
FROM grid g LEFT JOIN limits ON limits.grid_id = g.id LEFT JOIN moves ON moves.grid_id = g.id
LEFT JOIN rated ON rated.grid_id = g.id LEFT JOIN sham ON sham.grid_id = g.id
WHERE g.valid @> now() AND g.division_code >= :low AND g.division_code < :high
ORDER BY g.code
""")
_PUT = text("""
INSERT INTO star_rating (rule_id, grid_id, division_code, since, until, stars, points, measures)
VALUES (:rule, :grid_id, :division, :since, :until, :stars, :points, :measures)
ON CONFLICT (rule_id, grid_id, since, until) DO UPDATE SET stars = excluded.stars,
    points = excluded.points, measures = excluded.measures, rated_at = clock_timestamp()
""").bindparams(bindparam("measures", type_=JSONB))


async def add_rule(session: AsyncSession, row: dict[str, Any]) -> bool:
    """Lay down a rule; false if the division has one of its code."""
    added = await session.scalar(
        text("""
        INSERT INTO star_rule (division_code, code, name, criteria, thresholds, least_cases,
                               most_with_sham)
        VALUES (:division, :code, :name, :criteria, CAST(:thresholds AS float8[]), :least_cases,
                :most_with_sham)
        ON CONFLICT (division_code, code) DO NOTHING RETURNING id
        """).bindparams(bindparam("criteria", type_=JSONB)),
        row,
    )
    return added is not None


async def rules(
    session: AsyncSession, divisions: Iterable[str], code: str | None = None
) -> Sequence[RowMapping]:
    """Rules laid down for one of the divisions; of one code that of the innermost."""
    return await innermost(session, _RULE, divisions, code)


async def measured(session: AsyncSession, **asked: Any) -> Sequence[RowMapping]:
    """Measures of every grid in force of a range of divisions, over days."""
    return (await session.execute(_MEASURED, asked)).mappings().all()


async def put(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Keep the stars of grids, in place of those of the same rule and days."""
    await session.execute(_PUT, rows)


async def ratings(
    session: AsyncSession, low: str, high: str, *, since: date | None, limit: int
) -> Sequence[RowMapping]:
    """Stars in a range of divisions: the newest window first, most points first."""
    found = await session.execute(
        text("""
        SELECT g.code AS grid, r.division_code AS division, u.code AS rule, r.since, r.until,
               r.stars, r.points, r.measures, r.rated_at
        FROM star_rating r JOIN grid g ON g.id = r.grid_id JOIN star_rule u ON u.id = r.rule_id
        WHERE r.division_code >= :low AND r.division_code < :high
          AND (CAST(:since AS date) IS NULL OR r.since = CAST(:since AS date))
        ORDER BY r.since DESC, r.points DESC NULLS LAST, g.code LIMIT :limit
        """),
        {"low": low, "high": high, "since": since, "limit": limit},
    )
    return found.mappings().all()

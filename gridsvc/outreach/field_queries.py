"""SQL of a field worker's own visits and work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_WORK = text("""
WITH week AS (
    SELECT week.begins, week.ends FROM unnest(
        CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[])) AS week (begins, ends)
), seen AS (
    SELECT week.begins, count(*) FILTER (WHERE v.state IN ('counted', 'accepted')) AS visits,
           count(*) FILTER (WHERE v.state IN ('doubted', 'refused')) AS doubted
    FROM week JOIN visit v ON v.person_id = :person_id
        AND v.captured_at >= week.begins AND v.captured_at < week.ends
    GROUP BY week.begins
), done AS (
    SELECT week.begins, count(*) AS handled, count(s.due_at) AS limited,
           count(*) FILTER (WHERE s.done_at <= s.due_at) AS on_time
    FROM week JOIN event e ON e.handler_id = :person_id
    JOIN event_stage s ON s.event_id = e.id AND s.stage = 'handle' AND s.outcome = 'done'
        AND s.done_at >= week.begins AND s.done_at < week.ends
    GROUP BY week.begins
)
SELECT coalesce(seen.visits, 0) AS visits, coalesce(seen.doubted, 0) AS doubted,
       coalesce(done.handled, 0) AS handled, coalesce(done.limited, 0) AS limited,
       coalesce(done.on_time, 0) AS on_time
FROM week LEFT JOIN seen USING (begins) LEFT JOIN done USING (begins) ORDER BY week.begins
""")


async def rooms(session: AsyncSession, household_ids: Sequence[int]) -> dict[int, RowMapping]:
    """Unit and room of households, by id."""
    found = await session.execute(
        text("SELECT id, unit, room FROM household WHERE id = ANY(CAST(:ids AS bigint[]))"),
        {"ids": list(household_ids)},
    )
    return {row["id"]: row for row in found.mappings()}


async def work(
    session: AsyncSession, person_id: int, weeks: Sequence[tuple[datetime, datetime]]
) -> list[RowMapping]:
    """Visits made and events handled by somebody in each of some spans of time, in their order."""
    begins, ends = zip(*weeks, strict=True)
    asked = {"person_id": person_id, "begins": list(begins), "ends": list(ends)}
    return list((await session.execute(_WORK, asked)).mappings())

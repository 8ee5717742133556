"""SQL of courses: what somebody was trained for, and who in a grid is."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_COLUMNS = "t.id, t.item_code AS item, t.matter_code AS matter, t.course, t.trained_on"

# Whoever answers for the grid or one of its micro-grids; of each the course that holds longest.
_TRAINED = text("""
WITH here AS (
    SELECT person_id FROM grid_post p JOIN grid g ON g.id = p.grid_id
    WHERE g.code = :grid AND g.valid @> now()
    UNION
    SELECT person_id FROM micro_grid_post p JOIN micro_grid m ON m.id = p.micro_grid_id
    JOIN grid g ON g.id = m.grid_id
    WHERE g.code = :grid AND m.valid @> now() AND g.valid @> now()
)
SELECT DISTINCT ON (p.code) p.code, p.name_masked AS name, p.role, p.on_duty, t.course,
       t.trained_on, t.valid_until
FROM here JOIN person p ON p.id = here.person_id JOIN training t ON t.person_id = p.id
WHERE t.item_code IS NOT DISTINCT FROM CAST(:item AS text)
  AND t.matter_code IS NOT DISTINCT FROM CAST(:matter AS text)
  AND t.trained_on <= :day AND coalesce(t.valid_until > :day, true)
ORDER BY p.code, t.valid_until DESC NULLS FIRST
""")


async def add(session: AsyncSession, person_id: int, **columns: Any) -> int | None:
    """Write down a course (item, matter, course, trained_on, valid_until); none if it is known."""
    training_id: int | None = await session.scalar(
        text("""
        INSERT INTO training (person_id, division_code, item_code, matter_code, course, trained_on,
                              valid_until)
        SELECT id, division_code, :item, :matter, :course, :trained_on, :valid_until
        FROM person WHERE id = :id
        ON CONFLICT DO NOTHING RETURNING id
        """),
        {"id": person_id, **columns},
    )
    return training_id


async def of_person(session: AsyncSession, person_id: int, *, day: date) -> list[RowMapping]:
    """Courses of somebody, the latest first, and whether each holds on a day."""
    rows = await session.execute(
        text(f"""
        SELECT {_COLUMNS}, t.valid_until,
               t.trained_on <= :day AND coalesce(t.valid_until > :day, true) AS holds
        FROM training t WHERE t.person_id = :id ORDER BY t.trained_on DESC, t.id DESC
        """),  # noqa: S608 - fixed names
        {"id": person_id, "day": day},
    )
    return list(rows.mappings())


async def trained(
    session: AsyncSession, grid: str, *, item: str | None, matter: str | None, day: date
) -> list[RowMapping]:
    """Who answers for a grid in force, or within it, and is trained for one thing on a day."""
    asked = {"grid": grid, "item": item, "matter": matter, "day": day}
    return list((await session.execute(_TRAINED, asked)).mappings())

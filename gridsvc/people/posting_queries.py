"""SQL of postings: to which unit somebody belongs, and which one commands them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

# Names of units beyond the scope are not seen; their codes are part of the posting.
_SHOWN = """
SELECT t.id, p.code AS person, t.home_unit, h.name AS home_unit_name, t.commanding_unit,
       c.name AS commanding_unit_name, lower(t.during) AS begins, upper(t.during) AS ends
FROM posting t JOIN person p ON p.id = t.person_id
LEFT JOIN unit h ON h.code = t.home_unit LEFT JOIN unit c ON c.code = t.commanding_unit
WHERE t.person_id = :id
"""


async def unknown_units(session: AsyncSession, codes: Sequence[str], *, on: date) -> list[str]:
    """Those of the codes that are no unit on a day."""
    rows = await session.scalars(
        text("""
        SELECT code FROM unnest(CAST(:codes AS text[])) AS asked (code)
        WHERE NOT EXISTS (SELECT FROM unit u WHERE u.code = asked.code AND u.valid_from <= :on
                          AND (u.valid_to IS NULL OR u.valid_to > :on))
        ORDER BY code
        """),
        {"codes": list(codes), "on": on},
    )
    return list(rows)


async def end_open(session: AsyncSession, person_id: int, *, on: date) -> None:
    """Let the posting that has no end, and began before a day, end on that day."""
    await session.execute(
        text("""
        UPDATE posting SET during = daterange(lower(during), :on)
        WHERE person_id = :id AND upper_inf(during) AND lower(during) < :on
        """),
        {"id": person_id, "on": on},
    )


async def add(
    session: AsyncSession,
    person_id: int,
    *,
    home_unit: str,
    commanding_unit: str,
    begins: date,
    ends: date | None,
) -> int | None:
    """Post somebody from a day to a day; its id, or none where it overlaps another posting."""
    posting_id: int | None = await session.scalar(
        text("""
        INSERT INTO posting (person_id, division_code, home_unit, commanding_unit, during)
        SELECT id, division_code, :home_unit, :commanding_unit,
               daterange(:begins, CAST(:ends AS date))
        FROM person WHERE id = :id
        ON CONFLICT DO NOTHING RETURNING id
        """),
        {
            "id": person_id,
            "home_unit": home_unit,
            "commanding_unit": commanding_unit,
            "begins": begins,
            "ends": ends,
        },
    )
    return posting_id


async def of_person(session: AsyncSession, person_id: int) -> list[RowMapping]:
    """Postings of a person, latest first."""
    rows = await session.execute(text(f"{_SHOWN} ORDER BY t.during DESC"), {"id": person_id})
    return list(rows.mappings())


async def posting_on(session: AsyncSession, person_id: int, day: date) -> RowMapping | None:
    """The posting of a person on a day, or none."""
    found = await session.execute(
        text(f"{_SHOWN} AND t.during @> CAST(:day AS date)"), {"id": person_id, "day": day}
    )
    return found.mappings().first()

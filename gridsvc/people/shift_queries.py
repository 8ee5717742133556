"""SQL of shifts: planned, begun, ended, and who is on duty by them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_SHOWN = """
SELECT s.id, p.code AS person, lower(s.during) AS begins, upper(s.during) AS ends, s.begun_at,
       s.ended_at
FROM shift s JOIN person p ON p.id = s.person_id
"""
# Whoever begins a shift goes on duty, whoever ends one off, unless their next one has begun. A
# shift that nobody saw begin, because no job ran, ends without a word.
_FOLLOW = text("""
WITH begun AS (
    UPDATE shift SET begun_at = now()
    WHERE ended_at IS NULL AND begun_at IS NULL AND during @> now()
    RETURNING person_id
), ended AS (
    UPDATE shift SET ended_at = now() WHERE ended_at IS NULL AND upper(during) <= now()
    RETURNING person_id, begun_at
), wished AS (
    SELECT person_id, true AS on_duty FROM begun
    UNION ALL
    SELECT person_id, false FROM ended WHERE begun_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM shift next WHERE next.person_id = ended.person_id AND next.during @> now())
), changed AS (
    UPDATE person p SET on_duty = wished.on_duty FROM wished
    WHERE p.id = wished.person_id AND p.on_duty <> wished.on_duty
    RETURNING p.id, p.division_code, p.on_duty
)
INSERT INTO duty_change (person_id, division_code, on_duty, cause, actor)
SELECT id, division_code, on_duty, 'shift', 'system' FROM changed
RETURNING person_id
""")


async def follow(session: AsyncSession) -> int:
    """Begin and end the shifts whose time has come; how many people went on or off duty."""
    return len((await session.execute(_FOLLOW)).all())


async def add(
    session: AsyncSession, person_id: int, *, begins: datetime, ends: datetime
) -> int | None:
    """Plan a shift; its id, or none where it overlaps another one of the person."""
    shift_id: int | None = await session.scalar(
        text("""
        INSERT INTO shift (person_id, division_code, during)
        SELECT id, division_code, tstzrange(:begins, :ends) FROM person WHERE id = :id
        ON CONFLICT DO NOTHING RETURNING id
        """),
        {"id": person_id, "begins": begins, "ends": ends},
    )
    return shift_id


async def overlapping(
    session: AsyncSession, person_id: int, *, begins: datetime, ends: datetime
) -> list[RowMapping]:
    """Shifts of a person that overlap a time, earliest first."""
    rows = await session.execute(
        text(f"""
        {_SHOWN} WHERE s.person_id = :id AND s.during && tstzrange(:begins, :ends)
        ORDER BY s.during
        """),
        {"id": person_id, "begins": begins, "ends": ends},
    )
    return list(rows.mappings())


async def shift(session: AsyncSession, shift_id: int, *, lock: bool = False) -> RowMapping | None:
    """A shift by its id, or none."""
    sql = f"{_SHOWN} WHERE s.id = :id" + (" FOR UPDATE OF s" if lock else "")
    return (await session.execute(text(sql), {"id": shift_id})).mappings().first()


async def remove(session: AsyncSession, shift_id: int) -> None:
    """Take a shift away."""
    await session.execute(text("DELETE FROM shift WHERE id = :id"), {"id": shift_id})


async def duty_changes(session: AsyncSession, person_id: int, *, limit: int) -> list[RowMapping]:
    """When and by what a person went on and off duty, newest first."""
    rows = await session.execute(
        text("""
        SELECT at, on_duty, cause, actor FROM duty_change WHERE person_id = :id
        ORDER BY at DESC, id DESC LIMIT :limit
        """),
        {"id": person_id, "limit": limit},
    )
    return list(rows.mappings())

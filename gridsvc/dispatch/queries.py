"""SQL of assignments."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def open_assignment(
    session: AsyncSession,
    *,
    event_id: int,
    person_id: int,
    distance_m: float | None,
    reason: str,
) -> None:
    """Write that a person has an event from now on."""
    await session.execute(
        text("""
        INSERT INTO assignment (event_id, division_code, person_id, distance_m, reason)
        SELECT id, division_code, :person_id, :distance_m, :reason FROM event WHERE id = :event_id
        """),
        {
            "event_id": event_id,
            "person_id": person_id,
            "distance_m": distance_m,
            "reason": reason,
        },
    )


async def close_assignment(session: AsyncSession, event_id: int) -> int | None:
    """End the open assignment of an event; who had it, or none."""
    person_id: int | None = await session.scalar(
        text("""
        UPDATE assignment SET released_at = clock_timestamp()
        WHERE event_id = :event_id AND released_at IS NULL RETURNING person_id
        """),
        {"event_id": event_id},
    )
    return person_id


async def former_handlers(session: AsyncSession, event_id: int) -> set[int]:
    """Everybody who had an event and has it no longer; database ids."""
    rows = await session.scalars(
        text("SELECT person_id FROM assignment WHERE event_id = :id AND released_at IS NOT NULL"),
        {"id": event_id},
    )
    return set(rows)

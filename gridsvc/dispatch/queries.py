"""SQL of assignments."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.events.states import State
from gridsvc.people.candidates import Candidate


async def open_assignment(
    session: AsyncSession,
    *,
    event_id: int,
    person: Candidate,
    reason: str,
) -> int:
    """Write that a person has an event from now on, and how they are shown; the row's id."""
    added = await session.scalar(
        text("""
        INSERT INTO assignment (event_id, division_code, person_id, person_code, person_name,
                                person_role, distance_m, reason)
        SELECT id, division_code, :person_id, :code, :name, :role, :distance_m, :reason
        FROM event WHERE id = :event_id RETURNING id
        """),
        {
            "event_id": event_id,
            "person_id": person.person_id,
            "code": person.code,
            "name": person.name,
            "role": person.role,
            "distance_m": person.distance_m,
            "reason": reason,
        },
    )
    return int(added)


async def close_assignment(
    session: AsyncSession, event_id: int, *, released_as: State
) -> int | None:
    """End the open assignment of an event that moves to a state; who had it, or none."""
    person_id: int | None = await session.scalar(
        text("""
        UPDATE assignment SET released_at = clock_timestamp(), released_as = :released_as
        WHERE event_id = :event_id AND released_at IS NULL RETURNING person_id
        """),
        {"event_id": event_id, "released_as": released_as.value},
    )
    return person_id


async def refused_by(session: AsyncSession, event_id: int) -> set[int]:
    """Everybody who had an event and gave it back; database ids.

    Not those who handled it and whose work did not pass verification: they may have it again.
    """
    rows = await session.scalars(
        text("SELECT person_id FROM assignment WHERE event_id = :id AND released_as = 'RETURNED'"),
        {"id": event_id},
    )
    return set(rows)


class DeskFigures(NamedTuple):
    """What is on the desk: events nobody has yet, and assignments that are open."""

    waiting: int
    assigned: int


async def desk_figures(session: AsyncSession) -> DeskFigures:
    """Count what is on the desk, all divisions together; both counts have an index."""
    rows = await session.execute(
        text("""
        SELECT (SELECT count(*) FROM event WHERE state IN ('FILED', 'RETURNED', 'REOPENED')),
               (SELECT count(*) FROM assignment WHERE released_at IS NULL)
        """)
    )
    waiting, assigned = rows.one()
    return DeskFigures(waiting, assigned)

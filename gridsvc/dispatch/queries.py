"""SQL of assignments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.events.states import State


@dataclass(frozen=True)
class Given:
    """Somebody an event is given to, as they are shown, and why it is them.

    Attributes
    ----------
    distance_m, road_m
        Straight line and way by road; none where not known.
    eta_s, by
        Seconds they take, and what that goes by: road, line or none.
    """

    person_id: int
    code: str
    name: str
    role: str
    reason: str
    distance_m: float | None
    eta_s: float | None
    by: str
    road_m: float | None


async def open_assignment(
    session: AsyncSession, *, event_id: int, given: Given, within_s: float
) -> tuple[int, datetime]:
    """Write that a person has an event from now on, by when to answer; the row's id and time."""
    eta_s = given.eta_s if given.eta_s is not None and isfinite(given.eta_s) else None
    added = await session.execute(
        text("""
        INSERT INTO assignment (event_id, division_code, person_id, person_code, person_name,
                                person_role, distance_m, reason, eta_s, eta_by, road_m,
                                accept_by)
        SELECT id, division_code, :person_id, :code, :name, :role, :distance_m, :reason, :eta_s,
               :by, :road_m, clock_timestamp() + CAST(:within_s AS float8) * interval '1 second'
        FROM event WHERE id = :event_id RETURNING id, assigned_at
        """),
        vars(given) | {"event_id": event_id, "eta_s": eta_s, "within_s": within_s},
    )
    row = added.one()
    return row.id, row.assigned_at


class Released(NamedTuple):
    """Who had an event, of which matter and where."""

    person_id: int
    matter_code: str
    division_code: str


async def close_assignment(
    session: AsyncSession, event_id: int, *, released_as: State, cause: str
) -> Released | None:
    """End the open assignment of an event that moves to a state; who had it, or none."""
    closed = await session.execute(
        text("""
        UPDATE assignment a SET released_at = clock_timestamp(), released_as = :released_as,
            released_by = :cause
        FROM event e
        WHERE e.id = a.event_id AND a.event_id = :event_id AND a.released_at IS NULL
        RETURNING a.person_id, e.matter_code, e.division_code
        """),
        {"event_id": event_id, "released_as": released_as.value, "cause": cause},
    )
    row = closed.first()
    return Released(*row) if row else None


async def refused_by(session: AsyncSession, event_id: int) -> set[int]:
    """Everybody who gave an event back, or did not answer in time; database ids.

    Not those who handled it and whose work did not pass verification: they may have it again.
    """
    rows = await session.scalars(
        text(
            "SELECT person_id FROM assignment"
            " WHERE event_id = :id AND released_by IN ('declined', 'timed_out')"
        ),
        {"id": event_id},
    )
    return set(rows)


async def lock_unanswered(session: AsyncSession) -> int | None:
    """The event that waits longest for an answer it should have had, locked; none if there is none.

    Events somebody else is moving are passed over.
    """
    event_id: int | None = await session.scalar(
        text("""
        SELECT e.id FROM assignment a JOIN event e ON e.id = a.event_id
        WHERE a.released_at IS NULL AND a.accept_by < now() AND e.state = 'DISPATCHED'
        ORDER BY a.accept_by LIMIT 1 FOR UPDATE OF e SKIP LOCKED
        """)
    )
    return event_id


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

"""What the office does with courses: who is trained for what, and whom to ask in a grid."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.grids.queries import cell_at
from gridsvc.mandates import offices
from gridsvc.mandates.queries import matter_codes
from gridsvc.mandates.service import moment_of
from gridsvc.people import training_queries
from gridsvc.people.schemas import TrainedOut, TrainedPerson, TrainingIn, TrainingOut
from gridsvc.people.service import known_person


async def record(session: AsyncSession, code: str, new: TrainingIn) -> TrainingOut:
    """Write down that somebody was trained for a service item or a matter.

    Raises
    ------
    NotFound
        If nobody has this code.
    BadInput
        If the item or matter is on no list.
    Conflict
        If the same course of that day is known.
    """
    person = await known_person(session, code)
    if new.item is not None:
        await offices.known_item(session, new.item, person["division_code"])
    elif new.matter not in await matter_codes(session):
        raise BadInput(f"unknown matter {new.matter!r}; use a code of the loaded list of matters")
    training_id = await training_queries.add(session, person["id"], **new.model_dump())
    if training_id is None:
        raise Conflict(f"{code} was trained for that on {new.trained_on} already; nothing to add")
    await audit.record(
        session,
        Action.TRAINED,
        "person",
        code,
        division_code=person["division_code"],
        after=new.model_dump(mode="json"),
    )
    return next(one for one in await of_person(session, code) if one.id == training_id)


async def of_person(session: AsyncSession, code: str) -> list[TrainingOut]:
    """Courses of somebody, the latest first.

    Raises
    ------
    NotFound
        If nobody has this code.
    """
    person = await known_person(session, code)
    today, _ = await moment_of(session, None)
    rows = await training_queries.of_person(session, person["id"], day=today)
    return [TrainingOut(person=code, **row) for row in rows]


async def trained_at(
    session: AsyncSession, *, lon: float, lat: float, item: str | None, matter: str | None
) -> TrainedOut:
    """Who in the grid of a place (degrees, WGS-84) is trained today for an item or a matter.

    Raises
    ------
    BadInput
        If it is not asked for one of them.
    NotFound
        If no published grid covers the place.
    """
    if (item is None) == (matter is None):
        raise BadInput("ask for an item or for a matter; one of them")
    cell = await cell_at(session, lon=lon, lat=lat)
    if cell is None:
        raise NotFound("the place lies outside every published grid; check the datum")
    today, _ = await moment_of(session, None)
    rows = await training_queries.trained(
        session, cell.grid_code, item=item, matter=matter, day=today
    )
    people = [TrainedPerson(**row) for row in rows]
    return TrainedOut(grid_code=cell.grid_code, item=item, matter=matter, day=today, people=people)

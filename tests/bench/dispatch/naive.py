"""The same endpoint as somebody writes it first: entities loaded and flushed one by one."""

from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import load_only

from gridsvc.accounts.models import Account
from gridsvc.db import make_engine
from gridsvc.dispatch.models import Assignment
from gridsvc.events.models import Event, EventHistory
from gridsvc.events.schemas import EventIn
from gridsvc.grids.models import Grid, MicroGrid
from gridsvc.mandates.models import Matter
from gridsvc.people.models import Person, Position, Workload

#: SQLAlchemy knows a foreign key's table only once its module is imported.
_REFERRED_TO = Account


def naive_app(url):
    """An app on the owner's login, whom no policy costs anything."""
    app = FastAPI()
    sessions = async_sessionmaker(make_engine(url), expire_on_commit=False)

    @app.post("/api/events", status_code=201)
    async def report(event: EventIn):
        async with sessions.begin() as session:
            return await _report(session, event)

    return app


async def _report(session, told):
    place = func.ST_SetSRID(func.ST_MakePoint(told.lon, told.lat), 4326)
    matter = await session.get(Matter, told.matter)
    cell = await session.scalar(select(MicroGrid).where(func.ST_Covers(MicroGrid.geom, place)))
    grid = await session.get(Grid, cell.grid_id)
    event = Event(
        division_code=grid.division_code, grid_id=grid.id, micro_grid_id=cell.id,
        matter_code=matter.code, geom=place, datum="wgs84", description=told.description,
        client_key=told.client_key, body_sha256=b"0" * 32, state="REPORTED",
        captured_at=func.now(),
    )  # fmt: skip
    session.add(event)
    await session.flush()
    near = await session.execute(
        select(Person, Workload, func.ST_AsText(Position.geog))
        .join(Workload, Workload.person_id == Person.id)
        .join(Position, Position.person_id == Person.id)
        .where(
            Person.on_duty, Person.role == "grid_worker", Workload.open_count < Workload.capacity
        )
        .order_by(func.ST_Distance(Position.geog, func.geography(place)))
        .limit(1)
        .with_for_update(of=Workload)
        .options(load_only(Person.id, Person.code, Person.name_masked, Person.role))
    )
    person, workload, _ = near.first()
    workload.open_count += 1
    event.state, event.handler_id = "DISPATCHED", person.id
    session.add(Assignment(
        event_id=event.id, division_code=event.division_code, person_id=person.id,
        person_code=person.code, person_name=person.name_masked, person_role=person.role,
        reason="nearest", eta_by="line", accept_by=func.now(),
    ))  # fmt: skip
    for before, then in ((None, "REPORTED"), ("REPORTED", "FILED"), ("FILED", "DISPATCHED")):
        session.add(EventHistory(
            event_id=event.id, division_code=event.division_code, from_state=before,
            to_state=then, actor="naive", note="",
        ))  # fmt: skip
    await session.flush()
    return {"id": event.id, "state": event.state, "handler": person.code}

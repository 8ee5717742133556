"""Positions that bring events to somebody: only whom something waits for is asked."""

from sqlalchemy import text

from gridsvc.db import Scope, transaction
from gridsvc.dispatch import positions, service
from gridsvc.events import queries
from gridsvc.geo import Datum
from gridsvc.people.pings import Ping, Source
from gridsvc.people.tracking import Told
from tests.dispatch.test_service import a_report
from tests.towns import COMMUNITY, COUNTY, a_person, an_officer, middle, staff
from tests.who import KEYRING

COUNTIES = [(COUNTY, "990102000000")]


async def report(engine, **columns):
    async with transaction(engine) as session:
        return (await service.report(session, a_report(0, 0, **columns), KEYRING)).id


async def tell(engine, *people, scope=None):
    told = [Told(code, Ping(*middle(1, 1)), Datum.WGS84) for code in people]
    async with transaction(engine, scope or Scope(tuple(COUNTIES))) as session:
        return await positions.record(session, told, source=Source.API)


async def waited_for(engine):
    async with transaction(engine) as session:
        ids = dict((await session.execute(text("SELECT id, code FROM person"))).all())
        wanted = await queries.waited_for(session, list(ids), counties=COUNTIES)
        return {ids[person_id] for person_id, _ in wanted}


async def test_nobody_is_asked_while_nothing_waits(town):
    await staff(town, a_person("w", middle(0, 0)), an_officer("o", middle(0, 0)))
    assert await waited_for(town) == set()
    recorded, taken_up = await tell(town, "w", "o")
    assert (len(recorded.moved), taken_up) == (2, [])


async def test_only_who_could_take_it_is_asked(town):
    await staff(
        town,
        a_person("worker"),
        an_officer("able", middle(0, 0), position=None),
        an_officer("off", middle(0, 0), on_duty=False),
        an_officer("powerless", middle(0, 0), powers=[]),
        an_officer("full", middle(0, 0), capacity=0),
    )
    await report(town, matter="E02")
    assert await waited_for(town) == {"able"}


async def test_a_batch_brings_each_their_events(town):
    await staff(
        town,
        *(an_officer(code, middle(0, 0), position=None, capacity=1) for code in ("a", "b", "c")),
    )
    events = {await report(town, matter="E02") for _ in range(2)}
    _, taken_up = await tell(town, "a", "b", "c")
    assert set(taken_up) == events
    assert len(taken_up) == 2
    async with town.connect() as connection:
        most = await connection.scalar(text("SELECT max(open_count) FROM workload"))
    assert most == 1


async def test_an_event_beside_the_tellers_area_is_taken_up(town):
    """An officer of the county may be told of by a community that sees no events but its own."""
    await staff(town, an_officer("o", middle(0, 0), position=None))
    event = await report(town, matter="E02")
    low, high = COMMUNITY, "990101001002"
    _, taken_up = await tell(town, "o", scope=Scope(((low, high),), reporter="0"))
    assert taken_up == [event]


async def test_a_position_that_is_not_used_brings_nothing(town):
    await staff(town, an_officer("o", middle(0, 0), position=None))
    await report(town, matter="E02")
    far_away = Told("o", Ping(0.0, 0.0), Datum.WGS84)
    async with transaction(town) as session:
        recorded, taken_up = await positions.record(session, [far_away], source=Source.API)
    assert (recorded.moved, taken_up) == ([], [])

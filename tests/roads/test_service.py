import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.db import Scope, enter, make_engine, transaction
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.geo import Datum
from gridsvc.grids import service as grids
from gridsvc.roads import queries, service
from gridsvc.roads.modes import Mode
from gridsvc.roads.schemas import ConditionIn
from tests.conftest import service_of
from tests.exchange.paper import east_of
from tests.roads.paper import BOTH, roads
from tests.towns import BLOCKS, COMMUNITY, COUNTY, SIDE, SOUTH, WEST, paper_roads

CHINA = timezone(timedelta(hours=8))
#: Along the southern street, from its middle to its end.
START, END = (WEST + 2.5 * SIDE, SOUTH), (WEST + BLOCKS * SIDE, SOUTH)


def a_closure(**given):
    """The southern street closed between its third and fourth corner."""
    usual = {
        "division": COUNTY,
        "shape": {"kind": "point", "points": [(WEST + 3.5 * SIDE, SOUTH)], "datum": "wgs84"},
        "reason": "抢修",
        "client_key": "k",
    }
    return ConditionIn(**usual | given)


async def seconds(session, mode=Mode.CAR, **asked):
    travel = await service.travel(session, COMMUNITY, mode=mode, **asked)
    return travel.seconds_to(END, [START]).eta_s[0]


@pytest.fixture
async def paved(town_session):
    """A session on the paper town with its roads loaded."""
    await enter(town_session, Scope((("0", ":"),)))
    await service.load(town_session, COUNTY, paper_roads(), source="paper.osm.pbf")
    return town_session


async def test_without_a_graph_one_travels_by_the_line(town_session):
    await enter(town_session, Scope((("0", ":"),)))
    travel = await service.travel(town_session, COMMUNITY, mode=Mode.WALK)
    assert travel.seconds_to(END, [START]).by(0) == "line"


async def test_with_a_graph_one_travels_by_road(paved):
    travel = await service.travel(paved, COMMUNITY, mode=Mode.WALK)
    reach = travel.seconds_to(END, [START])
    assert reach.by(0) == "road"
    assert reach.distance_m(0) == pytest.approx(1.5 * 94.4, rel=0.01)
    assert await service.travel(paved, COUNTY, mode=Mode.WALK) is travel


async def test_the_same_roads_again_change_nothing_and_others_take_their_place(paved):
    first = await queries.in_force(paved, COUNTY)
    again = await service.load(paved, COUNTY, paper_roads(), source="renamed.osm.pbf")
    assert again["new"] is False
    assert again["nodes"] == (BLOCKS + 1) ** 2
    assert (await queries.in_force(paved, COUNTY))["id"] == first["id"]
    held = await service.travel(paved, COUNTY, mode=Mode.CAR)
    before = held.seconds_to(END, [START]).eta_s[0]
    for east in (0.001, 0.002, 0.003, 0.004):
        told = await service.load(paved, COUNTY, paper_roads(east), source="later.osm.pbf")
        assert told["new"] is True
    # Whoever travels on the old one goes on; whoever asks anew gets the new one.
    assert held.seconds_to(END, [START]).eta_s[0] == before
    assert await service.travel(paved, COUNTY, mode=Mode.CAR) is not held
    kept = await paved.scalar(text("SELECT count(*) FROM road_graph"))
    assert kept == 1 + queries.KEPT_BEFORE


async def test_only_counties_that_are_known_have_roads(town_session):
    await enter(town_session, Scope((("0", ":"),)))
    with pytest.raises(BadInput, match="is no county"):
        await service.load(town_session, COMMUNITY, paper_roads(), source="x")
    with pytest.raises(NotFound, match="there is no division 110101000000"):
        await service.load(town_session, "110101000000", paper_roads(), source="x")
    with pytest.raises(BadInput, match="12 digits"):
        await service.load(town_session, "nowhere", paper_roads(), source="x")


async def test_a_summary_says_what_was_left_out(town_session):
    await enter(town_session, Scope((("0", ":"),)))
    street, lane = east_of(WEST, SOUTH, 0, 500), east_of(WEST, SOUTH + SIDE, 0, 90)
    ways = roads((street, BOTH), (lane, BOTH))
    told = await service.load(town_session, COUNTY, ways, source="x.gpkg")
    assert told["km"] == {"walk": 0.5, "ebike": 0.5, "car": 0.5}
    assert told["left_out"]["parts cut off, walk"] == 1
    assert told["hierarchy"] is True


async def test_a_summary_says_whom_the_roads_reach(paved):
    summary = (await queries.in_force(paved, COUNTY))["summary"]
    assert summary["households"] == {"near": 800, "of": 800, "within_m": 500}


async def test_roads_elsewhere_are_another_countys(town_session):
    await enter(town_session, Scope((("0", ":"),)))
    with pytest.raises(BadInput, match=f"no road of far.pbf runs through a community of {COUNTY}"):
        await service.load(town_session, COUNTY, paper_roads(1.0), source="far.pbf", anyway=True)
    assert await queries.in_force(town_session, COUNTY) is None


async def test_roads_that_reach_far_fewer_households_need_the_word(paved):
    # They run off from the south-western corner; the block at the other one lies 510 m away.
    away = [*east_of(WEST, SOUTH + SIDE / 100, 1), *east_of(WEST, SOUTH - 5 * SIDE, 1)]
    with pytest.raises(Conflict, match="of 750 households, those in force of 800 of the"):
        await service.load(paved, COUNTY, roads((away, BOTH)), source="x")
    assert (await queries.in_force(paved, COUNTY))["source"] == "paper.osm.pbf"
    told = await service.load(paved, COUNTY, roads((away, BOTH)), source="x", anyway=True)
    assert told["new"] is True
    assert told["households"]["near"] == 750


async def test_a_county_without_communities_takes_any_roads(town_session):
    await enter(town_session, Scope((("0", ":"),)))
    await grids.load_divisions(town_session, [grids.DivisionRow("990102000000", "空县")])
    told = await service.load(town_session, "990102000000", paper_roads(1.0), source="x")
    assert told["households"] == {"near": 0, "of": 0, "within_m": 500}


async def test_a_closure_holds_at_once_and_until_it_is_lifted(paved):
    usual = await seconds(paved)
    added = await service.add_condition(paved, a_closure())
    assert added.edges == 1
    assert added.in_force
    around = await seconds(paved)
    assert around > 1.9 * usual
    lifted = await service.lift_condition(paved, added.id, "修好了")
    assert not lifted.in_force
    # What was at that time stays so.
    assert await seconds(paved, at=lifted.lifted_at + timedelta(seconds=1)) == usual
    changes = [(row["change"], row["note"]) for row in await queries.history(paved, added.id)]
    assert changes == [("added", "抢修"), ("lifted", "修好了")]
    with pytest.raises(Conflict, match="lifted already"):
        await service.lift_condition(paved, added.id, "")


async def test_a_closure_holds_from_and_to_its_times(paved):
    begin = datetime(2030, 5, 1, tzinfo=UTC)
    await service.add_condition(
        paved, a_closure(valid_from=begin, valid_to=begin + timedelta(hours=2))
    )
    usual = await seconds(paved)
    for hours, closed in ((-1, False), (0, True), (1.99, True), (2, False)):
        moment = begin + timedelta(hours=hours)
        assert bool(await seconds(paved, at=moment) > usual) is closed


async def test_slow_hours_are_those_of_the_week_in_china(paved):
    given = {"shape": None, "road_class": "residential", "factor": 2.0, "days": [1, 5]}
    await service.add_condition(
        paved, a_closure(hours_from="07:30", hours_to="09:00", **given, modes=["car"])
    )
    quiet = datetime(2030, 5, 6, 12, tzinfo=CHINA)  # a Monday
    usual = await seconds(paved, at=quiet)
    for day, hour, minute, slow in (
        (6, 7, 29, False),
        (6, 7, 30, True),
        (6, 8, 59, True),
        (6, 9, 0, False),
        (7, 8, 0, False),
        (10, 8, 0, True),
    ):
        moment = datetime(2030, 5, day, hour, minute, tzinfo=CHINA)
        expected = 2 * usual if slow else usual
        assert await seconds(paved, at=moment) == pytest.approx(expected, rel=1e-3), moment
    monday = datetime(2030, 5, 6, 8, tzinfo=CHINA)
    on_foot = await seconds(paved, Mode.WALK, at=quiet)
    assert await seconds(paved, Mode.WALK, at=monday) == on_foot


async def test_a_closure_is_found_again_on_a_new_graph(paved):
    await service.add_condition(paved, a_closure())
    closed = await seconds(paved)
    ways = paper_roads()
    renumbered = type(ways)(**{**ways.__dict__, "source_id": ways.source_id + 100})
    await service.load(paved, COUNTY, renumbered, source="new.osm.pbf")
    assert await seconds(paved) == closed


async def test_the_datum_of_a_shape_counts(paved):
    shape = {"kind": "point", "points": [(WEST + 3.5 * SIDE, SOUTH)], "datum": Datum.GCJ02}
    with pytest.raises(BadInput, match="no road of county 990101000000 lies there"):
        await service.add_condition(paved, a_closure(shape=shape))


@pytest.mark.parametrize(
    ("given", "fault", "told"),
    [
        (
            {"shape": {"kind": "point", "points": [(10, 50)], "datum": "wgs84"}},
            BadInput,
            "lies the",
        ),
        ({"shape": None, "way": 4711}, BadInput, "no road of county"),
        ({"shape": None, "road_class": "river"}, BadInput, "no class of road"),
        ({"division": "990100000000"}, BadInput, "above a county"),
        ({"division": "990101009001"}, NotFound, "there is no division"),
        ({"division": "110101000000"}, NotFound, "there is no division"),
        ({"valid_to": datetime(2020, 1, 1, tzinfo=UTC)}, BadInput, "over already"),
        (
            {
                "shape": {
                    "kind": "area",
                    "points": [(118, 32), (119, 33), (118, 33), (119, 32)],
                    "datum": "wgs84",
                }
            },
            BadInput,
            "crosses itself",
        ),
    ],
)
async def test_what_closes_nothing_is_refused(paved, given, fault, told):
    with pytest.raises(fault, match=told):
        await service.add_condition(paved, a_closure(**given))
    assert await paved.scalar(text("SELECT count(*) FROM road_condition")) == 0


async def test_where_no_graph_is_nothing_can_be_closed(town_session):
    await enter(town_session, Scope((("0", ":"),)))
    with pytest.raises(Conflict, match="has no road graph"):
        await service.add_condition(town_session, a_closure())


async def test_a_community_closes_its_own_and_travels_on_the_whole_county(paved):
    low, high = COMMUNITY, str(int(COMMUNITY) + 1)
    await enter(paved, Scope(((low, high),), above=(COUNTY,)))
    with pytest.raises(Forbidden, match="outside your own areas"):
        await service.add_condition(paved, a_closure())
    usual = await seconds(paved)
    added = await service.add_condition(paved, a_closure(division=COMMUNITY))
    assert await seconds(paved) > usual
    assert added.division_code == COMMUNITY


async def test_the_same_key_is_the_same_closure_and_another_body_is_refused(paved):
    first = await service.add_condition(paved, a_closure())
    assert (await service.add_condition(paved, a_closure())).id == first.id
    assert len(await queries.history(paved, first.id)) == 1
    with pytest.raises(BadInput, match="used with another body"):
        await service.add_condition(paved, a_closure(reason="别的"))


async def test_an_area_of_slowness_hits_what_it_touches(paved):
    points = list(
        shapely.box(WEST - SIDE, SOUTH - SIDE, WEST + 9 * SIDE, SOUTH + SIDE / 2).exterior.coords
    )
    shape = {"kind": "area", "points": points[:-1], "datum": "wgs84"}
    added = await service.add_condition(paved, a_closure(shape=shape, factor=4.0))
    assert added.edges == BLOCKS + BLOCKS + 1  # the street, and those that lead to it


class TestManyProcesses:
    async def test_those_who_ask_at_once_while_graphs_are_swapped_get_one_or_the_other(
        self, town, town_url
    ):
        at_work = make_engine(service_of(town_url).url)
        async with transaction(town) as session:
            await service.load(session, COUNTY, paper_roads(), source="a")
        answers = set()

        async def ask():
            for _ in range(15):
                async with transaction(at_work) as session:
                    answers.add(round(await seconds(session, Mode.WALK), 1))

        async def swap():
            for east in (0.002, 0.0, 0.002, 0.0):
                async with transaction(town) as session:
                    await service.load(session, COUNTY, paper_roads(east), source="b")

        await asyncio.gather(*(ask() for _ in range(4)), swap())
        await at_work.dispose()
        assert 1 <= len(answers) <= 2

    async def test_two_who_load_at_once_take_turns(self, town):
        async def load(east):
            async with transaction(town) as session:
                return await service.load(session, COUNTY, paper_roads(east), source="x")

        told = await asyncio.gather(*(load(east) for east in (0, 0, 0.002, 0.002)))
        assert sum(one["new"] for one in told) in {2, 3, 4}
        async with transaction(town) as session:
            in_force = await session.scalar(
                text("SELECT count(*) FROM road_graph WHERE replaced_at IS NULL")
            )
        assert in_force == 1

    async def test_the_service_may_not_load_change_or_forget(self, town, town_url):
        async with transaction(town) as session:
            await service.load(session, COUNTY, paper_roads(), source="x")
            await service.add_condition(session, a_closure())
        at_work = make_engine(service_of(town_url).url)
        for statement in (
            "DELETE FROM road_graph",
            "UPDATE road_graph SET source = 'y'",
            "UPDATE road_condition SET reason = 'y'",
            "DELETE FROM road_condition",
            "DELETE FROM road_condition_history",
            "UPDATE road_condition_history SET note = 'y'",
        ):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with transaction(at_work) as session:
                    await session.execute(text(statement))
        await at_work.dispose()

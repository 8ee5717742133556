"""Tracks as they are kept: what the index is spared, hours in the grid, months that come and go."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.db import make_engine, transaction
from gridsvc.errors import NotFound
from gridsvc.geo import Datum
from gridsvc.people import queries, service, tracking
from gridsvc.people.pings import USUAL, Ping, Source, Unused
from gridsvc.people.tracking import Told, hours_in_grid
from tests.conftest import service_of
from tests.towns import COMMUNITY, COUNTY, SIDE, SOUTH, WEST, a_person, middle, staff
from tests.who import KEYRING

SHANGHAI = ZoneInfo("Asia/Shanghai")
METRE = 1 / 111_195


def told(place, at=None, person="a", datum=Datum.WGS84, **columns):
    return Told(person, Ping(*place, captured_at=at, **columns), datum)


async def record(session, *pings):
    return await tracking.record(session, list(pings), source=Source.API, limits=USUAL)


async def position(session, person="a"):
    found = await session.execute(
        text(
            "SELECT ST_Y(geog::geometry) AS lat, ST_Y(exact::geometry) AS exact, s.captured_at"
            " FROM position s JOIN person p ON p.id = s.person_id WHERE p.code = :code"
        ),
        {"code": person},
    )
    return found.first()


async def seen(session, person="a"):
    row = await queries.person(session, person)
    return await queries.latest_position(session, row["id"])


def now():
    return datetime.now(UTC)


class TestPositions:
    @pytest.fixture
    async def one(self, town_session):
        await service.load_people(town_session, [a_person("a"), a_person("b")], KEYRING)
        return town_session

    async def test_the_latest_of_a_batch_is_where_somebody_is(self, one):
        began = now() - timedelta(minutes=5)
        pings = [
            told((118.7, 32 + s * METRE), began + timedelta(seconds=s)) for s in range(0, 100, 10)
        ]
        random.Random(3).shuffle(pings)  # noqa: S311
        recorded = await record(one, *pings)
        assert [outcome.unused for outcome in recorded.outcomes] == [None] * 10
        assert [outcome.captured_at for outcome in recorded.outcomes] == [
            ping.ping.captured_at for ping in pings
        ]
        assert (await seen(one)).lat == pytest.approx(32 + 90 * METRE, abs=1e-9)
        assert await one.scalar(text("SELECT count(*) FROM track")) == 10

    async def test_an_older_position_than_the_known_is_not_used(self, one):
        noon = now() - timedelta(hours=1)
        await record(one, told(middle(1, 0), noon))
        recorded = await record(one, told(middle(2, 0), noon - timedelta(seconds=1)))
        assert recorded.outcomes[0].unused is Unused.OLDER
        assert recorded.moved == []
        assert (await seen(one)).lon == pytest.approx(middle(1, 0)[0])

    async def test_every_datum_ends_in_the_same_place(self, one):
        await record(one, told((118.7, 32.0), datum=Datum.GCJ02))
        assert 0.003 < abs((await seen(one)).lon - 118.7) < 0.008

    async def test_an_unknown_person_is_not_found_and_nothing_kept(self, one):
        with pytest.raises(NotFound, match="'x'") as refused:
            await record(one, told((118.7, 32.0)), told((118.7, 32.0), person="x"))
        assert refused.value.members == {"unknown": ["x"]}
        assert await one.scalar(text("SELECT count(*) FROM track")) == 0

    async def test_less_than_twenty_metres_leave_the_index_and_are_told_all_the_same(self, one):
        began = now() - timedelta(minutes=5)
        for step in range(12):
            north_m = step * 7.0
            at = began + timedelta(seconds=10 * step)
            await record(one, told((118.7, 32 + north_m * METRE), at))
            row = await position(one)
            assert (await seen(one)).lat == pytest.approx(32 + north_m * METRE, abs=1e-9)
            assert abs(row.lat - (32 + north_m * METRE)) < 20 * METRE
            assert row.captured_at == at
            # The index moves with every third step of seven metres.
            assert row.lat == pytest.approx(32 + (step - step % 3) * 7.0 * METRE, abs=1e-9)
            assert (row.exact is None) == (step % 3 == 0)


async def test_small_moves_are_heap_only(town, town_url):
    """Told by the server itself: an update that touches no index."""
    await staff(town, *(a_person(f"w{n}", middle(0, 0)) for n in range(20)))
    engine = make_engine(service_of(town_url).url)

    lon, lat = middle(0, 0)

    async def hot(north_m):
        pings = [
            told((lon, lat + north_m * METRE), now(), person=f"w{number}") for number in range(20)
        ]
        counted = text("SELECT pg_stat_get_xact_tuples_hot_updated('position'::regclass)")
        async with transaction(engine) as session:
            before = await session.scalar(counted)
            await record(session, *pings)
            return await session.scalar(counted) - before

    assert await hot(15) == 20
    assert await hot(35) == 0
    await engine.dispose()


async def test_two_batches_with_the_same_people_wait_for_each_other(town, town_url):
    await staff(town, *(a_person(f"w{n:02}", middle(0, 0)) for n in range(40)))
    engine = make_engine(service_of(town_url).url)
    rng = random.Random(5)  # noqa: S311

    async def batch(number):
        people = [f"w{n:02}" for n in range(40)]
        rng.shuffle(people)
        at = now() + timedelta(milliseconds=number)
        async with transaction(engine) as session:
            await record(session, *(told(middle(1, 1), at, person=code) for code in people))

    await asyncio.gather(*(batch(number) for number in range(24)))
    async with transaction(engine) as session:
        assert await session.scalar(text("SELECT count(*) FROM track")) == 24 * 40
    await engine.dispose()


class TestHours:
    """Against a plain reference: a square grid, and every pair of pings looked at one by one."""

    DAY = date(2026, 11, 20)
    GAP_S = 600.0

    @pytest.fixture
    async def posted(self, town_session):
        """A worker with a grid, which was in force long before the day; its shape."""
        await service.load_people(town_session, [a_person("a"), a_person("idle")], KEYRING)
        await town_session.execute(text("SET LOCAL session_replication_role = replica"))
        await town_session.execute(
            text("UPDATE grid SET valid = tstzrange('2026-01-01', upper(valid))")
        )
        grid = (
            await town_session.execute(text("SELECT id, ST_AsBinary(geom) FROM grid ORDER BY id"))
        ).first()
        for person in ("a", "idle"):
            await town_session.execute(
                text("INSERT INTO grid_post SELECT :grid, id FROM person WHERE code = :code"),
                {"grid": grid[0], "code": person},
            )
        return town_session, shapely.from_wkb(bytes(grid[1]))

    async def put(self, session, pings):
        """Pings as they would have been kept; (time, lon, lat, unused)."""
        await session.execute(text("DELETE FROM track"))
        await session.execute(
            text("""
            INSERT INTO track (division_code, person_id, at, captured_at, geog, datum, source,
                               unused)
            SELECT p.division_code, p.id, at, at,
                   ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography, 'wgs84', 'api', unused
            FROM person p, unnest(CAST(:at AS timestamptz[]), CAST(:lon AS float8[]),
                                  CAST(:lat AS float8[]), CAST(:unused AS text[]))
                AS row (at, lon, lat, unused)
            WHERE p.code = 'a'
            """),
            dict(
                zip(
                    ("at", "lon", "lat", "unused"),
                    zip(*pings, strict=True) if pings else ([], [], [], []),
                    strict=True,
                )
            ),
        )

    def reference(self, pings, shape):
        begins, ends = tracking.day_of(self.DAY, SHANGHAI)
        usable = sorted(p for p in pings if p[3] in {None, "older"})
        in_grid_s = tracked_s = 0.0
        for (at, lon, lat, _), (until, next_lon, next_lat, _) in pairwise(usable):
            if (until - at).total_seconds() > self.GAP_S:
                continue
            within_s = (min(until, ends) - max(at, begins)).total_seconds()
            if within_s <= 0:
                continue
            tracked_s += within_s
            if all(
                shapely.covers(shape, shapely.Point(place))
                for place in ((lon, lat), (next_lon, next_lat))
            ):
                in_grid_s += within_s
        return in_grid_s, tracked_s

    async def hours(self, session, code="a"):
        told = await hours_in_grid(session, COUNTY, self.DAY, zone=SHANGHAI, gap_s=self.GAP_S)
        return next(one for one in told.people if one.code == code)

    PING = st.tuples(
        # From an hour before the day to an hour after it, by Shanghai's clock.
        st.integers(-3600, 86_400 + 3600),
        st.floats(WEST - SIDE, WEST + 5 * SIDE),
        st.floats(SOUTH - SIDE, SOUTH + 5 * SIDE),
        st.sampled_from([None, None, None, "older", "too_fast", "inaccurate"]),
    )

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(told=st.lists(PING, max_size=40, unique_by=lambda one: one[0]), dense=st.booleans())
    async def test_every_track_comes_to_the_same(self, posted, told, dense):
        session, shape = posted
        begins, _ = tracking.day_of(self.DAY, SHANGHAI)
        # Dense tracks lie within an hour of midnight, so that pings are near each other.
        pings = [
            (begins + timedelta(seconds=s / 24 if dense else s), lon, lat, unused)
            for s, lon, lat, unused in told
        ]
        await self.put(session, pings)
        counted = await self.hours(session)
        expected = self.reference(pings, shape)
        assert (counted.in_grid_s, counted.tracked_s) == pytest.approx(expected, abs=1e-3)

    async def test_three_hours_are_three_hours(self, posted):
        session, shape = posted
        inside = shape.representative_point()
        begins, _ = tracking.day_of(self.DAY, SHANGHAI)
        for pings, reached in ((1081, True), (1080, False)):
            track = [
                (begins + timedelta(hours=9, seconds=10 * n), inside.x, inside.y, None)
                for n in range(pings)
            ]
            await self.put(session, track)
            told = await hours_in_grid(session, COUNTY, self.DAY, zone=SHANGHAI, gap_s=self.GAP_S)
            assert (told.reached, told.obliged) == (int(reached), 2)
            assert (await self.hours(session)).reached is reached
        idle = await self.hours(session, "idle")
        assert (idle.in_grid_s, idle.tracked_s, idle.reached) == (0, 0, False)

    async def test_the_day_is_that_of_the_zone(self, posted):
        session, shape = posted
        inside = shape.representative_point()
        begins, ends = tracking.day_of(self.DAY, SHANGHAI)
        assert (begins, ends) == (
            datetime(2026, 11, 19, 16, tzinfo=UTC),
            datetime(2026, 11, 20, 16, tzinfo=UTC),
        )
        await self.put(
            session,
            [(at + timedelta(seconds=s), inside.x, inside.y, None) for at in (begins, ends)
             for s in (-60, 60)],
        )  # fmt: skip
        assert (await self.hours(session)).in_grid_s == 120

    async def test_another_day_and_another_division_have_none(self, posted):
        session, _ = posted
        before = date(2025, 11, 20)
        assert (await hours_in_grid(session, COUNTY, before, zone=SHANGHAI, gap_s=600)).obliged == 0
        elsewhere = await hours_in_grid(session, "990102000000", self.DAY, zone=SHANGHAI, gap_s=600)
        assert elsewhere.people == []
        one = await hours_in_grid(
            session, COMMUNITY, self.DAY, zone=SHANGHAI, gap_s=600, code="idle"
        )
        assert [person.code for person in one.people] == ["idle"]


class TestMonths:
    async def months(self, engine):
        async with engine.connect() as connection:
            found = await connection.scalars(
                text(
                    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                    " WHERE i.inhparent = 'track'::regclass ORDER BY 1"
                )
            )
            return list(found)

    async def test_they_are_there_ahead_and_made_once(self, town, town_url):
        before = await self.months(town)
        assert len(before) >= 5
        assert f"y{now():%Y}m{now():%m}" in before
        at_work = make_engine(service_of(town_url).url)
        async with transaction(at_work) as session:
            assert await tracking.make_months(session) == 0
            assert await session.scalar(text("SELECT tracks_ahead(5)")) == 2
        assert len(await self.months(town)) == len(before) + 2
        await at_work.dispose()

    async def test_the_service_reaches_them_by_the_track_alone(self, town, town_url):
        at_work = make_engine(service_of(town_url).url)
        (first, *_) = await self.months(town)
        for statement in (f"SELECT * FROM tracks.{first}", "DROP TABLE track"):
            with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
                async with transaction(at_work) as session:
                    await session.execute(text(statement))
        await at_work.dispose()

    async def test_pings_without_a_month_are_kept_and_move_in_when_it_is_made(self, town, town_url):
        await staff(town, a_person("a", middle(0, 0)))
        this_month = f"y{now():%Y}m{now():%m}"
        async with town.begin() as connection:
            await connection.execute(text(f"DROP TABLE tracks.{this_month}"))
        at_work = make_engine(service_of(town_url).url)
        async with transaction(at_work) as session:
            await record(session, told(middle(1, 1), now()))
        async with town.connect() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM tracks.other")) == 1
        async with transaction(at_work) as session:
            assert await tracking.make_months(session) == 1
        async with town.connect() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM tracks.other")) == 0
            moved = await connection.scalar(text(f"SELECT count(*) FROM tracks.{this_month}"))
        assert moved == 1
        await at_work.dispose()

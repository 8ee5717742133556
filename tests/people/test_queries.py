"""Who is eligible and near: every condition alone, true metres, and the index that finds them."""

import random

import pytest
from pyproj import Geod
from sqlalchemy import text

from gridsvc.db import EVERYWHERE, Scope, make_engine, transaction
from gridsvc.grids import service as grids
from gridsvc.people import queries
from gridsvc.people import service as people
from gridsvc.people.candidates import Need
from tests.conftest import service_of
from tests.towns import COMMUNITY, COUNTY, a_person, an_officer, middle
from tests.who import KEYRING

GEOD = Geod(ellps="WGS84")
LOW, HIGH = COUNTY, "990102000000"
OFFICER = Need("officer", "CG01", LOW, HIGH, grid_id=None)
ANY_OFFICER = Need("officer", None, LOW, HIGH, grid_id=None)
HERE = middle(0, 0)


async def found(session, need, k=50, where=HERE):
    near = await queries.nearest_eligible(session, need=need, lon=where[0], lat=where[1], k=k)
    return [one.code for one in sorted(near.candidates, key=lambda one: one.distance_m or 0)]


async def run(session, statement, **parameters):
    await session.execute(text(statement), parameters)


class TestEligibility:
    @pytest.fixture
    async def town(self, town_session):
        await people.load_people(
            town_session, [an_officer("a", HERE), an_officer("b", middle(1, 1))], KEYRING
        )
        return town_session

    async def test_both_are_found_when_nothing_speaks_against_it(self, town):
        assert await found(town, OFFICER) == ["a", "b"]

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE person SET on_duty = false WHERE code = 'a'",
            "UPDATE person SET role = 'liaison' WHERE code = 'a'",
            "UPDATE workload SET open_count = capacity FROM person p"
            " WHERE p.id = person_id AND p.code = 'a'",
            "DELETE FROM person_power USING person p WHERE p.id = person_id AND p.code = 'a'",
            "DELETE FROM position USING person p WHERE p.id = person_id AND p.code = 'a'",
            "UPDATE workload SET capacity = 0 FROM person p"
            " WHERE p.id = person_id AND p.code = 'a'",
        ],
        ids=["off duty", "other role", "full", "powerless", "nowhere", "no capacity"],
    )
    async def test_each_condition_alone_rules_out(self, town, change):
        await run(town, change)
        assert await found(town, OFFICER) == ["b"]

    @pytest.mark.parametrize(
        ("valid_from", "valid_to", "counts"),
        [
            ("current_date", "NULL", True),
            ("current_date", "current_date + 1", True),
            ("current_date + 1", "NULL", False),
            ("current_date - 9", "current_date", False),
        ],
    )
    async def test_a_power_counts_within_its_dates(self, town, valid_from, valid_to, counts):
        await run(town, f"UPDATE power SET valid_from = {valid_from}, valid_to = {valid_to}")
        assert await found(town, OFFICER) == (["a", "b"] if counts else [])

    async def test_without_a_power_asked_nobody_needs_one(self, town):
        await run(town, "DELETE FROM person_power")
        assert await found(town, ANY_OFFICER) == ["a", "b"]

    async def test_people_serve_within_their_county(self, town):
        await grids.load_divisions(
            town,
            [
                grids.DivisionRow("990102001001", "邻区社区"),
                grids.DivisionRow("990101002001", "邻街社区"),
            ],
        )
        await run(town, "UPDATE person SET division_code = '990102001001' WHERE code = 'a'")
        await run(town, "UPDATE person SET division_code = '990101002001' WHERE code = 'b'")
        assert await found(town, OFFICER) == ["b"]

    @pytest.mark.parametrize("code", ["C'G", "C\\G", "100%", "$1", ":role", 'C"G', "权力甲"])
    async def test_a_power_may_be_called_anything(self, town, code):
        await run(
            town,
            "INSERT INTO power (code, name, legal_basis, valid_from)"
            " VALUES (:code, 'x', 'x', '2020-01-01')",
            code=code,
        )
        await run(
            town,
            "INSERT INTO person_power (person_id, division_code, power_code)"
            " SELECT id, division_code, :code FROM person WHERE code = 'b'",
            code=code,
        )
        assert await found(town, Need("officer", code, LOW, HIGH, grid_id=None)) == ["b"]


async def test_the_grids_own_worker_counts_even_far_away_or_nowhere(town_session):
    await people.load_people(
        town_session,
        [a_person("own"), a_person("lost"), *(a_person(f"n{n}", HERE) for n in range(5))],
        KEYRING,
    )
    grid_id = await town_session.scalar(text("SELECT min(id) FROM grid"))
    await run(
        town_session,
        "INSERT INTO grid_post SELECT :grid, id FROM person WHERE code IN ('own', 'n0')",
        grid=grid_id,
    )
    looked = await queries.nearest_eligible(
        town_session,
        need=Need("grid_worker", None, LOW, HIGH, grid_id=grid_id),
        lon=HERE[0],
        lat=HERE[1],
        k=3,
    )
    near = looked.candidates
    assert {one.code for one in near if one.own_grid} == {"own", "n0"}
    assert len({one.code for one in near}) == len(near)
    assert next(one for one in near if one.code == "own").distance_m is None
    assert "lost" not in {one.code for one in near}


@pytest.mark.parametrize("lat", [0.0, 32.0, 60.0, 78.0])
async def test_the_nearest_is_the_nearest_in_metres(town_session, lat):
    """Far north a degree of longitude is short: nearest in degrees would be another person."""
    rng = random.Random(7)  # noqa: S311
    places = {
        f"p{n}": (118.7 + rng.uniform(-0.3, 0.3), lat + rng.uniform(-0.2, 0.2)) for n in range(60)
    }
    await people.load_people(
        town_session, [an_officer(c, place) for c, place in places.items()], KEYRING
    )
    degrees_would_do = True
    for _ in range(20):
        where = (118.7 + rng.uniform(-0.2, 0.2), lat + rng.uniform(-0.15, 0.15))
        true_m = {code: GEOD.inv(*where, *place)[2] for code, place in places.items()}
        got = await queries.nearest_eligible(
            town_session, need=OFFICER, lon=where[0], lat=where[1], k=5
        )
        ranked = sorted(true_m, key=true_m.get)[:5]
        # Metres on the sphere: half a percent from the ellipsoid's decide between near equals.
        for one, best in zip(
            sorted(got.candidates, key=lambda one: one.distance_m), ranked, strict=True
        ):
            assert one.distance_m == pytest.approx(true_m[one.code], rel=0.006)
            assert true_m[one.code] <= true_m[best] * 1.012
        flat = min(
            places, key=lambda c: (places[c][0] - where[0]) ** 2 + (places[c][1] - where[1]) ** 2
        )
        degrees_would_do &= flat == ranked[0]
    assert lat < 50 or not degrees_would_do


MANY = [
    """
    INSERT INTO person (code, name_sealed, name_masked, role, division_code, on_duty)
    SELECT 'P' || n, 'plain:张三', '张*', 'officer', :division, n % 10 <> 0
    FROM generate_series(1, 6000) n
    """,
    "INSERT INTO workload (person_id, division_code, capacity)"
    " SELECT id, division_code, 3 FROM person",
    "INSERT INTO person_power (person_id, division_code, power_code)"
    " SELECT id, division_code, 'CG01' FROM person WHERE id % 2 = 0",
    """
    INSERT INTO position (person_id, division_code, geog, datum, captured_at)
    SELECT id, division_code, CAST(ST_SetSRID(ST_MakePoint(118.5 + (id * 7919 % 6007) / 12014.0,
           31.9 + (id * 104729 % 6011) / 15000.0), 4326) AS geography), 'wgs84', now()
    FROM person
    """,
]


@pytest.mark.parametrize(
    "scope", [EVERYWHERE, Scope(((LOW, HIGH),)), Scope((("1", "2"), (LOW, HIGH)))]
)
async def test_among_thousands_the_spatial_index_is_walked(town, town_url, scope):
    """Also under the policies the service works under, and after the statement has run often."""
    async with transaction(town) as session:
        for statement in MANY:
            given = {"division": COMMUNITY} if ":division" in statement else {}
            await run(session, statement, **given)
    async with town.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))
    at_work = make_engine(service_of(town_url).url)
    for need in (OFFICER, ANY_OFFICER):
        async with transaction(at_work, scope) as session:
            for n in range(12):
                near = await queries.nearest_eligible(
                    session, need=need, lon=118.6 + n / 100, lat=32.05, k=32
                )
                assert len(near.candidates) == 32
            read = await rows_read(session)
            await queries.nearest_eligible(session, need=need, lon=118.7, lat=32.1, k=32)
            # Walking reads a few candidates per person wanted; sorting reads everybody.
            assert await rows_read(session) - read < 1000
    await at_work.dispose()


async def rows_read(session):
    """Rows of position this transaction has read so far, by index or by scan."""
    return await session.scalar(
        text(
            "SELECT pg_stat_get_xact_tuples_returned(t) + pg_stat_get_xact_tuples_fetched(t)"
            " + coalesce((SELECT sum(pg_stat_get_xact_tuples_returned(indexrelid)"
            "                    + pg_stat_get_xact_tuples_fetched(indexrelid))"
            "             FROM pg_index WHERE indrelid = t), 0)"
            " FROM CAST('position'::regclass AS oid) t"
        )
    )

"""Files into PostGIS: all of them or nothing, every bad row with its place and reason."""

import csv

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.exchange import load as loading
from gridsvc.exchange.areas import read_area
from gridsvc.exchange.layers import write_layers
from gridsvc.geo import WGS84
from tests.towns import COMMUNITY, COUNTY, a_person, block, middle, paper_area, staff
from tests.who import KEYRING

POWERS = [{"code": "CG01", "name": "处罚", "legal_basis": "条例", "valid_from": "2020-01-01"}]
MATTERS = [
    {"code": "E", "name": "事件", "parent": "", "kind": "grid", "power_code": ""},
    {"code": "E02", "name": "占道", "parent": "E", "kind": "enforcement", "power_code": "CG01"},
]
DIVISIONS = [{"code": "990101", "name": "纸上区"}, {"code": COMMUNITY, "name": "纸上社区"}]
PEOPLE = [
    {"code": f"P{n}", "name": "王小明", "role": "grid_worker", "division_code": COMMUNITY,
     "on_duty": "true", "capacity": "3", "powers": "", "lon": "", "lat": "", "datum": ""}
    for n in range(3)
]  # fmt: skip


def events(count=2, **change):
    lon, lat = middle(0, 0)
    common = {"matter_code": "E01", "lon": lon, "lat": lat, "datum": "wgs84", "description": "垃圾"}
    return [{"client_key": f"k{n}"} | common | change for n in range(count)]


def households(*buildings):
    return [
        {"address_code": f"A{n}", "building_id": building, "unit": "1", "floor": "2",
         "room": "201", "residents": "3"}
        for n, building in enumerate(buildings)
    ]  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """Write tables by name; their paths."""

    def write(**tables):
        paths = []
        for name, rows in tables.items():
            path = tmp_path / f"{name}.csv"
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows(rows)
            paths.append(path)
        return paths

    return write


def write_area(path, **changes):
    """The paper town as a prepared area; a layer changed by a function, or left out."""
    area = paper_area()
    layers = {
        "boundary": area.boundary,
        "buildings": area.buildings,
        "barriers": area.barriers,
        "special": area.special,
    }
    for name, change in changes.items():
        layers[name] = change(layers[name].copy()) if change else None
    write_layers(path, {name: frame for name, frame in layers.items() if frame is not None})
    return path


async def load(engine, paths, kind=None, **options):
    async with transaction(engine) as session:
        return await loading.load(session, loading.jobs(paths, kind), keyring=KEYRING, **options)


async def counts(engine, *tables):
    async with engine.connect() as connection:
        return [await connection.scalar(text(f"SELECT count(*) FROM {t}")) for t in tables]


TABLES = ("division", "building", "household", "power", "matter", "person", "event")


class TestTogether:
    async def test_files_find_their_order(self, engine, files, tmp_path):
        area = write_area(tmp_path / "prepared.gpkg")
        given = files(people=PEOPLE, matters=MATTERS, powers=POWERS, divisions=DIVISIONS)
        told = await load(engine, [*given, area])
        assert told["area"]["households"] == 800
        assert (told["people"], told["divisions"]) == ({"people": 3}, {"divisions": 2})
        assert await counts(engine, *TABLES) == [2, 16, 0, 1, 2, 3, 0]

    async def test_all_or_nothing(self, engine, files, tmp_path):
        area = write_area(tmp_path / "prepared.gpkg")
        bad = [*PEOPLE, PEOPLE[0] | {"code": "P9", "capacity": "x"}]
        given = files(divisions=DIVISIONS, powers=POWERS, matters=MATTERS, people=bad)
        with pytest.raises(
            BadInput, match=r"people\.csv: nothing was loaded, mend line 5: capacity"
        ):
            await load(engine, [*given, area])
        assert await counts(engine, *TABLES) == [0] * 7

    async def test_loading_again_changes_nothing(self, engine, files, tmp_path):
        area = write_area(tmp_path / "prepared.gpkg")
        given = files(divisions=DIVISIONS, powers=POWERS, matters=MATTERS, people=PEOPLE)
        for _ in range(2):
            await load(engine, [*given, area])
            assert await counts(engine, *TABLES) == [2, 16, 0, 1, 2, 3, 0]


class TestAreas:
    async def test_a_planned_and_a_loaded_area_are_the_same(self, engine, tmp_path):
        area = read_area(write_area(tmp_path / "a.gpkg"))
        mine = paper_area()
        assert area.buildings["building_id"].tolist() == mine.buildings["building_id"].tolist()
        assert area.buildings.geometry.geom_equals_exact(mine.buildings.geometry, 1e-9).all()
        assert area.barriers["w"].tolist() == mine.barriers["w"].tolist()

    async def test_an_area_without_a_code_needs_one(self, engine, tmp_path):
        area = write_area(tmp_path / "a.gpkg", boundary=lambda b: b.drop(columns=["code", "name"]))
        with pytest.raises(BadInput, match="--division CODE"):
            await load(engine, [area])
        await load(engine, [area], division=COMMUNITY)
        assert await counts(engine, "building") == [16]

    @pytest.mark.parametrize("code", ["12", COUNTY, "99010100100x"])
    async def test_an_area_is_a_community(self, engine, tmp_path, code):
        area = write_area(tmp_path / "a.gpkg", boundary=lambda b: b.assign(code=None))
        with pytest.raises(BadInput, match=r"12 digits|no community"):
            await load(engine, [area], division=code)

    @pytest.mark.parametrize(
        "change",
        [
            lambda b: b.assign(building_id=range(len(b))),
            lambda b: b.assign(building_id=np.arange(len(b), dtype=float)),
            lambda b: b.drop(columns="building_id"),
            lambda b: b.assign(building_id=None),
            lambda b: b.assign(levels=[None, *range(1, len(b))]),
            lambda b: b.assign(kind=7),
            lambda b: b.assign(kind=None),
            lambda b: b.assign(estimated=1),
            lambda b: b.drop(columns=["estimated", "levels", "kind"]),
            lambda b: b.assign(households=b["households"].astype(float)),
            lambda b: b.set_geometry(shapely.multipolygons([[g] for g in b.geometry]), crs=b.crs),
            lambda b: b.set_geometry(shapely.force_3d(b.geometry.array, 5.0), crs=b.crs),
            lambda b: b.to_crs("EPSG:32650"),
        ],
    )
    async def test_buildings_may_be_written_in_many_ways(self, engine, tmp_path, change):
        told = await load(engine, [write_area(tmp_path / "a.gpkg", buildings=change)])
        assert told["area"]["households"] == 800
        assert await counts(engine, "building") == [16]

    @pytest.mark.parametrize(
        ("layer", "change", "says"),
        [
            ("buildings", lambda b: b.drop(columns="households"), "no column households"),
            ("buildings", lambda b: b.assign(households=-1), "negative"),
            ("buildings", lambda b: b.assign(households=0.5), "fraction"),
            ("buildings", lambda b: b.assign(households=None), "missing or not a number"),
            ("buildings", lambda b: b.assign(building_id="x"), "building_id comes again in rows 2"),
            (
                "buildings",
                lambda b: b.assign(building_id=[None, *b["building_id"][1:]]),
                "building_id is missing in row 1",
            ),
            ("buildings", lambda b: b.assign(levels=-1), "levels is no whole number"),
            ("buildings", lambda b: b.assign(levels=2.5), "levels is no whole number"),
            ("buildings", lambda b: b.assign(levels=99999), "levels is no whole number"),
            ("buildings", lambda b: b.assign(levels="six"), "levels is no whole number"),
            ("buildings", lambda b: b.iloc[:0], "no rows"),
            ("buildings", lambda b: b.set_geometry(b.geometry.translate(1)), "outside every"),
            ("buildings", lambda b: b.set_geometry(b.centroid), "polygon"),
            ("barriers", lambda b: b.assign(w=0.0), "weight w of barriers"),
            ("barriers", lambda b: b.assign(w=-1.0), "weight w of barriers"),
            ("barriers", lambda b: b.assign(w="wide"), "weight w of barriers"),
            ("barriers", lambda b: b.set_geometry(b.buffer(0.001)), "line"),
            ("boundary", lambda b: gpd.GeoDataFrame(b.loc[[0, 0]], crs=b.crs), "come twice"),
            ("boundary", lambda b: b.assign(name="长" * 201), "name"),
            ("boundary", lambda b: b.iloc[:0], "no rows"),
        ],
    )
    @pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
    async def test_a_layer_that_cannot_be_used_is_refused(
        self, engine, tmp_path, layer, change, says
    ):
        with pytest.raises(BadInput, match=says):
            await load(engine, [write_area(tmp_path / "a.gpkg", **{layer: change})])
        assert await counts(engine, *TABLES) == [0] * 7

    async def test_barriers_and_sites_may_be_absent_or_say_nothing(self, engine, tmp_path):
        await load(engine, [write_area(tmp_path / "a.gpkg", barriers=None, special=None)])
        assert await counts(engine, "barrier", "site") == [0, 0]
        silent = write_area(
            tmp_path / "b.gpkg",
            barriers=lambda b: b.assign(**{"class": None, "w": [None, *b["w"][1:]]}),
            special=lambda _: gpd.GeoDataFrame(
                {"kind": [None], "name": [3]}, geometry=[shapely.box(118.701, 32, 118.702, 32.001)],
                crs=WGS84,
            ),
        )  # fmt: skip
        await load(engine, [silent])
        assert await counts(engine, "barrier", "site") == [6, 1]

    async def test_names_survive_a_file_that_knows_none(self, engine, files, tmp_path):
        await load(engine, files(divisions=DIVISIONS))
        await load(
            engine, [write_area(tmp_path / "a.gpkg", boundary=lambda b: b.assign(name=None))]
        )
        async with engine.connect() as connection:
            names = await connection.scalars(text("SELECT name FROM division ORDER BY code"))
            assert list(names) == ["纸上区", "纸上社区"]


class TestDivisions:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"code": ["12345"]}, "feature 1: code"),
            ({"code": [None]}, "feature 1: code"),
            ({"name": [None]}, "feature 1: name"),
            ({"name": ["长" * 201]}, "feature 1: name"),
        ],
    )
    async def test_a_layer_with_bad_rows_names_them(self, engine, tmp_path, change, says):
        frame = paper_area().boundary.assign(**change)
        write_layers(tmp_path / "d.gpkg", {"divisions": frame})
        with pytest.raises(BadInput, match=says):
            await load(engine, [tmp_path / "d.gpkg"])

    async def test_a_layer_with_codes_as_numbers(self, engine, tmp_path):
        frame = paper_area().boundary.assign(code=int(COMMUNITY))
        write_layers(tmp_path / "d.gpkg", {"divisions": frame})
        assert await load(engine, [tmp_path / "d.gpkg"]) == {"divisions": {"divisions": 1}}


class TestHouseholds:
    async def test_registered_households_count_instead_of_the_estimate(self, town, files):
        await load(town, files(households=households("b00", "b00", "b10")))
        async with town.connect() as connection:
            rows = await connection.execute(
                text("SELECT source_id, households FROM building WHERE NOT estimated")
            )
            assert {tuple(row) for row in rows} == {("b00", 2), ("b10", 1)}
        await load(town, files(households=households("b00")))
        assert await counts(town, "household") == [2]

    @pytest.mark.parametrize(
        ("rows", "says"),
        [
            (households("b00", "zz"), "line 3: there is no building zz"),
            (
                [household | {"address_code": "A"} for household in households("b00", "b10")],
                "line 3: address A is that of another household",
            ),
            ([households("b00")[0] | {"residents": "101"}], "line 2: residents"),
            ([households("b00")[0] | {"floor": "1.5"}], "line 2: floor"),
        ],
    )
    async def test_bad_rows_are_named(self, town, files, rows, says):
        with pytest.raises(BadInput, match=says):
            await load(town, files(households=rows))
        assert await counts(town, "household") == [0]

    async def test_an_address_moves_only_with_its_old_building(self, town, files):
        await load(town, files(households=households("b00")))
        with pytest.raises(BadInput, match="address A0 is that of another household"):
            await load(town, files(households=households("b10")))

    async def test_the_same_building_id_in_two_communities_is_ambiguous(
        self, town, files, tmp_path
    ):
        east = write_area(
            tmp_path / "east.gpkg",
            boundary=lambda b: b.assign(code="990101001002").set_geometry(b.translate(1)),
            buildings=lambda b: b.set_geometry(b.translate(1)),
        )
        await load(town, [east])
        with pytest.raises(BadInput, match=r"line 2: building b00 stands in .*990101001002"):
            await load(town, files(households=households("b00")))


class TestPeople:
    def layer(self, path, **change):
        points = [shapely.Point(middle(n, 0)) for n in range(2)]
        columns = {
            "code": ["a", "b"], "name": ["张三", "李四"], "role": "grid_worker",
            "division_code": COMMUNITY, "on_duty": [True, False], "capacity": [3, 4],
            "powers": [None, "CG01"],
        } | change  # fmt: skip
        write_layers(path, {"people": gpd.GeoDataFrame(columns, geometry=points, crs=WGS84)})
        return path

    async def test_a_layer_of_points_places_them(self, town, tmp_path):
        await load(town, [self.layer(tmp_path / "p.gpkg")])
        async with town.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT p.code, p.on_duty, ST_X(s.geog::geometry) AS lon, h.power_code"
                    " FROM person p JOIN position s ON s.person_id = p.id"
                    " LEFT JOIN person_power h ON h.person_id = p.id ORDER BY p.code"
                )
            )
            first, second = rows.all()
        assert (first.on_duty, second.on_duty) == (True, False)
        assert first.lon == pytest.approx(middle(0, 0)[0])
        assert (first.power_code, second.power_code) == (None, "CG01")

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"capacity": [3, None]}, "feature 2: capacity"),
            ({"role": ["grid_worker", "boss"]}, "feature 2: role"),
            ({"powers": [1, 2]}, "power 1"),
            ({"code": ["a", "a"]}, "a comes twice"),
        ],
    )
    async def test_a_layer_with_bad_rows_names_them(self, town, tmp_path, change, says):
        with pytest.raises(BadInput, match=says):
            await load(town, [self.layer(tmp_path / "p.gpkg", **change)])
        assert await counts(town, "person") == [0]

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"division_code": "110101001001"}, "110101001001"),
            ({"powers": "XX"}, "power XX"),
            ({"lon": "118.7"}, "give all three"),
            ({"lon": "118.7", "lat": "32"}, "give all three"),
        ],
    )
    async def test_rows_that_do_not_fit_are_refused(self, town, files, change, says):
        with pytest.raises(BadInput, match=says):
            await load(town, files(people=[*PEOPLE, PEOPLE[0] | {"code": "P9"} | change]))
        assert await counts(town, "person") == [0]


class TestEvents:
    async def test_events_are_reported_and_assigned(self, town, files):
        await staff(town, a_person("a", middle(0, 0), capacity=3))
        told = await load(town, files(events=events(5)))
        assert told == {"events": {"events": 5, "assigned": 3, "waiting": 2}}

    async def test_loading_again_reports_nothing_twice(self, town, files):
        for _ in range(2):
            await load(town, files(events=events(3)))
        assert await counts(town, "event") == [3]

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"matter_code": "E99"}, "line 4: unknown matter"),
            ({"lon": 0}, "line 4: .*outside every published grid"),
            ({"client_key": "k0", "description": "anders"}, "line 4: .*another body"),
            ({"captured_at": "2026-01-01T08:00:00"}, "line 4: captured_at"),
            ({"captured_at": "9999-12-31T23:59:59-14:00"}, "line 4: captured_at"),
            ({"description": ""}, "line 4: description"),
        ],
    )
    async def test_one_bad_row_and_nothing_is_stored(self, town, files, change, says):
        rows = [row | {"captured_at": ""} for row in [*events(2), *events(1, client_key="k2")]]
        rows[2] |= change
        with pytest.raises(BadInput, match=says):
            await load(town, files(events=rows))
        assert await counts(town, "event", "event_history") == [0, 0]


class TestKinds:
    async def test_what_a_file_is_can_be_said(self, engine, files):
        (path,) = files(divisions=DIVISIONS)
        with pytest.raises(BadInput, match="lacks the column"):
            await load(engine, [path], kind="people")

    def test_a_file_of_no_kind_is_refused(self, tmp_path):
        write_layers(tmp_path / "x.gpkg", {"trees": paper_area().boundary})
        with pytest.raises(BadInput, match="has the layers trees"):
            loading.jobs([tmp_path / "x.gpkg"])


SERVICES = [
    {"code": f"S{n}", "name": f"服务站{n}", "kind": "station", "lon": middle(n, 0)[0],
     "lat": middle(n, 0)[1], "datum": "wgs84"}
    for n in range(3)
]  # fmt: skip


class TestServicePoints:
    async def test_points_are_told_by_their_columns_and_get_their_community(self, town, files):
        counts = await load(town, files(points=SERVICES))
        assert counts["services"] == {"services": 3}
        async with transaction(town) as session:
            codes = await session.scalars(text("SELECT division_code FROM service_point"))
            assert set(codes) == {COMMUNITY}

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"lon": "0", "lat": "0"}, "lies in no community"),
            ({"code": "S1"}, "comes twice"),
            ({"kind": "bar"}, "kind"),
            ({"datum": ""}, "datum"),
            ({"lon": "nan"}, "lon"),
            ({"name": "长" * 201}, "name"),
        ],
    )
    async def test_bad_rows_are_named_and_nothing_is_loaded(self, town, files, change, reason):
        with pytest.raises(BadInput, match=reason):
            await load(town, files(points=[SERVICES[0] | change, *SERVICES[1:]]))
        async with transaction(town) as session:
            assert not await session.scalar(text("SELECT count(*) FROM service_point"))


class TestGivens:
    def write(self, path, kind, **change):
        lon, lat = middle(1, 1)
        shape = shapely.Point(lon, lat) if kind == "seeds" else block(1, 1)
        frame = gpd.GeoDataFrame({"name": ["甲组"]}, geometry=[shape], crs=WGS84)
        frame.assign(**change).to_file(path)
        return path

    @pytest.mark.parametrize(("kind", "table"), [("zones", "zone"), ("seeds", "seed_point")])
    async def test_of_any_vector_file_by_name(self, town, tmp_path, kind, table):
        path = self.write(tmp_path / "given.geojson", kind)
        for _ in range(2):
            assert (await load(town, [path], kind)) == {kind: {kind: 1}}
        assert await counts(town, table) == [1]

    @pytest.mark.parametrize("kind", ["zones", "seeds"])
    async def test_a_layer_of_that_name_tells_what_it_is(self, town, tmp_path, kind):
        path = self.write(tmp_path / f"{kind}.gpkg", kind)
        assert (await load(town, [path])) == {kind: {kind: 1}}

    async def test_the_wrong_geometry_two_files_and_no_name_to_go_by_are_refused(
        self, town, tmp_path
    ):
        zones = self.write(tmp_path / "given.gpkg", "zones")
        for paths, kind, told in (
            ([zones], "seeds", "point"),
            ([zones, zones], "zones", "both"),
            ([zones], None, "say which with --as"),
        ):
            with pytest.raises(BadInput, match=told):
                await load(town, paths, kind)
        assert await counts(town, "zone", "seed_point") == [0, 0]

    async def test_barriers_say_which_must_not_be_crossed(self, engine, tmp_path):
        flags = [True, False, None, True, False, False]
        path = write_area(tmp_path / "a.gpkg", barriers=lambda b: b.assign(never=flags))
        assert read_area(path).barriers["never"].tolist() == [bool(flag) for flag in flags]
        await load(engine, [path])
        async with engine.connect() as connection:
            never = await connection.scalar(text("SELECT count(*) FROM barrier WHERE never"))
        assert never == 2
        wrong = write_area(tmp_path / "b.gpkg", barriers=lambda b: b.assign(never="perhaps"))
        with pytest.raises(BadInput, match="never is 'perhaps' in row 1 of b"):
            read_area(wrong)


async def test_practices_are_those_of_a_place(town, tmp_path):
    path = tmp_path / "practices.json"
    window = '{"code": "five", "name": "五事窗口", "classes": [{"code": "a", "name": "操心事"}]}'
    path.write_text(f'{{"windows": [{window}]}}', encoding="utf-8")
    work = loading.jobs([path], "practices")
    with pytest.raises(BadInput, match="--division"):
        async with transaction(town) as session:
            await loading.load(session, work, keyring=KEYRING)
    async with transaction(town) as session:
        counts = await loading.load(session, work, keyring=KEYRING, division=COUNTY)
        names = list(await session.scalars(text("SELECT name FROM village_window")))
    assert counts["practices"]["windows"] == 1
    assert names == ["五事窗口"]

"""The planning office: divisions, areas, drafts, publication and what follows it."""

import asyncio

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.geo import WGS84
from gridsvc.grids import area_queries, service
from gridsvc.grids.service import DivisionRow
from tests.towns import COMMUNITY, COUNTY, SIDE, SOUTH, WEST, block, paper_area, settings

SMALL, LARGE = settings(target=60, grid_target=120), settings(target=150, grid_target=450)
SQUARE = shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)


async def divisions(session):
    rows = await session.execute(text("SELECT code, level, name, parent_code FROM division"))
    return {row.code: row for row in rows}


class TestDivisions:
    async def test_each_belongs_to_the_nearest_known_above_it(self, session):
        codes = ["320106001001", "320106000000", "320000000000", "320106001000"]
        await service.load_divisions(session, [DivisionRow(code, code) for code in codes])
        known = await divisions(session)
        parents = {code: known[code].parent_code for code in codes}
        assert parents == {
            "320106001001": "320106001000",
            "320106001000": "320106000000",
            "320106000000": "320000000000",
            "320000000000": None,
        }
        assert known["320106001000"].level == "street"

    async def test_a_division_that_comes_later_takes_its_place_in_between(self, session):
        """Whatever the order of loading, the tree is the same."""
        for code in ("320106001001", "320000000000", "320106000000"):
            await service.load_divisions(session, [DivisionRow(code, code)])
        known = await divisions(session)
        assert known["320106001001"].parent_code == "320106000000"
        assert known["320106000000"].parent_code == "320000000000"

    async def test_a_name_is_kept_when_none_is_given(self, session):
        await service.load_divisions(session, [DivisionRow("320106001001", "青云社区")])
        await service.load_divisions(
            session,
            [DivisionRow("320106001001", None, SQUARE), DivisionRow("320106001002", None)],
        )
        known = await divisions(session)
        assert known["320106001001"].name == "青云社区"
        assert known["320106001002"].name == "320106001002"

    async def test_a_boundary_is_kept_when_none_is_given(self, session):
        await service.load_divisions(session, [DivisionRow("320106001001", "甲", SQUARE)])
        await service.load_divisions(session, [DivisionRow("320106001001", "乙")])
        frames = await area_queries.frames(session, "320106001001")
        assert frames.boundary.geometry.iloc[0].equals(SQUARE)
        assert frames.boundary["name"].tolist() == ["乙"]

    @pytest.mark.parametrize("codes", [["12"], ["320106001001", "320106001001"], ["32010600100x"]])
    async def test_bad_codes_are_refused(self, session, codes):
        with pytest.raises(BadInput, match=r"12 digits|come twice"):
            await service.load_divisions(session, [DivisionRow(code, "x") for code in codes])


class TestAreas:
    @pytest.fixture
    async def ready(self, session):
        area = paper_area()
        await service.load_divisions(
            session, [DivisionRow(COMMUNITY, None, area.boundary.geometry.iloc[0])]
        )
        return session

    async def test_what_goes_in_comes_out(self, ready):
        area = paper_area()
        counts = await service.load_area(ready, area)
        assert counts == {
            "communities": 1, "buildings": 16, "households": 800, "barriers": 6, "special": 0,
        }  # fmt: skip
        out = await area_queries.frames(ready, COMMUNITY)
        mine = area.buildings.sort_values("building_id").reset_index(drop=True)
        assert out.buildings["source_id"].tolist() == mine["building_id"].tolist()
        assert out.buildings.geometry.geom_equals_exact(mine.geometry, 1e-12).all()
        assert out.barriers["w"].tolist() == area.barriers["w"].tolist()

    async def test_loading_again_replaces(self, ready):
        for households in (50, 7):
            counts = await service.load_area(ready, paper_area(households))
        assert counts["households"] == 16 * 7
        out = await area_queries.frames(ready, COMMUNITY)
        assert out.buildings["households"].sum() == 16 * 7
        assert len(out.barriers) == 6

    async def test_a_building_across_two_communities_belongs_to_the_larger_share(self, session):
        east = "990101001002"
        halves = [block(0, 0), block(1, 0)]
        codes = [COMMUNITY, east]
        await service.load_divisions(
            session, [DivisionRow(c, None, s) for c, s in zip(codes, halves, strict=True)]
        )
        across = shapely.box(WEST + 0.9 * SIDE, SOUTH, WEST + 1.05 * SIDE, SOUTH + 0.5 * SIDE)
        area = paper_area()
        buildings = area.buildings.iloc[:1].set_geometry([across], crs=WGS84)
        boundary = gpd.GeoDataFrame({"code": codes, "name": None}, geometry=halves, crs=WGS84)
        await service.load_area(
            session,
            area_queries.AreaFrames(boundary, buildings, area.barriers, area.special),
        )
        homes = [len((await area_queries.frames(session, code)).buildings) for code in codes]
        assert homes == [1, 0]

    async def test_a_building_outside_is_refused_and_named(self, ready):
        area = paper_area()
        area.buildings.geometry = area.buildings.geometry.translate(xoff=1)
        with pytest.raises(BadInput, match=r"16 buildings lie outside every community.*b00"):
            await service.load_area(ready, area)

    async def test_only_communities_hold_buildings(self, ready):
        area = paper_area()
        area.boundary["code"] = COUNTY
        with pytest.raises(BadInput, match="is a county"):
            await service.load_area(ready, area)


async def in_force(engine, table="micro_grid"):
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                f"SELECT id, code, households, ST_AsBinary(geom) AS wkb FROM {table}"
                " WHERE valid @> now() ORDER BY code"
            )
        )
        return {row.code: row for row in rows}


async def ever(engine, table):
    """Every cell that is or was in force: code, its shape."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                f"SELECT code, ST_AsBinary(geom) AS wkb FROM {table}"
                " WHERE valid IS NOT NULL AND NOT isempty(valid)"
            )
        )
        return [(row.code, shapely.from_wkb(row.wkb)) for row in rows]


async def assert_codes_stand_for_one_place(engine):
    for table in ("grid", "micro_grid"):
        places = {}
        for code, shape in await ever(engine, table):
            before = places.setdefault(code, shape)
            common = before.intersection(shape).area / before.union(shape).area
            assert common > 0.99, f"{table} {code} was used for two places"


async def draft(engine, **plan):
    async with transaction(engine) as session:
        return await service.draft_plan(session, COMMUNITY, settings(**plan))


async def publish(engine, plan_id):
    async with transaction(engine) as session:
        return await service.publish_plan(session, plan_id)


async def change_households(engine, households, where):
    async with transaction(engine) as session:
        await session.execute(text(f"UPDATE building SET households = {households} WHERE {where}"))


async def test_a_community_nineteen_kilometres_wide_is_published_to_its_straight_border(session):
    """What is straight in degrees bends by four metres there: cells keep to the border all the
    same, as it is stored.
    """
    wide = 0.2 / (4 * SIDE)
    area = paper_area()
    for frame in (area.boundary, area.buildings, area.barriers):
        frame.geometry = frame.geometry.scale(wide, wide, origin=(WEST, SOUTH))
    border = area.boundary.geometry.iloc[0]
    await service.load_divisions(session, [DivisionRow(COMMUNITY, None, border)])
    await service.load_area(session, area)
    made = await service.draft_plan(session, COMMUNITY, settings())
    await service.publish_plan(session, made.plan_id)
    await session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    rows = await session.execute(text("SELECT ST_AsBinary(geom) AS wkb FROM micro_grid"))
    cells = [shapely.from_wkb(row.wkb) for row in rows]
    assert len(cells) == 8
    assert shapely.union_all(cells).symmetric_difference(border).area < 1e-8 * border.area


class TestPlans:
    async def test_the_published_plan_is_a_coverage_of_the_community(self, town):
        for table in ("grid", "micro_grid"):
            cells = await in_force(town, table)
            shapes = [shapely.from_wkb(row.wkb) for row in cells.values()]
            whole = shapely.box(WEST, SOUTH, WEST + 4 * SIDE, SOUTH + 4 * SIDE)
            assert shapely.union_all(shapes).symmetric_difference(whole).area < 1e-5 * whole.area
            assert sum(s.area for s in shapes) == pytest.approx(whole.area, rel=1e-5)
            assert sum(row.households for row in cells.values()) == 800

    async def test_grids_are_the_unions_of_their_micro_grids(self, town):
        async with town.connect() as connection:
            rows = await connection.execute(
                text("""
                SELECT g.households, sum(m.households) AS parts,
                       ST_Area(ST_SymDifference(g.geom, ST_Union(m.geom))) AS apart
                FROM grid g JOIN micro_grid m ON m.grid_id = g.id GROUP BY g.id
                """)
            )
            for row in rows:
                assert row.households == row.parts
                assert row.apart < 1e-12

    async def test_a_draft_changes_nothing_in_force(self, town):
        before = await in_force(town)
        made = await draft(town, target=60)
        assert await in_force(town) == before
        assert made.micro_grids > len(before)

    async def test_replanning_the_same_keeps_every_code(self, town):
        before = {t: await in_force(town, t) for t in ("grid", "micro_grid")}
        await publish(town, (await draft(town)).plan_id)
        for table, cells in before.items():
            now = await in_force(town, table)
            assert now.keys() == cells.keys()
            assert not {row.id for row in now.values()} & {row.id for row in cells.values()}

    async def test_codes_stand_for_one_place_over_many_plans(self, town):
        for target, where in [(60, "true"), (150, "source_id < 'b2'"), (100, "source_id > 'b2'")]:
            await change_households(town, target // 2, where)
            await publish(town, (await draft(town, target=target)).plan_id)
        await assert_codes_stand_for_one_place(town)

    async def test_there_is_no_moment_without_a_plan(self, town):
        await publish(town, (await draft(town, target=60)).plan_id)
        async with town.connect() as connection:
            for table in ("grid", "micro_grid"):
                ends, begins = (
                    await connection.execute(
                        text(
                            f"SELECT max(upper(valid)), max(lower(valid)) FROM {table}"
                            " WHERE valid IS NOT NULL"
                        )
                    )
                ).one()
                assert ends == begins

    @pytest.mark.parametrize("cell", ["grid", "micro_grid"])
    async def test_predecessors_households_add_up(self, town, cell):
        old = await in_force(town, cell)
        await change_households(town, 20, "source_id LIKE 'b0%'")
        await publish(town, (await draft(town, target=70)).plan_id)
        new = await in_force(town, cell)
        async with town.connect() as connection:
            rows = (
                await connection.execute(
                    text(
                        f"SELECT {cell}_id AS now, predecessor_id AS before, households"
                        f" FROM {cell}_predecessor"
                    )
                )
            ).all()
        taken = {}
        for row in rows:
            taken[row.now] = taken.get(row.now, 0) + row.households
        assert taken == {row.id: row.households for row in new.values()}
        assert {row.before for row in rows} <= {row.id for row in old.values()}
        assert sum(row.households for row in rows) == sum(row.households for row in new.values())

    async def test_a_stale_draft_is_refused(self, town):
        stale, fresh = await draft(town, target=60), await draft(town, target=70)
        await publish(town, fresh.plan_id)
        with pytest.raises(Conflict, match="draft it anew"):
            await publish(town, stale.plan_id)

    async def test_a_plan_is_published_once(self, town):
        made = await draft(town)
        await publish(town, made.plan_id)
        with pytest.raises(Conflict, match="only a draft"):
            await publish(town, made.plan_id)

    async def test_an_unknown_plan_or_community_is_not_found(self, town):
        with pytest.raises(NotFound, match="no plan 999"):
            await publish(town, 999)
        async with transaction(town) as session:
            with pytest.raises(NotFound, match="no boundary"):
                await service.draft_plan(session, "990101001009")

    async def test_grids_smaller_than_micro_grids_are_refused(self, town):
        with pytest.raises(BadInput, match="cannot hold"):
            await draft(town, target=100, grid_target=99)

    async def test_exactly_so_many_cells_may_be_asked_for(self, town):
        made = await draft(town, cells=5, anew=True)
        assert (made.micro_grids, made.report["limits"]) == (5, [])

    async def test_residents_may_weigh_in_place_of_households(self, town):
        """Nine to a household in the west, one in the east: cells are even in residents."""
        async with transaction(town) as session:
            await session.execute(
                text("""
                INSERT INTO household (division_code, building_id, address_code, residents)
                SELECT division_code, id, source_id || '-' || n,
                       CASE WHEN ST_XMax(geom) < :middle THEN 9 ELSE 1 END
                FROM building, generate_series(1, 20) n
                """),
                {"middle": WEST + 2 * SIDE},
            )
            await session.execute(text("UPDATE building SET households = 20"))
        made = await draft(town, target=400, weigh={"residents": 1.0})
        async with transaction(town) as session:
            held = await session.execute(
                text("""
                SELECT sum(h.residents) AS residents, count(*) AS households
                FROM micro_grid m JOIN building b ON ST_Covers(m.geom, b.geom)
                JOIN household h ON h.building_id = b.id
                WHERE m.plan_id = :plan GROUP BY m.id
                """),
                {"plan": made.plan_id},
            )
            cells = held.all()
        assert len(cells) == made.micro_grids == 4
        assert all(360 <= cell.residents <= 440 for cell in cells)

    async def test_a_locked_micro_grid_stays_as_it_is(self, town):
        cells = await in_force(town, "micro_grid")
        code = min(cells)
        made = await draft(town, target=60, anew=True, locked=(code,))
        await publish(town, made.plan_id)
        after = await in_force(town, "micro_grid")
        before = shapely.from_wkb(cells[code].wkb)
        same = [
            now
            for now in (shapely.from_wkb(one.wkb) for one in after.values())
            if now.symmetric_difference(before).area < 1e-5 * before.area
        ]
        assert len(same) == 1
        assert set(after) != set(cells)

    async def test_what_is_not_in_force_cannot_be_locked(self, town):
        with pytest.raises(NotFound, match="not in force"):
            await draft(town, locked=(COMMUNITY + "99999",))

    async def test_what_buildings_are_not_known_by_cannot_weigh(self, town):
        with pytest.raises(BadInput, match="key_persons is not known"):
            await draft(town, weigh={"key_persons": 1.0})

    async def test_only_a_plan_of_the_same_wish_is_mended(self, town):
        assert "changes" in (await draft(town)).report
        assert "changes" not in (await draft(town, tolerance=0.2)).report

    async def test_of_two_publications_at_once_one_is_refused(self, town):
        plans = [await draft(town, target=60), await draft(town, target=70)]
        results = await asyncio.gather(
            *(publish(town, plan.plan_id) for plan in plans), return_exceptions=True
        )
        assert sorted(type(result) for result in results if result != COMMUNITY) == [Conflict]

    async def test_plans_made_and_published_at_once_never_share_a_code(self, town):
        """Each in one transaction, as the command line does it; the late one starts first."""
        at_work, may_end = asyncio.Event(), asyncio.Event()

        async def slowly():
            async with transaction(town) as session:
                made = await service.draft_plan(
                    session, COMMUNITY, settings(target=60, grid_target=120)
                )
                await service.publish_plan(session, made.plan_id)
                at_work.set()
                await may_end.wait()

        async def meanwhile():
            await at_work.wait()
            async with transaction(town) as session:
                asyncio.get_running_loop().call_later(0.3, may_end.set)
                made = await service.draft_plan(
                    session, COMMUNITY, settings(target=150, grid_target=450)
                )
                await service.publish_plan(session, made.plan_id)

        results = await asyncio.gather(slowly(), meanwhile(), return_exceptions=True)
        assert all(result is None or isinstance(result, Conflict) for result in results)
        assert None in results
        await assert_codes_stand_for_one_place(town)

    async def test_a_draft_made_while_another_is_being_published_is_stale_or_right(self, town):
        first = await draft(town, target=60, grid_target=120)
        async with transaction(town) as publishing:
            await service.publish_plan(publishing, first.plan_id)
            later = asyncio.create_task(draft(town, target=150, grid_target=450))
            await asyncio.sleep(0.3)
        made = await later
        try:
            await publish(town, made.plan_id)
        except Conflict:
            return
        await assert_codes_stand_for_one_place(town)

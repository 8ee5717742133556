"""Zones and seeds of a community: kept, replaced, and heeded by its plans."""

import geopandas as gpd
import pytest
import shapely
from shapely.affinity import translate
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.geo import WGS84
from gridsvc.grids import area_queries, givens, plan_queries, service
from gridsvc.grids.service import DivisionRow
from tests.towns import BLOCKS, COMMUNITY, SIDE, SOUTH, WEST, block, middle, settings

#: West and east of a line that no street follows, but beside the houses.
LINE = WEST + 2.1 * SIDE
EAST_COMMUNITY = "990101001002"


def frame(*shapes, name="甲组"):
    return gpd.GeoDataFrame(
        {"name": name}, index=range(len(shapes)), geometry=list(shapes), crs=WGS84
    )


def halves():
    """Two zones that fill the community."""
    north = SOUTH + BLOCKS * SIDE
    west = shapely.box(WEST, SOUTH, LINE, north)
    east = shapely.box(LINE, SOUTH, WEST + BLOCKS * SIDE, north)
    return frame(*(shapely.multipolygons([part]) for part in (west, east)))


async def load(engine, kind, given, **within):
    async with transaction(engine) as session:
        return await givens.load(session, kind, given, **within)


async def draft(engine, **plan):
    async with transaction(engine) as session:
        return await service.draft_plan(session, COMMUNITY, settings(**plan))


async def cells_of(engine, made):
    async with transaction(engine) as session:
        rows = await session.execute(
            text("SELECT ST_AsBinary(geom) AS wkb FROM micro_grid WHERE plan_id = :plan"),
            {"plan": made.plan_id},
        )
        return shapely.from_wkb([row.wkb for row in rows])


def crossing(cells):
    """Cells with land on both sides of the line."""
    west, east = shapely.bounds(cells)[:, 0], shapely.bounds(cells)[:, 2]
    return int(((west < LINE - SIDE / 50) & (east > LINE + SIDE / 50)).sum())


async def test_no_cell_crosses_the_border_of_a_zone_unless_told(town):
    assert await load(town, "zones", halves()) == 2
    heeded = await draft(town, target=150, anew=True)
    ignored = await draft(town, target=150, anew=True, zones=False)
    assert crossing(await cells_of(town, heeded)) == 0
    assert crossing(await cells_of(town, ignored)) > 0
    assert heeded.made_from != ignored.made_from


async def test_a_plan_in_force_that_crosses_new_zones_is_mended(town):
    """Two and two blocks of 50 make a cell; in rows they lie across the line, or not."""
    across = await draft(town, target=200, cells=None, anew=True)
    async with transaction(town) as session:
        await service.publish_plan(session, across.plan_id)
    await load(town, "zones", halves())
    mended = await draft(town, target=200)
    assert "changes" in mended.report
    assert crossing(await cells_of(town, mended)) == 0


def sharing(cells):
    """Two houses that one of the cells holds."""
    homes = [shapely.Point(middle(x, y)) for x in range(BLOCKS) for y in range(BLOCKS)]
    return [home for home in homes if cells[0].covers(home)][:2]


def most_together(cells, homes):
    return max(int(shapely.covers(cell, homes).sum()) for cell in cells)


LARGE = {"target": 400, "grid_target": 900}


async def test_every_seed_gets_a_cell_of_its_own_unless_told(town):
    homes = sharing(await cells_of(town, await draft(town, anew=True, **LARGE)))
    assert await load(town, "seeds", frame(*homes)) == 2
    for seeds, together in ((True, 1), (False, 2)):
        made = await draft(town, anew=True, seeds=seeds, **LARGE)
        assert most_together(await cells_of(town, made), homes) == together


async def test_seeds_that_came_since_open_the_cell_they_share(town):
    first = await draft(town, anew=True, **LARGE)
    async with transaction(town) as session:
        await service.publish_plan(session, first.plan_id)
    homes = sharing(await cells_of(town, first))
    await load(town, "seeds", frame(*homes))
    mended = await draft(town, **LARGE)
    assert "changes" in mended.report
    assert most_together(await cells_of(town, mended), homes) == 1


async def test_loaded_again_they_replace_and_stay_where_buildings_are_replaced(town):
    await load(town, "zones", halves())
    await load(town, "zones", halves().iloc[:1])
    async with transaction(town) as session:
        area = await area_queries.frames(session, COMMUNITY)
        assert area.zones["name"].tolist() == ["甲组"]
        assert area.zones.geometry.iloc[0].equals(halves().geometry.iloc[0])
        await area_queries.clear(session, COMMUNITY)
        assert len((await area_queries.frames(session, COMMUNITY)).zones) == 1


async def test_an_empty_file_takes_away_those_of_a_named_division_only(town):
    await load(town, "zones", halves())
    with pytest.raises(BadInput, match="--division"):
        await load(town, "zones", halves().iloc[:0])
    assert await load(town, "zones", halves().iloc[:0], within=COMMUNITY) == 0
    async with transaction(town) as session:
        assert (await area_queries.frames(session, COMMUNITY)).zones.empty


async def test_what_lies_in_no_community_is_refused_and_named(town):
    away = halves()
    away.loc[1, "geometry"] = translate(away.geometry.iloc[1], 1)
    with pytest.raises(BadInput, match=r"1 zones lie in no community.*first in row 2"):
        await load(town, "zones", away)
    with pytest.raises(BadInput, match="1 seeds lie in no community with a boundary in 99010"):
        await load(town, "seeds", frame(shapely.Point(0, 0)), within=COMMUNITY)
    async with transaction(town) as session:
        assert (await area_queries.frames(session, COMMUNITY)).zones.empty


async def test_a_zone_is_of_every_community_it_lies_in_and_of_no_mere_neighbour(town):
    async with transaction(town) as session:
        await service.load_divisions(
            session, [DivisionRow(EAST_COMMUNITY, None, block(BLOCKS, 0).union(block(BLOCKS, 1)))]
        )
    both = shapely.box(WEST + 3 * SIDE, SOUTH, WEST + 5 * SIDE, SOUTH + SIDE)
    mine = shapely.box(WEST + 3 * SIDE, SOUTH + SIDE, WEST + 4.001 * SIDE, SOUTH + 2 * SIDE)
    zones = frame(*(shapely.multipolygons([part]) for part in (both, mine)))
    await load(town, "zones", zones)
    async with transaction(town) as session:
        kept = [
            len((await area_queries.frames(session, code)).zones)
            for code in (COMMUNITY, EAST_COMMUNITY)
        ]
    assert kept == [2, 1]


async def test_a_seed_on_a_common_border_is_of_one_community(town):
    async with transaction(town) as session:
        await service.load_divisions(session, [DivisionRow(EAST_COMMUNITY, None, block(BLOCKS, 0))])
    place = shapely.Point(WEST + BLOCKS * SIDE, SOUTH + SIDE / 2)
    await load(town, "seeds", frame(place))
    async with transaction(town) as session:
        rows = await session.scalars(text("SELECT division_code FROM seed_point"))
        assert len(list(rows)) == 1


async def test_a_barrier_never_to_be_crossed_is_none_of_a_cells_inside(town):
    async with transaction(town) as session:
        await session.execute(
            text("UPDATE barrier SET never = true WHERE ST_XMax(geom) - ST_XMin(geom) < 1e-9"),
        )
        area = await area_queries.frames(session, COMMUNITY)
        assert area.barriers["never"].sum() == BLOCKS - 1
    cells = await cells_of(town, await draft(town, target=150, anew=True))
    wide = shapely.bounds(cells)[:, 2] - shapely.bounds(cells)[:, 0]
    assert (wide < 1.1 * SIDE).all()
    async with transaction(town) as session:
        assert await plan_queries.any_usable(session, COMMUNITY, 0)

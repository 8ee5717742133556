"""Cells at a point and as GeoJSON."""

import json

import pytest
import shapely
from sqlalchemy import text

from gridsvc.grids import queries
from tests.towns import BLOCKS, COMMUNITY, COUNTY, SIDE, SOUTH, WEST, middle


async def cells(session):
    rows = await session.execute(
        text("SELECT code, ST_AsBinary(geom) FROM micro_grid WHERE valid @> now()")
    )
    return {code: shapely.from_wkb(wkb) for code, wkb in rows}


async def features(*asked, **further):
    """A collection, read."""
    return json.loads(await queries.features(*asked, **further))


async def test_every_block_lies_in_one_cell_that_holds_it(town_session):
    known = await cells(town_session)
    for column in range(BLOCKS):
        for row in range(BLOCKS):
            lon, lat = middle(column, row)
            found = await queries.cell_at(town_session, lon=lon, lat=lat)
            holding = [
                code for code, shape in known.items() if shape.covers(shapely.Point(lon, lat))
            ]
            assert [found.micro_grid_code] == holding
            assert found.micro_grid_code.startswith(found.grid_code)
            assert found.division_code == COMMUNITY


async def test_on_a_border_the_smaller_code_wins(town_session):
    known = await cells(town_session)
    corners = {tuple(c) for shape in known.values() for c in shape.exterior.coords}
    shared = 0
    for lon, lat in sorted(corners):
        holding = [code for code, shape in known.items() if shape.covers(shapely.Point(lon, lat))]
        shared += len(holding) > 1
        found = await queries.cell_at(town_session, lon=lon, lat=lat)
        assert found.micro_grid_code == min(holding)
    assert shared


async def test_outside_every_cell_there_is_none(town_session):
    assert await queries.cell_at(town_session, lon=WEST - SIDE, lat=SOUTH) is None


async def test_drafts_and_ended_cells_are_not_found(town_session):
    lon, lat = middle(0, 0)
    await town_session.execute(text("UPDATE micro_grid SET valid = tstzrange(lower(valid), now())"))
    assert await queries.cell_at(town_session, lon=lon, lat=lat) is None
    found = await features(town_session, "micro_grids", within=None, bbox=None, limit=10)
    assert found["numberMatched"] == 0


@pytest.mark.parametrize("layer", ["divisions", "grids", "micro_grids"])
async def test_features_are_whole_polygons_with_their_counts(town_session, layer):
    found = await features(town_session, layer, within=None, bbox=None, limit=100)
    assert found["numberReturned"] == found["numberMatched"] == len(found["features"]) > 0
    for feature in found["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.is_valid
        assert shape.bounds[0] >= WEST - 1e-6
        assert feature["id"] == feature["properties"]["code"]
        assert "geom" not in feature["properties"]


async def test_a_limit_cuts_the_page_and_not_the_count(town_session):
    one = await features(town_session, "micro_grids", within=None, bbox=None, limit=1)
    assert one["numberReturned"] == 1
    assert one["numberMatched"] == len(await cells(town_session))


async def test_micro_grids_name_their_grid(town_session):
    found = await features(town_session, "micro_grids", within=None, bbox=None, limit=100)
    rows = await town_session.execute(
        text("SELECT m.code, g.code FROM micro_grid m JOIN grid g ON g.id = m.grid_id")
    )
    named = {f["id"]: f["properties"]["grid_code"] for f in found["features"]}
    assert named == dict(tuple(row) for row in rows)


@pytest.mark.parametrize(
    ("within", "some"),
    [(COMMUNITY, True), (COUNTY, True), ("990000000000", True), ("990101001002", False)],
)
async def test_features_of_a_division(town_session, within, some):
    found = await features(town_session, "grids", within=within, bbox=None, limit=100)
    assert bool(found["features"]) == some


async def test_features_in_a_box_are_those_that_meet_it(town_session):
    known = await cells(town_session)
    for bbox in [
        (WEST, SOUTH, WEST + SIDE / 2, SOUTH + SIDE / 2),
        (WEST + 2.2 * SIDE, SOUTH + 2.2 * SIDE, WEST + 2.4 * SIDE, SOUTH + 2.4 * SIDE),
        (WEST - 1, SOUTH - 1, WEST - 0.5, SOUTH - 0.5),
    ]:
        found = await features(town_session, "micro_grids", within=None, bbox=bbox, limit=100)
        box = shapely.box(*bbox)
        meeting = {c for c, s in known.items() if shapely.box(*s.bounds).intersects(box)}
        assert {f["id"] for f in found["features"]} == meeting


async def test_communities_of_a_division(town_session):
    assert await queries.communities(town_session) == [COMMUNITY]
    assert await queries.communities(town_session, COUNTY) == [COMMUNITY]
    assert await queries.communities(town_session, "320000000000") == []


async def test_names_of_divisions(town_session):
    assert await queries.division_name(town_session, COMMUNITY) == "纸上社区"
    assert await queries.division_name(town_session, "110000000000") is None

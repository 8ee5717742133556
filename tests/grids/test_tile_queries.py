"""Tiles hold exactly the cells in force that lie in them."""

import mapbox_vector_tile
import pytest
from shapely.geometry import shape
from sqlalchemy import text

from gridsvc.grids import tile_queries
from tests.towns import BLOCKS, SIDE, SOUTH, WEST, place_in_tile, tile_at

MIDDLE = (WEST + BLOCKS * SIDE / 2, SOUTH + BLOCKS * SIDE / 2)


def drawn_on(tile, layer, z, x, y):
    """What a tile shows: by code, the properties and the centre in degrees."""
    content = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})[layer]
    for feature in content["features"]:
        centre = shape(feature["geometry"]).centroid
        across, down = centre.x / content["extent"], centre.y / content["extent"]
        yield (
            feature["properties"]["code"],
            (feature["properties"], place_in_tile(x + across, y + down, z)),
        )


@pytest.mark.parametrize(("layer", "table"), [("grids", "grid"), ("micro_grids", "micro_grid")])
async def test_a_tile_over_the_town_holds_every_cell_where_it_lies(town_session, layer, table):
    z = 12
    x, y = tile_at(*MIDDLE, z)
    tile = await tile_queries.tile(town_session, layer, z, x, y)
    drawn = dict(drawn_on(tile, layer, z, x, y))
    rows = await town_session.execute(
        text(f"SELECT code, households, ST_X(c), ST_Y(c) FROM (SELECT *, ST_Centroid(geom) AS c"
             f" FROM {table} WHERE valid @> now()) AS cell")
    )  # fmt: skip
    known = {code: rest for code, *rest in rows}
    assert known
    assert drawn.keys() == known.keys()
    for code, (households, *centre) in known.items():
        properties, shown_at = drawn[code]
        assert properties["households"] == households
        # A tile's unit at this zoom is 2.4 m wide.
        assert shown_at == pytest.approx(centre, abs=SIDE / 10)


async def test_elsewhere_and_of_ended_cells_there_is_nothing(town_session):
    x, y = tile_at(*MIDDLE, 12)
    assert await tile_queries.tile(town_session, "grids", 12, x + 5, y) == b""
    await town_session.execute(text("UPDATE grid SET valid = tstzrange(lower(valid), now())"))
    assert await tile_queries.tile(town_session, "grids", 12, x, y) == b""


async def test_the_version_changes_when_a_plan_ends_and_is_the_same_until_then(town_session):
    before = await tile_queries.version(town_session)
    assert await tile_queries.version(town_session) == before
    await town_session.execute(text("UPDATE grid SET valid = tstzrange(lower(valid), now())"))
    assert await tile_queries.version(town_session) != before

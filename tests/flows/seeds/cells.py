"""Cells: divided without gap, named, staffed, and read as a chain of five levels."""

from itertools import pairwise

import shapely

from tests.flows.office import get, post
from tests.flows.test_report_to_close import body
from tests.towns import BLOCKS, COMMUNITY, COUNTY, a_person, middle, staff


async def _cells(client, kind):
    features = (await get(client, kind, division=COMMUNITY))["features"]
    return [(one["properties"], shapely.geometry.shape(one["geometry"])) for one in features]


async def row31(town, client):
    """全域划分: every spot of the community in exactly one cell, and one worker for each."""
    await staff(town, *(a_person(f"w{n}") for n in range(8)))
    outline = await get(client, "divisions", division=COMMUNITY)
    whole = shapely.union_all(
        [shapely.geometry.shape(one["geometry"]) for one in outline["features"]]
    )
    for kind in ("grids", "micro-grids"):
        shapes = [shape for _, shape in await _cells(client, kind)]
        covered = shapely.union_all(shapes)
        assert shapely.symmetric_difference(whole, covered).area < 1e-5 * whole.area
        assert sum(shape.area for shape in shapes) - covered.area < 1e-5 * whole.area
    for row in range(BLOCKS):
        event = await post(client, "events", 201, **body(0, row))
        assert event["handler"]["role"] == "grid_worker"


async def row57(town, client):
    """五级链: town, community, grid, micro-grid and household hang together by their codes."""
    await staff(town, a_person("w0", middle(0, 0)))
    lon, lat = middle(0, 0)
    cell = await get(client, "micro-grids/at", lon=lon, lat=lat, datum="wgs84")
    chain = [COUNTY, COMMUNITY, cell["grid_code"], cell["micro_grid_code"]]
    assert cell["division_code"] == COMMUNITY
    assert all(lower.startswith(upper.rstrip("0")) for upper, lower in pairwise(chain))
    assert cell["households"] > 0
    event = await post(client, "events", 201, **body())
    assert event["micro_grid_code"] == cell["micro_grid_code"]

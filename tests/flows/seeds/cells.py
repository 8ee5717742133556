"""Cells: divided without gap, named, staffed, and read as a chain of five levels."""

import tempfile
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import shapely

from gridsvc.db import transaction
from gridsvc.exchange import load as loading
from gridsvc.geo import WGS84
from tests.flows.office import get, load, post
from tests.flows.seeds.lists import a_unit
from tests.flows.test_report_to_close import body
from tests.towns import BLOCKS, COMMUNITY, COUNTY, a_person, block, middle, staff
from tests.who import KEYRING


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


async def row33(town, client):
    """全要素网格: departments' grids over ours by an access list, with shares of each."""
    units = {code: f"{code}部门" for code in ("party", "market", "emergency", "urban", "police")}
    await load(town, "units", [a_unit(code, name) for code, name in units.items()])
    admitted = [
        {"code": code, "name": name, "unit_code": code, "admitted_for": "准入事项"}
        for code, name in units.items()
        if code != "market"
    ]
    await load(town, "admissions", admitted)
    halves = [block(n, 0).union(block(n + 1, BLOCKS - 1)).envelope for n in (0, 2)]
    frame = gpd.GeoDataFrame(
        [
            {"kind": kind, "code": f"{kind}{n}", "name": f"{units[kind]}{n}", "geometry": half}
            for kind in units
            for n, half in enumerate(halves)
        ],
        crs=WGS84,
    )
    with tempfile.TemporaryDirectory(prefix="gridsvc-grids-") as folder:
        path = Path(folder) / "grids.gpkg"
        frame.to_file(path)
        async with transaction(town) as session:
            work = loading.jobs([path], "department_grids")
            await loading.load(session, work, keyring=KEYRING, division=COUNTY)
    told = await get(client, "department-grids/overlay", division=COMMUNITY)
    assert [one["code"] for one in told["kinds"]] == ["emergency", "party", "police", "urban"]
    assert told["refused"] == ["market"]
    police = next(one for one in told["kinds"] if one["code"] == "police")
    assert police["covered"] == police["households"] > 0
    assert sum(one["households"] for one in police["pieces"]) == police["households"]

"""Drafts and plans out as files and in again: the same cells come back, or nothing changes."""

import io
import json
import zipfile
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridsvc.exchange.cell_files import FORMATS, written
from gridsvc.geo import Datum, Reference, from_wgs84
from tests.drafts.test_service import WHOLE, planner
from tests.towns import COMMUNITY, SIDE

__all__ = ["planner"]

#: A tenth of a metre, which is what six decimals of a degree leave.
MICRO = 1e-6


async def fetched(desk, kind, *, path=None, expect=200, **query):
    answer = await desk.client.get(
        path or f"/api/drafts/{desk.id}/file", params={"format": kind} | query, headers=desk.ann
    )
    assert answer.status_code == expect, answer.text
    return answer.content if expect == 200 else answer.json()


async def sent(desk, content, kind, *, expect=200, by=None, version=None, key=None, **query):
    told = {"format": kind, "version": desk.version if version is None else version} | query
    answer = await desk.client.post(
        f"/api/drafts/{desk.id}/file",
        params=told | {"client_key": key or uuid4().hex},
        content=content,
        headers=(by or desk.ann) | {"content-type": "application/octet-stream"},
    )
    assert answer.status_code == expect, answer.text
    if expect == 200:
        await desk.load()
    await desk.assert_coverage()
    return answer.json()


def frame_of(desk):
    """The draft's cells as a frame, Polygon, EPSG:4326, with what files hold."""
    cells = list(desk.cells.values())
    columns = {name: [cell[name] for cell in cells] for name in COLUMNS}
    shapes = [shapely.geometry.shape(cell["geometry"]) for cell in cells]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=4326)


COLUMNS = ("number", "kind", "households", "locked")


def told(desk):
    return {n: (cell["kind"], cell["households"], cell["locked"]) for n, cell in desk.cells.items()}


async def marked(desk):
    """A draft whose cells differ in every attribute."""
    one, other, _ = desk.neighbours()
    await desk.operate("dedicate", cells=[one], dedicated=True)
    await desk.operate("lock", cells=[other], locked=True)
    return one, other


@pytest.mark.parametrize("kind", FORMATS)
async def test_what_goes_out_comes_back(planner, kind):
    await marked(planner)
    content = await fetched(planner, kind, datum="cgcs2000_metric")
    before, attributes = await planner.stored(), told(planner)
    changed = await sent(planner, content, kind)
    assert (changed["changed"], changed["gone"]) == ([], [])
    # The same to the last bit: nothing is worth a new row.
    assert await planner.stored() == before
    await planner.begin(origin="blank")
    await sent(planner, content, kind)
    assert told(planner) == attributes
    for number, shape in (await planner.stored()).items():
        assert shape.hausdorff_distance(before[number]) < MICRO
    await planner.operate("undo")
    assert list(planner.cells) == [1]
    await planner.operate("redo")
    assert told(planner) == attributes
    assert [one["action"] for one in await planner.get("/history")] == ["redo", "undo", "replace"]


async def test_a_plan_goes_out_with_its_codes_and_comes_in_without_numbers(planner):
    plan = (await planner.get("/comparison", against="draft", other=planner.id))["others"]
    assert len(plan) == 8
    plans = await planner.client.get(
        "/api/drafts/plans", params={"division": COMMUNITY}, headers=planner.ann
    )
    path = f"/api/drafts/plans/{plans.json()[0]['id']}/file"
    content = await fetched(planner, "geojson", path=path)
    rows = [one["properties"] for one in json.loads(content)["features"]]
    assert all(row["code"].startswith(COMMUNITY) and row["households"] == 100 for row in rows)
    before = told(planner)
    await sent(planner, content, "geojson")
    assert told(planner) == before
    told_missing = await fetched(planner, "kml", path="/api/drafts/plans/999999/file", expect=404)
    assert "no plan" in told_missing["detail"]


async def test_a_cell_cut_elsewhere_keeps_its_number_on_the_larger_part(planner):
    frame = frame_of(planner)
    row = frame.iloc[0]
    west, south, east, north = row.geometry.bounds
    # Along a street, if there is one; the rest of the cell is wherever it is.
    knife = shapely.box(west, south, west + 0.02 * (east - west), north)
    parts = [row.geometry.difference(knife), row.geometry.intersection(knife)]
    cut = gpd.GeoDataFrame([row, row], geometry=parts, crs=4326)
    cut = gpd.GeoDataFrame(pd.concat([frame.iloc[1:], cut], ignore_index=True), crs=4326)
    await sent(planner, written(cut, "gpkg", Reference.WGS84), "gpkg")
    assert set(planner.cells) == set(range(1, 10))
    assert planner.shape(row["number"]).area > planner.shape(9).area
    assert planner.cells[9]["households"] == 0


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
async def test_shifted_degrees_are_brought_back(planner, datum):
    before = await planner.stored()
    frame = frame_of(planner)
    shifted = shapely.transform(
        frame.geometry.to_numpy(),
        lambda at: np.array([from_wgs84(x, y, Datum(datum)) for x, y in at]),
    )
    content = written(frame.set_geometry(list(shifted), crs=4326), "kml", Reference.WGS84)
    refused = await sent(planner, content, "kml", expect=422)
    assert "leave the community" in refused["detail"]
    await sent(planner, content, "kml", datum=datum)
    for number, shape in (await planner.stored()).items():
        assert shape.hausdorff_distance(before[number]) < MICRO


def bare(content):
    """A packed Shapefile without its .prj."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as full, zipfile.ZipFile(packed, "w") as rest:
        for name in full.namelist():
            if not name.endswith(".prj"):
                rest.writestr(name, full.read(name))
    return packed.getvalue()


async def test_what_says_no_crs_must_be_told(planner):
    content = bare(await fetched(planner, "shp", datum="cgcs2000_metric"))
    before = await planner.stored()
    assert "declares no CRS" in (await sent(planner, content, "shp", expect=422))["detail"]
    refused = await sent(planner, content, "shp", datum="cgcs2000", expect=422)
    assert "impossible coordinates" in refused["detail"]
    await sent(planner, content, "shp", datum="cgcs2000_metric")
    assert await planner.stored() == before


def without_one(frame):
    return frame.iloc[1:]


def with_one_twice(frame):
    return frame.iloc[[*range(len(frame)), 0]]


def moved_away(frame):
    return frame.set_geometry(frame.translate(10 * SIDE))


def in_two_parts(frame):
    """The cell farthest from the first becomes one cell with it."""
    shapes = frame.geometry.to_numpy()
    far = shapely.distance(shapes, shapes[0]).argmax()
    both = frame.iloc[[0]].set_geometry([frame.geometry.iloc[[0, far]].union_all()], crs=4326)
    rest = frame.drop(index=frame.index[[0, far]])
    return gpd.GeoDataFrame(pd.concat([rest, both], ignore_index=True), crs=4326)


def through_buildings(frame):
    row = frame.iloc[0]
    west, south, east, _ = row.geometry.bounds
    half = shapely.box(west, south, east, south + SIDE * 0.35)
    parts = [row.geometry.difference(half), row.geometry.intersection(half)]
    cut = gpd.GeoDataFrame([row, row], geometry=parts, crs=4326)
    return gpd.GeoDataFrame(pd.concat([frame.iloc[1:], cut], ignore_index=True), crs=4326)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (without_one, "belong to no cell"),
        (with_one_twice, "would overlap"),
        (moved_away, "leave the community"),
        (in_two_parts, "several parts"),
        (through_buildings, "would cut"),
    ],
)
async def test_improper_cells_are_refused_with_their_place(planner, wrong, reason):
    frame = frame_of(planner)
    before = await planner.stored()
    content = written(wrong(frame), "gpkg", Reference.WGS84)
    refused = await sent(planner, content, "gpkg", expect=422)
    assert reason in refused["detail"]
    west, south, east, north = refused["bbox"]
    assert shapely.box(west, south, east, north).distance(WHOLE) <= 10 * SIDE
    assert west < east
    assert south < north
    assert await planner.stored() == before
    assert (await planner.get(""))["version"] == 0


async def test_locked_cells_stay_and_versions_collide(planner):
    frame = frame_of(planner)
    one, other, _ = planner.neighbours()
    await planner.operate("lock", cells=[one], locked=True)
    both = frame[frame["number"].isin([one, other])].dissolve().assign(number=other)
    rest = frame[~frame["number"].isin([one, other])]
    merged = gpd.GeoDataFrame(pd.concat([rest, both], ignore_index=True), crs=4326)
    content = written(merged[[*COLUMNS, "geometry"]], "gpkg", Reference.WGS84)
    assert "locked" in (await sent(planner, content, "gpkg", expect=422))["detail"]
    told_conflict = await sent(planner, content, "gpkg", version=0, expect=409)
    assert told_conflict["version"] == 1
    await planner.operate("lock", cells=[one], locked=False)
    first = await sent(planner, content, "gpkg", key="again")
    assert await sent(planner, content, "gpkg", key="again", version=2) == first
    again = await sent(planner, content, "geojson", key="again", version=2, expect=422)
    assert "another operation" in again["detail"]
    assert len(planner.cells) == 7


async def test_who_may_not_and_what_is_no_file(planner):
    content = await fetched(planner, "geojson")
    assert (await sent(planner, content, "geojson", expect=403, by=planner.bob))["status"] == 403
    for junk in (b"", b"{}", b"0\nEOF\n", b"PK\x03\x04"):
        for kind in FORMATS:
            await sent(planner, junk, kind, expect=422)

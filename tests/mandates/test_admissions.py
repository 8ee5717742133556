"""Department grids over ours: shares of area and households, of what is admitted on the day."""

from datetime import date, timedelta

import geopandas as gpd
import pytest

from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.exchange import load as loading
from gridsvc.geo import WGS84
from tests.flows.office import get, load
from tests.flows.test_report_to_close import assert_problem
from tests.towns import BLOCKS, COMMUNITY, COUNTY, block
from tests.who import KEYRING

UNIT = {"code": "GAJ", "name": "公安局", "kind": "department", "level": "county", "parent": "",
        "division_code": COUNTY, "valid_from": "2020-01-01"}  # fmt: skip
AN_ADMISSION = {"code": "police", "name": "警务网格", "unit_code": "GAJ", "admitted_for": "巡查"}


@pytest.fixture
def laid(town, tmp_path):
    """Load grids of departments, given as kind, code and shape."""

    async def lay(*grids):
        path = tmp_path / "grids.gpkg"
        kinds, codes, shapes = zip(*grids, strict=True)
        frame = gpd.GeoDataFrame(
            {"kind": kinds, "code": codes, "name": codes}, geometry=list(shapes), crs=WGS84
        )
        frame.to_file(path)
        async with transaction(town) as session:
            work = loading.jobs([path], "department_grids")
            return await loading.load(session, work, keyring=KEYRING, division=COUNTY)

    return lay


def strip(column):
    """A column of blocks of the paper community."""
    return block(column, 0).union(block(column, BLOCKS - 1)).envelope


async def overlay(client, **asked):
    return await get(client, "department-grids/overlay", division=COMMUNITY, **asked)


async def test_shares_of_ours_add_up_and_households_count_once(client, town, laid):
    await load(town, "units", [UNIT])
    await load(town, "admissions", [AN_ADMISSION])
    await laid(*(("police", f"P{n}", strip(n)) for n in range(BLOCKS)), ("market", "M1", strip(0)))
    told = await overlay(client)
    assert told["refused"] == ["market"]
    (police,) = told["kinds"]
    assert (police["unit_name"], police["grids"]) == ("公安局", BLOCKS)
    assert police["covered"] == police["households"] == BLOCKS * BLOCKS * 50
    by_grid = {}
    for piece in police["pieces"]:
        by_grid.setdefault(piece["grid"], []).append(piece)
    for pieces in by_grid.values():
        assert sum(one["area_share"] for one in pieces) == pytest.approx(1, abs=0.01)
        assert sum(one["households"] for one in pieces) == pieces[0]["of_households"]
        assert sum(one["households_share"] for one in pieces) == pytest.approx(1)
    # The same place twice is a household once.
    await laid(*(("police", f"Q{n}", strip(0)) for n in range(2)))
    (police,) = (await overlay(client))["kinds"]
    assert police["covered"] == BLOCKS * 50
    assert {one["department_grid"] for one in police["pieces"]} == {"Q0", "Q1"}


async def test_what_is_admitted_depends_on_the_day(client, town, laid):
    await load(town, "units", [UNIT])
    today = date.today()
    soon = today + timedelta(days=30)
    await load(town, "admissions", [AN_ADMISSION], effective=today)
    other = AN_ADMISSION | {"code": "market", "name": "市场监管网格"}
    await load(town, "admissions", [other], effective=soon)
    await laid(("police", "P", strip(0)), ("market", "M", strip(0)))
    for day, kind in ((today, "police"), (soon, "market")):
        told = await overlay(client, at=str(day))
        assert [one["code"] for one in told["kinds"]] == [kind]
        listed = await get(client, "admissions", division=COMMUNITY, at=str(day))
        assert [one["code"] for one in listed["admissions"]] == [kind]


async def test_files_that_cannot_be_are_refused(client, town, laid, tmp_path):
    with pytest.raises(BadInput, match="two grids"):
        await laid(("police", "P", strip(0)), ("police", "P", strip(1)))
    with pytest.raises(BadInput, match="has no code"):
        await laid(("police", None, strip(0)))
    work = loading.jobs([tmp_path / "grids.gpkg"], "department_grids")
    async with transaction(town) as session:
        with pytest.raises(BadInput, match="--division"):
            await loading.load(session, work, keyring=KEYRING)
    with pytest.raises(BadInput, match="unit"):
        await load(town, "admissions", [AN_ADMISSION])
    answer = await client.get("/api/department-grids/overlay", params={"division": "110000000000"})
    assert_problem(answer, 404)

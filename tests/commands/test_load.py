"""Roads from the command's files to the table."""

import pytest

from gridsvc.db import transaction
from gridsvc.errors import BadInput, Conflict
from gridsvc.exchange import load as loading
from gridsvc.roads import queries
from gridsvc.town.settle import SMALL_TOWN
from tests.exchange.paper import Extract, east_of
from tests.towns import COUNTY, SIDE, SOUTH, WEST
from tests.who import KEYRING


@pytest.fixture
def extract(tmp_path):
    place = Extract(tmp_path / "place.osm.pbf")
    place.line(east_of(WEST, SOUTH, 0, 300), highway="primary")
    return place.write()


async def load(engine, *files, kind=None, **told):
    async with transaction(engine) as session:
        work = loading.jobs(files, kind)
        return await loading.load(session, work, keyring=KEYRING, **told)


async def test_an_extract_becomes_the_roads_of_a_county_and_again_changes_nothing(town, extract):
    told = await load(town, extract, division=COUNTY)
    assert told["roads"]["new"] is True
    assert told["roads"]["km"]["car"] == 0.3
    assert (await load(town, extract, division=COUNTY))["roads"]["new"] is False


@pytest.mark.parametrize(
    ("division", "told"),
    [(None, "name it with --division"), ("110101000000", "there is no division")],
)
async def test_roads_need_a_county_that_is_there(town, extract, division, told):
    with pytest.raises(Exception, match=told):
        await load(town, extract, division=division)


async def test_another_citys_extract_is_refused_and_changes_nothing(town, extract, tmp_path):
    await load(town, extract, division=COUNTY)
    foreign = Extract(tmp_path / "foreign.osm.pbf")
    foreign.line(east_of(WEST + 1, SOUTH, 0, 300), highway="primary")
    with pytest.raises(BadInput, match=f"foreign.osm.pbf runs through a community of {COUNTY}"):
        await load(town, foreign.write(), division=COUNTY, anyway=True)
    async with transaction(town) as session:
        assert (await queries.in_force(session, COUNTY))["source"] == "place.osm.pbf"


async def test_roads_that_reach_far_less_need_to_be_told(town, extract, tmp_path):
    await load(town, extract, division=COUNTY)
    # It runs off from the town's one corner; the block at the other one lies 510 m away.
    short = Extract(tmp_path / "short.osm.pbf")
    short.line(
        [*east_of(WEST, SOUTH + SIDE / 100, 1), *east_of(WEST, SOUTH - 9 * SIDE, 1)],
        highway="primary",
    )
    path = short.write()
    with pytest.raises(Conflict, match=r"households, .* --anyway"):
        await load(town, path, division=COUNTY)
    told = await load(town, path, division=COUNTY, anyway=True)
    assert told["roads"]["new"] is True


async def test_two_extracts_at_once_are_refused(town, extract):
    with pytest.raises(BadInput, match="one road graph"):
        await load(town, extract, extract, division=COUNTY)


async def test_the_small_town_has_roads(engine):
    area, county = SMALL_TOWN / "prepared.gpkg", "390121000000"
    await load(engine, SMALL_TOWN / "divisions.gpkg")
    told = await load(engine, area, kind="roads", division=county)
    assert told["roads"]["km"]["car"] > 5
    async with transaction(engine) as session:
        assert (await queries.in_force(session, county))["source"] == "prepared.gpkg"

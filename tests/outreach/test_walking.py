from itertools import pairwise

import pytest

from gridsvc.db import transaction
from gridsvc.roads import service as roads
from tests.flows.test_report_to_close import assert_problem
from tests.outreach.visits import a_worker, begun, settle_homes
from tests.towns import COUNTY, paper_roads


@pytest.mark.parametrize("by", ["line", "road"])
async def test_a_round_passes_every_door_and_is_no_longer_than_by_address(client, town, by):
    homes = await settle_homes(town, each=2)
    worker = await a_worker(town)
    if by == "road":
        async with transaction(town) as session:
            await roads.load(session, COUNTY, paper_roads(), source="纸上路网")
    programme = await begun(client)
    path = f"/api/visit-programmes/{programme}/round"
    answer = await client.get(path, headers=worker)
    assert answer.status_code == 200, answer.text
    walked = answer.json()
    assert walked["by"] == by
    assert sorted(h for stop in walked["stops"] for h in stop["households"]) == sorted(
        home.id for home in homes
    )
    assert len(walked["stops"]) == 16
    assert walked["travel_s"] == pytest.approx(sum(stop["leg_s"] for stop in walked["stops"]))
    assert walked["saved_s"] == pytest.approx(walked["naive_s"] - walked["travel_s"])
    assert walked["saved_s"] > 0
    places = [(stop["lon"], stop["lat"]) for stop in walked["stops"]]
    assert all(here != there for here, there in pairwise(places))
    assert (await client.get(path, headers=worker)).json() == walked
    assert (await client.get(path, params={"worker": "w0"})).json() == walked
    assert_problem(await client.get(path), 422)


async def test_with_nothing_due_there_is_nothing_to_walk(client, town):
    await settle_homes(town)
    worker = await a_worker(town)
    programme = await begun(client, starts="2099-01-01")
    walked = (await client.get(f"/api/visit-programmes/{programme}/round", headers=worker)).json()
    assert (walked["stops"], walked["travel_s"], walked["saved_s"]) == ([], 0, 0)

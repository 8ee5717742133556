"""Homes, service points and earlier cells, from the database."""

from gridsvc.grids import service as grids
from gridsvc.grids import service_point_queries
from gridsvc.maps import place_queries, queries
from tests.towns import COMMUNITY, SIDE, middle, settings


async def test_every_home_is_in_one_cell(town_session):
    cells = await queries.layer(town_session, "micro_grids", COMMUNITY)
    homes = await place_queries.homes(town_session, COMMUNITY)
    assert homes["households"].sum() == cells["households"].sum() == 16 * 50
    assert set(homes["cell"]) <= set(cells["code"])


async def test_a_service_point_counts_as_far_as_its_circle_reaches(town_session):
    lon, lat = middle(0, 0)
    near = {"code": "S1", "division_code": COMMUNITY, "kind": "station", "name": "近"}
    far = near | {"code": "S2", "name": "远", "lon": lon - 10 * SIDE, "lat": lat}
    rows = [near | {"lon": lon, "lat": lat}, far]
    await service_point_queries.replace(town_session, rows)
    for radius_m, names in ((200, ["近"]), (2000, ["近", "远"])):
        points = await place_queries.service_points(town_session, COMMUNITY, radius_m)
        assert points["name"].tolist() == names


async def test_without_an_earlier_plan_there_is_nothing_to_compare(town_session):
    assert await place_queries.old_cells(town_session, COMMUNITY) is not None
    homes = await place_queries.moved_homes(town_session, COMMUNITY)
    assert homes["old_cell"].isna().all()
    assert len(homes) == 16


async def test_the_plan_before_is_compared(town_session):
    before = await queries.layer(town_session, "micro_grids", COMMUNITY)
    draft = await grids.draft_plan(town_session, COMMUNITY, settings(target=60, anew=True))
    await grids.publish_plan(town_session, draft.plan_id)
    old = await place_queries.old_cells(town_session, COMMUNITY)
    assert old["code"].tolist() == before["code"].tolist()
    homes = await place_queries.moved_homes(town_session, COMMUNITY)
    assert homes["old_cell"].notna().all()
    assert set(homes["old_cell"]) <= set(before["code"])

"""Service points in and out of PostGIS."""

from sqlalchemy import text

from gridsvc.grids import service_point_queries
from tests.towns import COMMUNITY, middle


async def test_a_community_is_found_by_place(town_session):
    places = [middle(0, 0), (0.0, 0.0), middle(3, 3)]
    found = await service_point_queries.communities_at(town_session, places)
    assert found == [COMMUNITY, None, COMMUNITY]


async def test_points_replace_those_of_their_communities(town_session):
    for names in (["甲", "乙"], ["丙"]):
        rows = [
            {"code": f"S{name}", "division_code": COMMUNITY, "kind": "station", "name": name}
            | dict(zip(("lon", "lat"), middle(n, 0), strict=True))
            for n, name in enumerate(names)
        ]
        await service_point_queries.replace(town_session, rows)
    told = await town_session.execute(text("SELECT name FROM service_point"))
    assert [row.name for row in told] == ["丙"]

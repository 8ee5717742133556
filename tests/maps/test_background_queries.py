"""What a division was loaded with, as its background."""

from gridsvc.maps import background_queries
from tests.towns import COMMUNITY


async def test_streets_come_once_and_buildings_as_many_as_asked(town_session):
    ground = await background_queries.ground(town_session, COMMUNITY, 7)
    assert ground["kind"].value_counts().to_dict() == {"building": 7, "residential": 6}
    assert not ground.geometry.duplicated().any()

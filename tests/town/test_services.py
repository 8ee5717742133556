"""Service points of a town: some in most communities, none in others."""

from gridsvc.grids.models import SERVICE_KINDS
from gridsvc.town.services import NONE_EVERY
from tests.town.conftest import Made


def test_points_stand_in_communities_and_are_of_known_kinds(made: Made) -> None:
    points = made.town.services
    assert set(points["kind"]) <= set(SERVICE_KINDS)
    assert points["code"].is_unique
    assert points["name"].str.len().between(1, 200).all()
    communities = len(made.town.boundary)
    served = points["name"].str.contains("党群服务中心$")
    assert 0 < served.sum() <= communities - communities // NONE_EVERY

"""Towns of several sizes and seeds, each made once."""

from dataclasses import dataclass

import geopandas as gpd
import pytest

from gridsvc.geo import metric_crs
from gridsvc.town.generate import Town, build_town

#: Smallest, small, large enough for a trunk road, villages on four sides.
SIZES_AND_SEEDS = [(1000, 3), (2400, 4), (6000, 1), (25_000, 2)]


@dataclass(frozen=True)
class Made:
    """A town, what was asked for, and its layers in metres."""

    households: int
    seed: int
    town: Town

    def metres(self, layer: str) -> gpd.GeoDataFrame:
        """A layer in one metric CRS for the whole town."""
        return getattr(self.town, layer).to_crs(metric_crs(self.town.boundary))


@pytest.fixture(scope="session", params=SIZES_AND_SEEDS, ids=lambda p: f"{p[0]}-seed{p[1]}")
def made(request: pytest.FixtureRequest) -> Made:
    households, seed = request.param
    return Made(households, seed, build_town(households, seed))

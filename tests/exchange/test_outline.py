import numpy as np
import pytest
import shapely

from gridsvc.exchange.outline import outline
from tests.exchange.paper import frame, square


@pytest.mark.parametrize("spread_m", [300, 1_500, 6_000, 30_000])
@pytest.mark.parametrize("seed", range(3))
def test_one_polygon_holds_every_building_with_a_margin(spread_m, seed):
    rng = np.random.default_rng(seed)
    houses = [square(x, y, 15) for x, y in rng.uniform(0, spread_m, (40, 2))]
    drawn = outline(frame(houses))
    assert drawn.geom_type == "Polygon"
    assert drawn.is_valid
    assert not drawn.interiors
    assert drawn.contains(shapely.union_all(houses).buffer(10))
    # No farther out than the hull of the buildings and the margin.
    assert shapely.convex_hull(shapely.union_all(houses)).buffer(26).contains(drawn)


def test_a_dense_place_is_followed_closely():
    bent = [square(x, 0, 20) for x in range(0, 2000, 40)]
    bent += [square(0, y, 20) for y in range(40, 2000, 40)]
    drawn = outline(frame(bent))
    assert drawn.area < 0.3 * shapely.union_all(bent).convex_hull.area

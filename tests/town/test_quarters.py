"""What the makers put on a plot stands on it, apart, with homes on floors that exist."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.town.quarters import MAKERS, House


def _shape(house: House) -> shapely.Polygon:
    half = house.length_m / 2, house.depth_m / 2
    return shapely.box(house.p - half[0], house.q - half[1], house.p + half[0], house.q + half[1])


@pytest.mark.parametrize("use", sorted(MAKERS))
@settings(max_examples=40, deadline=None)
@given(st.floats(6, 320), st.floats(6, 320), st.integers(0, 2**32 - 1))
def test_houses_stand_apart_on_plots_of_any_size(
    use: str, width: float, height: float, seed: int
) -> None:
    stand = MAKERS[use](width, height, np.random.default_rng(seed))
    shapes = np.array([_shape(house) for house in stand.houses], dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (first == second).all()
    middles = [(house.p, house.q) for house in stand.houses]
    assert all(0 <= p <= width and 0 <= q <= height for p, q in middles)
    for house in stand.houses:
        assert house.length_m > 0
        assert house.depth_m > 0
        assert house.lowest >= 1
        assert house.lowest + house.home_floors - 1 <= house.levels
        assert (house.rooms > 0) == (house.home_floors > 0)


@pytest.mark.parametrize("use", ["slab", "tower", "lanes", "hamlet"])
def test_a_usual_plot_of_homes_holds_homes(use: str) -> None:
    stand = MAKERS[use](140.0, 130.0, np.random.default_rng(1))
    assert sum(house.units * house.rooms * house.home_floors for house in stand.houses) >= 30
    assert stand.lines


@pytest.mark.parametrize("use", ["slab", "tower"])
@pytest.mark.parametrize("width", [62.0, 140.0])
@pytest.mark.parametrize("seed", range(6))
def test_estates_are_walled_and_have_two_ways_in(use: str, width: float, seed: int) -> None:
    stand = MAKERS[use](width, 130.0, np.random.default_rng(seed))
    (wall,) = (shapely.LineString(line.points) for line in stand.lines if line.kind == "wall")
    drives = [shapely.LineString(line.points) for line in stand.lines if line.kind == "service"]
    gates = [drive for drive in drives if drive.distance(wall) == 0 and drive.length > 1e5]
    ways = shapely.union_all(gates)
    outside = shapely.Polygon(wall.coords).buffer(8).exterior
    assert len(shapely.get_parts(ways.intersection(outside))) >= 2
    for house in stand.houses:
        if house.kind == "apartments":
            assert shapely.Polygon(wall.coords).contains(_shape(house))

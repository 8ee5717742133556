import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.roads.graph import build_graph
from gridsvc.roads.households import NEAR_M, Homes, near, touches
from tests.exchange.paper import degrees, square
from tests.roads.paper import BOTH, places, roads


def homes(points, households=1, outlines=()):
    lonlat = places(points)
    shapes = np.array([degrees(outline) for outline in outlines], dtype=object)
    return Homes(shapes, lonlat[:, 0], lonlat[:, 1], np.full(len(lonlat), households))


@pytest.fixture
def street():
    return build_graph(roads(([(0, 0), (2000, 0)], BOTH)))


def test_households_are_near_up_to_the_limit_and_no_farther(street):
    off = [(1000, 0), (1000, NEAR_M - 1), (1000, NEAR_M + 1), (2000 + NEAR_M + 1, 0)]
    assert near(street, homes(off, 30)) == 60
    assert near(street, homes([])) == 0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(-900, 2900), st.integers(-900, 900)), max_size=20))
def test_near_is_what_a_ruler_says(points):
    road = shapely.LineString([(0, 0), (2000, 0)])
    away = [road.distance(shapely.Point(point)) for point in points]
    clear = [point for point, metres in zip(points, away, strict=True) if abs(metres - 500) > 1]
    expected = sum(road.distance(shapely.Point(point)) < NEAR_M for point in clear)
    assert near(build_graph(roads(([(0, 0), (2000, 0)], BOTH))), homes(clear)) == expected


def test_roads_touch_a_county_where_one_runs_through_a_community(street):
    beside, across = square(0, 100, 500), square(900, -50, 100)
    assert not touches(street, homes([], outlines=[beside]))
    # Its vertices lie outside; the road runs through it all the same.
    assert touches(street, homes([], outlines=[beside, across]))


def test_where_no_community_is_drawn_any_road_will_do(street):
    assert touches(street, homes([]))

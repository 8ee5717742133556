import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.roads.snapping import REACH_M, Segments, Snapper

points = st.tuples(st.integers(-200, 200), st.integers(-200, 200))
lines = st.lists(st.lists(points, min_size=2, max_size=5), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    lines=lines,
    asked=st.lists(
        st.tuples(st.integers(-900, 900), st.integers(-900, 900)), min_size=1, max_size=10
    ),
)
def test_it_is_the_nearest_point_of_any_line(lines, asked):
    lines = [line for line in lines if len(set(line)) > 1]
    first = np.cumsum([0, *map(len, lines)])
    xy = np.array([point for line in lines for point in line], dtype=float).reshape(-1, 2)
    found = Snapper(Segments.of(first, xy)).snap(np.array(asked, dtype=float))
    shapes = [shapely.LineString(line) for line in lines]
    for which, point in enumerate(map(shapely.Point, asked)):
        nearest = min((shape.distance(point) for shape in shapes), default=np.inf)
        if nearest > REACH_M:
            assert found.edge[which] == -1
            continue
        assert found.gap_m[which] == pytest.approx(nearest, abs=1e-6)
        on_it = shapes[found.edge[which]].interpolate(found.share[which], normalized=True)
        assert on_it.distance(point) == pytest.approx(nearest, abs=1e-6)


def test_without_any_line_nothing_is_near():
    empty = Snapper(Segments.of(np.array([0, 2]), np.zeros((2, 2))))
    assert not empty.snap(np.zeros((3, 2))).found.any()

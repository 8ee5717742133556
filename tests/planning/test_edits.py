"""Edits keep the coverage: no land won or lost, the same vertices on both sides of a border."""

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridsvc.errors import BadInput
from gridsvc.planning.arrangement import matched
from gridsvc.planning.edits import merge, split_by_line
from tests.planning.towns import box, line

SQUARES = np.array([box(0, 0, 10, 10), box(10, 0, 10, 10), box(20, 0, 10, 10)], dtype=object)


def coverage(seed, count=25):
    """Voronoi cells of random places in a square, a crooked coverage."""
    rng = np.random.default_rng(seed)
    frame = box(0, 0, 400, 400)
    low = np.array(frame.bounds[:2])
    places = shapely.MultiPoint(low + rng.uniform(0, 400, (count, 2)))
    faces = shapely.get_parts(shapely.voronoi_polygons(places, extend_to=frame))
    lines = shapely.union_all([*shapely.boundary(shapely.intersection(faces, frame))])
    return shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))


def assert_coverage(before, after):
    assert shapely.coverage_is_valid(after)
    assert shapely.is_valid(after).all()
    assert set(shapely.get_type_id(after)) == {3}
    land = shapely.union_all(before)
    assert shapely.union_all(after).symmetric_difference(land).area < 1e-5 * land.area


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), turn=st.floats(0, 3.14), vertex=st.booleans())
def test_split_and_merge_back(seed, turn, vertex):
    cells = coverage(seed)
    row = seed % len(cells)
    cell = cells[row]
    middle = np.array(cell.centroid.coords[0])
    away = 900 * np.array([np.cos(turn), np.sin(turn)])
    start = shapely.get_coordinates(cell)[0] if vertex else middle - away
    drawn = shapely.LineString([start, middle + (middle - start if vertex else away)])
    if vertex:
        drawn = shapely.LineString([start, start + 50 * (middle - start)])
    after = split_by_line(cells, row, drawn)
    assert len(after) == len(cells) + 1
    assert_coverage(cells, after)
    back = merge(after, [len(after) - 2, len(after) - 1])
    assert_coverage(cells, back)
    assert back[-1].symmetric_difference(cell).area < 1e-5 * cell.area


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), a=st.integers(0, 24), b=st.integers(0, 24))
def test_merge_takes_neighbours_and_no_others(seed, a, b):
    cells = coverage(seed)
    assume(a != b and max(a, b) < len(cells))
    if cells[a].intersection(cells[b]).length > 0:
        assert_coverage(cells, merge(cells, [a, b]))
    else:
        with pytest.raises(BadInput, match="do not touch"):
            merge(cells, [a, b])


@pytest.mark.parametrize(
    ("drawn", "reason"),
    [
        (line((2, -5), (8, 15), (8, -5), (2, 15)), "crosses itself"),
        (line((-5, -5), (-5, 15)), "misses"),
        (line((0, 0), (0, 10)), "cut the cell in two"),
        (line((5, -5), (5, 5)), "ends inside"),
        (line((3, -5), (3, 15), (7, 15), (7, -5)), "more than once"),
    ],
)
def test_bad_lines_are_refused(drawn, reason):
    before = SQUARES.copy()
    with pytest.raises(BadInput, match=reason):
        split_by_line(SQUARES, 0, drawn)
    assert shapely.equals_exact(before, SQUARES).all()


@pytest.mark.parametrize("rows", [[], [1], [1, 1], [0, 9]])
def test_too_few_or_unknown_cells_are_not_merged(rows):
    with pytest.raises(BadInput):
        merge(SQUARES, rows)


def test_a_line_that_falls_short_by_a_hair_still_cuts():
    after = split_by_line(SQUARES, 1, line((15, 0.004), (15, 9.996)))
    assert_coverage(SQUARES, after)
    assert len(after) == 4


def test_a_cell_with_a_hole_is_split_from_its_hole_and_keeps_it():
    ring = box(0, 0, 30, 30).difference(box(10, 10, 10, 10))
    cells = np.array([ring, box(10, 10, 10, 10)], dtype=object)
    beside = split_by_line(cells, 0, line((5, -5), (5, 35)))
    assert_coverage(cells, beside)
    assert sorted(len(cell.interiors) for cell in beside) == [0, 0, 1]
    with pytest.raises(BadInput, match="cut the cell in two"):
        split_by_line(cells, 0, line((0, 15.005), (9.995, 15.005)))


def test_vertices_a_hair_apart_become_one_and_untouched_cells_stay():
    whole = np.array([shapely.box(0, 0, 20, 10), shapely.box(20, 0, 30, 10)], dtype=object)
    hair = 1e-8
    left = shapely.Polygon([(0, 0), (10, 0), (10, 5), (10 + hair, 5 + hair), (10, 10), (0, 10)])
    right = shapely.Polygon([(20 + hair, 0), (20, 10), (10, 10), (10 + hair, 5 + hair), (10, 0)])
    told = matched(whole, np.array([left, whole[1], right], dtype=object))
    corners = np.unique(shapely.get_coordinates(told), axis=0)
    assert all(np.hypot(*(corners - at).T).min(where=(corners != at).any(axis=1), initial=1.0) > 0.1
               for at in corners)  # fmt: skip
    assert told[1] is whole[1]
    assert shapely.coverage_is_valid(told)

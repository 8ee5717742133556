"""Cells as other programs hand them over: what rounding leaves is closed, more is refused."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.errors import BadInput
from gridsvc.planning.fitting import fitted


def jittered(cells, seed, reach_m):
    """Every cell for itself with every vertex moved up to so far; the ring stays closed."""
    rng = np.random.default_rng(seed)

    def moved(cell):
        def put(at):
            told = at + rng.uniform(-reach_m, reach_m, at.shape)
            told[-1] = told[0]
            return told

        drawn = shapely.Polygon(put(shapely.get_coordinates(cell.exterior)))
        return drawn if drawn.is_valid and not cell.interiors else cell

    return np.array([moved(cell) for cell in cells], dtype=object)


def field(columns, rows, side=100.0):
    """Cells of a field whose rows are shifted, so that corners meet sides, as one coverage."""
    lines = [shapely.LineString([(0, y * side), (columns * side, y * side)]) for y in range(rows)]
    for y in range(rows):
        for x in range(1, columns):
            at = (x + 0.5 * (y % 2) - 0.25) * side
            lines.append(shapely.LineString([(at, y * side), (at, (y + 1) * side)]))
    outline = shapely.box(0, 0, columns * side, rows * side).exterior
    faces = shapely.polygonize([shapely.union_all([outline, *lines])])
    return np.asarray(shapely.get_parts(faces), dtype=object)


@settings(max_examples=40, deadline=None)
@given(
    columns=st.integers(1, 4),
    rows=st.integers(1, 4),
    seed=st.integers(0, 10_000),
    reach_m=st.sampled_from([0.0, 1e-7, 0.004, 0.05]),
)
def test_what_rounding_leaves_is_closed(columns, rows, seed, reach_m):
    cells = field(columns, rows)
    told = fitted(cells, jittered(cells, seed, reach_m))
    assert shapely.coverage_is_valid(told)
    assert set(shapely.get_type_id(told)) == {3}
    assert shapely.union_all(told).symmetric_difference(shapely.union_all(cells)).area < 0.01
    for one, other in zip(told, cells, strict=True):
        assert one.hausdorff_distance(other) <= 0.3
    if reach_m <= 0.004:
        # Within a centimetre a vertex is that of before.
        assert all(map(shapely.equals, told, cells))


def test_a_hole_as_small_as_rounding_is_closed():
    cells = field(2, 1)
    pierced = cells.copy()
    pin = shapely.point_on_surface(cells[0]).buffer(0.004, quad_segs=1)
    pierced[0] = cells[0].difference(pin)
    assert all(map(shapely.equals, fitted(cells, pierced), cells))


@settings(max_examples=30, deadline=None)
@given(
    width_m=st.floats(0.02, 0.5),
    reach_m=st.sampled_from([0.0, 0.05]),
    seed=st.integers(0, 100),
)
def test_cells_thinner_than_rounding_are_a_coverage_or_refused(width_m, reach_m, seed):
    at = 50 + width_m
    strip = [shapely.box(0, 0, 50, 90), shapely.box(50, 0, at, 90), shapely.box(at, 0, 100, 90)]
    cells = np.array(strip, dtype=object)
    try:
        told = fitted(cells, jittered(cells, seed, reach_m))
    except BadInput:
        assert reach_m > 0
        return
    assert shapely.coverage_is_valid(told)
    assert shapely.is_valid(told).all()
    assert shapely.union_all(told).symmetric_difference(shapely.box(0, 0, 100, 90)).area < 0.01


def with_gap(cells):
    return cells[1:]


def with_overlap(cells):
    return np.append(cells, shapely.box(10, 10, 20, 20))


def overhanging(cells):
    return np.append(cells, shapely.box(-10, 0, 0, 10))


def in_parts(cells):
    return np.append(cells[2:], shapely.MultiPolygon([cells[0], shapely.box(500, 0, 501, 9)]))


def crossing(cells):
    return np.append(cells[1:], shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (with_gap, "belong to no cell"),
        (with_overlap, "would overlap"),
        (overhanging, "leave the community"),
        (in_parts, "several parts"),
        (crossing, "cross itself"),
    ],
)
def test_more_than_rounding_is_refused_with_its_place(spoil, reason):
    cells = field(3, 3)
    with pytest.raises(BadInput, match=reason) as refusal:
        fitted(cells, spoil(cells))
    assert not refusal.value.members["place"].is_empty

"""Sequences of a planner's operations: after each the cells are a coverage of the same land."""

from functools import cache

import numpy as np
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate

from gridsvc.errors import BadInput
from gridsvc.planning import reshape
from gridsvc.planning import sketch as desk
from gridsvc.planning.plan import plan_cells
from gridsvc.planning.sketch import Site, Sketch
from gridsvc.planning.units import by_unit
from gridsvc.planning.wish import Wish
from tests.planning.test_fitting import jittered
from tests.planning.towns import build_town, frame


@cache
def drawn_town(seed):
    """A planned town as a planner opens it."""
    town = build_town(seed, blocks=3, sites=0)
    town["buildings"] = by_unit(town["buildings"])
    plan = plan_cells(**town, wish=Wish(target=60, seed=seed))
    cells = plan.cells.geometry.to_numpy(dtype=object)
    count = len(cells)
    barriers = town["barriers"].geometry.to_numpy(dtype=object)
    return (
        Sketch(
            number=np.arange(1, count + 1),
            cells=cells,
            dedicated=np.zeros(count, dtype=bool),
            locked=np.zeros(count, dtype=bool),
            last=count,
        ),
        Site(
            footprints=town["buildings"].geometry.to_numpy(dtype=object),
            households=town["buildings"]["households"].to_numpy(dtype=np.int64),
            building=town["buildings"]["building"].to_numpy(dtype=np.int64),
            barriers=barriers,
            weights=np.full(len(barriers), 0.5),
            land=town["boundary"].union_all(),
        ),
    )


def cut_buildings(cells, footprints):
    shape, cell = shapely.STRtree(cells).query(footprints, predicate="intersects")
    share = shapely.area(shapely.intersection(footprints[shape], cells[cell]))
    share /= shapely.area(footprints)[shape]
    most = np.zeros(len(footprints))
    np.maximum.at(most, shape, share)
    return {int(k) for k in np.flatnonzero(np.bincount(shape, share) - most > 0.021)}


def assert_proper(sketch, site, cut_before):
    assert set(shapely.get_type_id(sketch.cells)) == {3}
    assert shapely.is_valid(sketch.cells).all()
    assert shapely.coverage_is_valid(sketch.cells)
    off = shapely.union_all(sketch.cells).symmetric_difference(site.land).area
    assert off < 1e-5 * site.land.area
    assert cut_buildings(sketch.cells, site.footprints) <= cut_before
    assert len(set(sketch.number.tolist())) == len(sketch.number)
    assert sketch.number.max() <= sketch.last


def as_a_file(sketch, seed):
    """The cells as another program drew them anew: rounded, two of them made one."""
    cells = jittered(sketch.cells, seed, 0.05)
    number = sketch.number.copy()
    if len(cells) > 2:
        row = seed % len(cells)
        other = next(
            (k for k in range(len(cells))
             if k != row and sketch.cells[k].intersection(sketch.cells[row]).length > 1), None
        )  # fmt: skip
        if other is not None:
            cells[row] = shapely.union_all(cells[[row, other]].tolist(), grid_size=0.01)
            cells, number = np.delete(cells, other), np.delete(number, other)
    return desk.Drawn(cells, number)


def draw_operation(data, sketch, site):  # noqa: PLR0911 - one for each kind
    """An operation as a hand might draw it, sensible or not."""
    low, high = np.array(site.land.bounds).reshape(2, 2)
    place = st.tuples(*(st.floats(0, 1) for _ in range(2))).map(
        lambda share: low + np.array(share) * (high - low)
    )
    cell = st.sampled_from(sketch.number.tolist())
    kind = data.draw(st.sampled_from(
        ["split", "merge", "move", "redraw", "building", "block", "carve", "redivide", "lock",
         "replace"]
    ))  # fmt: skip
    one, other = data.draw(cell), data.draw(cell)
    row = sketch.row(one)
    if kind in {"split", "redraw"}:
        ring = shapely.get_coordinates(sketch.cells[row])
        start = ring[data.draw(st.integers(0, len(ring) - 1))]
        middle = np.array(sketch.cells[row].centroid.coords[0])
        drawn = shapely.LineString(
            [start, middle + data.draw(st.floats(0.9, 4)) * (middle - start)]
        )
        if kind == "split":
            return lambda s: desk.split(s, site, one, drawn)
        return lambda s: desk.redrawn(s, site, (one, other), drawn)
    if kind == "replace":
        return lambda s: desk.replaced(s, site, as_a_file(s, data.draw(st.integers(0, 99))))
    if kind == "merge":
        return lambda s: desk.merged(s, site, [one, other])
    if kind == "move":
        ring = shapely.get_coordinates(sketch.cells[row])
        k = data.draw(st.integers(0, len(ring) - 2))
        at = ring[k] if data.draw(st.booleans()) else (ring[k] + ring[k + 1]) / 2
        to = at + np.array(data.draw(st.tuples(st.floats(-9, 9), st.floats(-9, 9))))
        return lambda s: desk.moved(s, site, [(at, to if data.draw(st.booleans()) else None)])
    if kind == "building":
        at = np.array(data.draw(st.sampled_from(site.footprints.tolist())).centroid.coords[0])
        return lambda s: desk.with_building(s, site, at, other)
    if kind == "block":
        at = data.draw(place)
        return lambda s: desk.with_block(s, site, at, other)
    if kind == "carve":
        at, side = data.draw(place), data.draw(st.floats(5, 150))
        area = shapely.Point(at).buffer(side, quad_segs=2)
        return lambda s: desk.carved(s, site, area, dedicated=True)
    if kind == "redivide":
        a, b = data.draw(st.floats(0.2, 0.8)), sketch.cells[row]
        west, south, east, north = b.bounds
        at = west + a * (east - west)
        halves = [shapely.box(west, south, at, north), shapely.box(at, south, east, north)]
        planned = shapely.get_parts(shapely.intersection(np.array(halves, dtype=object), b))
        return lambda s: desk.redivided(s, site, [one], shapely.get_parts(planned))
    return lambda s: desk.told_locked(s, [one], data.draw(st.booleans()))


@settings(max_examples=40, deadline=None, phases=[Phase.generate])
@given(data=st.data(), seed=st.integers(0, 3))
def test_any_sequence_of_operations_leaves_a_coverage(data, seed):
    sketch, site = drawn_town(seed)
    cut = cut_buildings(sketch.cells, site.footprints)
    for _ in range(6):
        operation = draw_operation(data, sketch, site)
        before = sketch.cells.copy()
        try:
            after = operation(sketch)
        except BadInput:
            after = sketch
        assert all(one is other for one, other in zip(before, sketch.cells, strict=True))
        locked = {int(n): sketch.cells[sketch.row(n)] for n in sketch.number[sketch.locked]}
        sketch = after
        assert_proper(sketch, site, cut)
        for number, cell in locked.items():
            now = sketch.cells[sketch.row(number)]
            assert now.symmetric_difference(cell).area < 1e-3 * cell.area


@pytest.mark.parametrize(("turn", "x"), [(70.8, 55.3), (78.2, 53.0)])
def test_a_split_along_walls_that_units_share_has_no_spikes(turn, x):
    house = rotate(shapely.box(40, 40, 90, 52), turn, origin=(50, 50))
    units = by_unit(frame([house], households=[200], building=[0])).geometry.to_numpy(dtype=object)
    cells = np.array([shapely.box(0, 0, 120, 120)], dtype=object)
    line = shapely.LineString([(x, -5), (x + 7, 125)])
    halves = reshape.split_round(cells, 0, line, units)
    # A spike is valid only as long as nobody rounds.
    assert shapely.is_valid(shapely.set_precision(halves, 1e-4, mode="pointwise")).all()

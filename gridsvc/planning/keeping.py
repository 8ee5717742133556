"""What an edit must keep: the land, one valid polygon per cell, shared borders, whole buildings.

`checks` judges a whole plan; this looks only at what an edit touched, so that a planner waits for
it no longer than a frame or two, and names the place on the map.
"""

from __future__ import annotations

import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.arrays import Bools, Geometries, Ints
from gridsvc.planning.checks import CUT_TOLERANCE, NOISE_M2

#: Land that rounding may win or lose, m2, and as a share of what was touched.
LOST_M2, LOST_SHARE = 0.01, 1e-6


def refuse_improper(
    before: Geometries,
    after: Geometries,
    number: Ints,
    footprints: Geometries,
    land: shapely.Geometry,
) -> None:
    """Refuse an edit whose result is no proper coverage of the same land.

    Parameters
    ----------
    before, after
        Cells, row by row; None in `after` where a cell is gone, further rows where one is new.
    number
        What the cells of `before` are called.
    footprints
        Polygons of buildings that no border may newly cut.
    land
        The community.

    Raises
    ------
    BadInput
        With the reason; member ``place`` is a Polygon in the cells' CRS, and ``cells`` numbers.
    """
    old = [k for k, cell in enumerate(before) if after[k] is not cell]
    now = [k for k in range(len(after)) if k in set(old) or k >= len(before)]
    new = np.array([after[k] for k in now if after[k] is not None], dtype=object)
    called = [int(number[k]) for k in old]
    if len(new) == 0:
        return
    refuse_misshapen(new, called)
    _refuse_other_land(before[old], new, called, land)
    _refuse_torn(after, new, called)
    _refuse_cut(before[old], new, footprints, called)


def refuse_misshapen(new: Geometries, called: list[int]) -> None:
    """Refuse cells that are not one valid polygon with land.

    Raises
    ------
    BadInput
        With the reason; members as `refuse_improper`.
    """
    whole = shapely.get_type_id(new) == int(shapely.GeometryType.POLYGON)
    if not whole.all():
        raise _refusal("a cell would fall into several parts", new[~whole], called)
    valid = shapely.is_valid(new)
    if not valid.all():
        raise _refusal("a border would cross itself", new[~valid], called)
    small = shapely.area(new) < NOISE_M2
    if small.any():
        raise _refusal("a cell would have no land left", new[small], called)


def _refuse_other_land(
    old: Geometries, new: Geometries, called: list[int], land: shapely.Geometry
) -> None:
    was, now = shapely.union_all(old), shapely.union_all(new)
    allowed = LOST_M2 + LOST_SHARE * was.area
    lost, won = was.difference(now), now.difference(was)
    if won.difference(land).area > allowed:
        raise _refusal("a cell would leave the community", won, called)
    if lost.area > allowed:
        raise _refusal(f"{lost.area:.1f} m2 would belong to no cell", lost, called)
    if won.area > allowed or shapely.area(new).sum() - now.area > allowed:
        raise _refusal("two cells would overlap", won if won.area else now, called)


def _refuse_torn(after: Geometries, new: Geometries, called: list[int]) -> None:
    there = after[~shapely.is_missing(after)]
    near = there[np.unique(shapely.STRtree(there).query(new, predicate="intersects")[1])]
    if not shapely.coverage_is_valid(near):
        edges = shapely.coverage_invalid_edges(near)
        raise _refusal("two cells would not share their border", edges, called)


def _refuse_cut(
    old: Geometries, new: Geometries, footprints: Geometries, called: list[int]
) -> None:
    near = np.unique(shapely.STRtree(footprints).query(new, predicate="intersects")[1])
    shapes = footprints[near]
    cut = _cut(new, shapes) & ~_cut(old, shapes)
    if cut.any():
        several = "a building" if cut.sum() == 1 else f"{int(cut.sum())} buildings"
        raise _refusal(f"the border would cut {several}; lead it round", shapes[cut], called)


def _cut(cells: Geometries, shapes: Geometries) -> Bools:
    """Shapes of which more than rounding lies outside of the cell with most of them."""
    shape, cell = shapely.STRtree(cells).query(shapes, predicate="intersects")
    share = shapely.area(shapely.intersection(shapes[shape], cells[cell]))
    total, most = np.bincount(shape, share, len(shapes)), np.zeros(len(shapes))
    np.maximum.at(most, shape, share)
    return np.asarray(total - most > CUT_TOLERANCE * np.maximum(shapely.area(shapes), 1e-9))


def _refusal(reason: str, where: shapely.Geometry | Geometries, called: list[int]) -> BadInput:
    # A union would fail on the very cells that are refused because they cross themselves.
    place = shapely.envelope(shapely.geometrycollections(np.atleast_1d(where)))
    return BadInput(f"{reason}; nothing was changed", cells=called, place=place)

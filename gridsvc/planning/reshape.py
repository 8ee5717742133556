"""A planner's edits that follow lines: carve, hand over, divide anew, move and redraw borders.

As in `edits`, each takes the cells of a coverage and gives a coverage again, or refuses and says
why. A row keeps its cell: cells that are gone are None, new ones stand last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.arrangement import (
    REACH_M,
    ROUNDING_M,
    Arrangement,
    arrange,
    matched,
    united,
    with_vertices,
)
from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints
from gridsvc.planning.inputs import GRID_M

#: How far from a corner a planner may pick it up, m.
PICK_M = 0.05
#: Drawn areas below this are a slip of the hand, m2.
LEAST_M2 = 10.0


def split_round(
    cells: Geometries, row: int, line: shapely.LineString, footprints: Geometries
) -> Geometries:
    """The cell in `row` cut in two along a line that goes round the buildings it meets.

    The larger part keeps the row, the other stands last.

    Parameters
    ----------
    footprints
        Polygons; each that the line cuts falls whole to the side that has more of it.

    Raises
    ------
    BadInput
        If the line crosses itself, misses the cell, ends in it or crosses it twice.
    """
    if line.is_empty or not line.is_simple:
        raise BadInput("the line crosses itself; draw it anew")
    sides = arrange(cells, np.array([row]), np.array([line], dtype=object))
    parts = _real(sides.faces)
    if len(parts) < 2:
        raise BadInput(_why_uncut(cells[row], line))
    if len(parts) > 2:
        raise BadInput("the line crosses the cell more than once; draw one stretch across")
    parts = parts[np.argsort(-shapely.area(parts))]
    met = footprints[shapely.crosses(footprints, line) & shapely.intersects(footprints, cells[row])]
    outlines = np.array([line, *_walls(met)], dtype=object)
    made = arrange(cells, np.array([row]), outlines)
    inner = shapely.point_on_surface(made.faces)
    side = shapely.distance(parts[0], inner) > shapely.distance(parts[1], inner)
    for shape in met:
        share = shapely.area(shapely.intersection(parts, shape))
        side[shapely.contains(shape, inner)] = bool(share[1] > share[0])
    larger, other = united(made, _in_one_piece(made, side), 2)
    told = made.cells.copy()
    told[row] = larger
    return matched(cells, np.append(told, other))


def _in_one_piece(made: Arrangement, side: Bools) -> Ints:
    """Sides of a cut with what going round buildings cut off given to the other side."""
    told = side.astype(np.int64)
    inner = shapely.point_on_surface(made.faces)
    for one in (0, 1, 0, 1):
        parts = shapely.get_parts(united(made, told, 2)[one])
        lost = np.delete(parts, int(shapely.area(parts).argmax())) if len(parts) else parts
        if len(lost):
            told[shapely.intersects(shapely.union_all(lost), inner)] = 1 - one
    return told


def _walls(footprints: Geometries) -> Geometries:
    """Outlines of buildings, a wall that two units share once.

    Their corners on it differ by rounding, which would leave slivers, and those spikes in a border.
    """
    noded = shapely.union_all(shapely.boundary(footprints), grid_size=GRID_M)
    return np.asarray(shapely.get_parts(shapely.line_merge(noded)))


def _why_uncut(cell: shapely.Polygon, line: shapely.LineString) -> str:
    if shapely.intersection(line, cell).length <= REACH_M:
        return "the line misses the cell; draw it across"
    ends = shapely.points(shapely.get_coordinates(line)[[0, -1]])
    if shapely.contains_properly(cell, ends).any():
        return "the line ends inside the cell; draw it from border to border"
    return "the line does not cut the cell in two; draw it from border to border"


def _real(faces: Geometries) -> Geometries:
    return np.asarray(faces[shapely.area(faces) > 1.0])


def carve(cells: Geometries, area: shapely.Polygon, footprints: Geometries) -> Geometries:
    """A new cell, standing last, of the land a drawn area covers; the others give it up.

    The border goes round buildings: those that lie mostly in the area come with it.

    Raises
    ------
    BadInput
        If the area crosses itself, is too small, or covers none of the land.
    """
    if not area.is_valid or area.is_empty:
        raise BadInput("the drawn area crosses itself; draw it anew")
    if area.area < LEAST_M2:
        raise BadInput(f"the drawn area has {area.area:.1f} m2; draw at least {LEAST_M2:g}")
    share = shapely.area(shapely.intersection(footprints, area)) / np.maximum(
        shapely.area(footprints), 1e-9
    )
    met = (share > 0) & (share < 1) & shapely.intersects(footprints, area)
    rows = np.flatnonzero(shapely.intersects(cells, area))
    lines = np.array([area.exterior, *_walls(footprints[met])], dtype=object)
    made = arrange(cells, rows, shapely.get_parts(lines))
    inner = shapely.point_on_surface(made.faces)
    taken = shapely.contains(area, inner)
    for shape, part in zip(footprints[met], share[met], strict=True):
        taken[shapely.contains(shape, inner)] = bool(part > 0.5)
    if not taken.any():
        raise BadInput("the drawn area covers no land of the community; draw it inside")
    group = np.where(taken, 0, 1 + np.searchsorted(rows, made.row))
    new, *rest = united(made, group, len(rows) + 1)
    if new.geom_type != "Polygon":
        raise BadInput("the area falls apart along the community's border; draw one part of it")
    told = made.cells.copy()
    for row, left in zip(rows, rest, strict=True):
        told[row] = None if left.is_empty else left
    return matched(cells, np.append(told, new))


def hand_over(cells: Geometries, giver: int, taker: int, land: shapely.Geometry) -> Geometries:
    """Part of one cell handed over to a neighbour.

    Raises
    ------
    BadInput
        If it is the whole cell, or does not touch the neighbour.
    """
    rows = np.array(sorted((giver, taker)))
    made = arrange(cells, rows, shapely.get_parts(shapely.boundary(land)))
    inside = shapely.intersects(land, shapely.point_on_surface(made.faces))
    moved = (made.row == giver) & inside
    if not moved.any():
        raise BadInput("nothing of the cell was chosen; choose a building or block in it")
    if moved[made.row == giver].all():
        raise BadInput("nothing would be left of the cell; merge the two instead")
    group = np.where((made.row == taker) | moved, 1, 0)
    both = united(made, group, 2)
    told = made.cells.copy()
    told[giver], told[taker] = both
    if both[1].geom_type != "Polygon":
        raise BadInput("what is handed over does not touch the neighbour; choose one beside it")
    if both[0].geom_type != "Polygon":
        raise BadInput("the cell would fall apart; hand over what leaves it in one piece")
    return matched(cells, told)


def redivide(cells: Geometries, rows: Sequence[int], planned: Geometries) -> Geometries:
    """Some cells replaced by others that were planned on the same land.

    Parameters
    ----------
    rows
        Rows of the cells that make room; as many as can keep a row, others are None.
    planned
        Polygons that cover the same land but for rounding.

    Raises
    ------
    BadInput
        If the two do not cover the same land.
    """
    chosen = np.array(sorted(set(rows)), dtype=np.int64)
    lines = shapely.get_parts(shapely.line_merge(shapely.union_all(shapely.boundary(planned))))
    made = arrange(cells, chosen, lines)
    inner = shapely.point_on_surface(made.faces)
    group = shapely.STRtree(planned).query_nearest(inner, all_matches=False)[1].astype(np.int64)
    new = united(made, group, len(planned))
    new = new[~shapely.is_empty(new)]
    if (shapely.get_type_id(new) != int(shapely.GeometryType.POLYGON)).any():
        raise BadInput("the division cannot be fitted into the cells around; try another number")
    told = made.cells.copy()
    told[chosen] = None
    heirs = heirs_of(cells[chosen], new)
    for cell, heir in zip(chosen, heirs, strict=True):
        told[cell] = new[heir] if heir >= 0 else None
    rest = np.setdiff1d(np.arange(len(new)), heirs)
    return matched(cells, np.concatenate([told, new[rest]]))


def heirs_of(before: Geometries, after: Geometries) -> Ints:
    """New cell that carries on each old one: most ground in common first; -1 for none."""
    a, b = shapely.STRtree(after).query(before, predicate="intersects")
    common = shapely.area(shapely.intersection(before[a], after[b]))
    heirs = np.full(len(before), -1, dtype=np.int64)
    for k in np.argsort(-common, kind="stable"):
        if common[k] > 0 and heirs[a[k]] < 0 and b[k] not in heirs:
            heirs[a[k]] = b[k]
    return heirs


def redraw_border(cells: Geometries, one: int, other: int, line: shapely.LineString) -> Geometries:
    """The border of two neighbours moved to a drawn line.

    Raises
    ------
    BadInput
        If the two do not touch, or the line does not part their common land in two.
    """
    rows = np.array(sorted((one, other)))
    both = shapely.coverage_union_all(cells[rows])
    if both.geom_type != "Polygon":
        raise BadInput("the cells do not touch along a border; choose neighbours")
    if not line.is_simple:
        raise BadInput("the line crosses itself; draw it anew")
    whole = np.append(np.delete(cells, rows), both)
    made = arrange(whole, np.array([len(whole) - 1]), np.array([line], dtype=object))
    parts = _real(made.faces)
    if len(parts) != 2:
        raise BadInput(_why_uncut(both, line))
    common = shapely.area(shapely.intersection(cells[[one, other]][:, None], parts[None, :]))
    straight = common[0, 0] + common[1, 1] >= common[0, 1] + common[1, 0]
    told = cells.copy()
    told[np.setdiff1d(np.arange(len(cells)), rows)] = made.cells[:-1]
    told[[one, other]] = parts if straight else parts[::-1]
    return matched(cells, told)


def move_vertices(cells: Geometries, moves: Sequence[tuple[Floats, Floats | None]]) -> Geometries:
    """Vertices of borders moved, for all cells that share them.

    Parameters
    ----------
    moves
        Where each was, within `PICK_M`, and where it goes; None takes it away. A place on a side
        becomes a vertex first.

    Raises
    ------
    BadInput
        If no border passes where one is picked up, or a cell would lose its shape.
    """
    told = cells.copy()
    for start, end in moves:
        told = _moved(told, np.asarray(start, dtype=float), end)
    return told


def _moved(cells: Geometries, start: Floats, end: Floats | None) -> Geometries:
    place = shapely.Point(start)
    near = np.flatnonzero(shapely.dwithin(shapely.boundary(cells), place, PICK_M))
    if len(near) == 0:
        raise BadInput("no border passes where it was picked up; load the draft anew")
    vertices = np.unique(shapely.get_coordinates(cells[near]), axis=0)
    apart = np.hypot(*(vertices - start).T)
    at: Floats = vertices[int(apart.argmin())]
    if apart.min() > PICK_M:
        if end is None:
            raise BadInput("there is no corner to take away; load the draft anew")
        border = shapely.union_all(shapely.boundary(cells[near]))
        at = shapely.get_coordinates(shapely.shortest_line(border, place))[0]
        cells = with_vertices(cells, at[None, :])
    told = cells.copy()
    around = shapely.dwithin(shapely.boundary(cells), shapely.Point(at), ROUNDING_M)
    for row in np.flatnonzero(around):
        told[row] = _with_corner(cells[row], at, end)
    return told


def _with_corner(cell: shapely.Polygon, at: Floats, end: Floats | None) -> shapely.Polygon:
    rings = []
    for ring in (cell.exterior, *cell.interiors):
        open_ring = shapely.get_coordinates(ring)[:-1]
        here = np.hypot(*(open_ring - at).T) <= ROUNDING_M
        if end is None:
            open_ring = open_ring[~here]
        else:
            open_ring = np.where(here[:, None], np.asarray(end, dtype=float), open_ring)
            again = (open_ring == np.roll(open_ring, 1, axis=0)).all(axis=1)
            open_ring = open_ring[~again]
        if len(open_ring) < 3:
            raise BadInput("a cell needs three corners at least; leave this one")
        rings.append(open_ring)
    return shapely.Polygon(rings[0], rings[1:])

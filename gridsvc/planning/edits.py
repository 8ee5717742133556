"""A planner's edits of a coverage: merge cells, split one by a drawn line.

Each edit takes the cells as they are and gives new ones that are again a coverage with the same
vertices on both sides of every border, or refuses and says why; the cells given stay untouched.
Which buildings a cell may cut and which cells it may enclose is for `checks` to say afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.arrays import Floats, Geometries

#: How far a drawn end may miss the border or a corner it was meant for, m.
REACH_M = 0.01
#: How far rounding may move a place on a border beside it, m.
ROUNDING_M = 1e-6


def merge(cells: Geometries, rows: Sequence[int]) -> Geometries:
    """Cells with those in `rows` made one, which stands last.

    Parameters
    ----------
    cells
        Polygons of a coverage, in one metric CRS.
    rows
        Rows of two or more cells that hang together along borders.

    Raises
    ------
    BadInput
        Fewer than two cells, or cells that meet in corners only or not at all.
    """
    chosen = sorted(set(rows))
    if len(chosen) < 2:
        raise BadInput("choose two or more cells to merge")
    if chosen[0] < 0 or chosen[-1] >= len(cells):
        raise BadInput("there is no such cell to merge")
    merged = shapely.coverage_union_all(cells[chosen])
    parts = shapely.get_parts(merged)
    if len(parts) != 1 or not parts[0].is_valid:
        raise BadInput("the cells do not touch along a border; choose neighbours to merge")
    return np.append(np.delete(cells, chosen), parts[0])


def split_by_line(cells: Geometries, row: int, line: shapely.LineString) -> Geometries:
    """Cells with the one in `row` cut in two along `line`; the two stand last.

    The ends of the cut become vertices of the neighbours, too.

    Parameters
    ----------
    cells
        Polygons of a coverage, in one metric CRS.
    row
        Row of the cell to split.
    line
        Drawn from border to border, or beyond; its ends may lie on vertices.

    Raises
    ------
    BadInput
        A line that crosses itself, misses the cell, ends inside it, or crosses it twice.
    """
    if not 0 <= row < len(cells):
        raise BadInput("there is no such cell to split")
    if line.is_empty or not line.is_simple:
        raise BadInput("the line crosses itself; draw it anew")
    chord = _chord(cells[row], line)
    ends = shapely.get_coordinates(chord)[[0, -1]]
    noded = cells.copy()
    near = shapely.STRtree(cells).query(
        shapely.points(ends), predicate="dwithin", distance=ROUNDING_M
    )
    for cell in np.unique(near[1]):
        noded[cell] = _with_vertices(cells[cell], ends)
    pieces = _pieces(noded[row], chord)
    if len(pieces) != 2:
        raise BadInput("the line does not cut the cell in two; draw it from border to border")
    return np.concatenate([np.delete(noded, row), pieces])


def _chord(cell: shapely.Polygon, line: shapely.LineString) -> shapely.LineString:
    """The one stretch of the line inside the cell, its ends on vertices where close to them."""
    drawn = shapely.get_coordinates(line)
    drawn[[0, -1]] = [_onto_border(cell, end) for end in drawn[[0, -1]]]
    common = shapely.line_merge(shapely.intersection(shapely.LineString(drawn), cell))
    stretches = [
        part
        for part in shapely.get_parts(common)
        if part.geom_type == "LineString" and part.length > REACH_M
    ]
    if not stretches:
        raise BadInput("the line misses the cell; draw it across")
    if len(stretches) > 1:
        raise BadInput("the line crosses the cell more than once; draw one stretch across")
    inside = shapely.get_coordinates(stretches[0])
    if shapely.distance(cell.boundary, shapely.points(inside[[0, -1]])).max() > REACH_M:
        raise BadInput("the line ends inside the cell; draw it from border to border")
    inside[[0, -1]] = [_onto_border(cell, end) for end in inside[[0, -1]]]
    if np.array_equal(inside[0], inside[-1]):
        raise BadInput("the line ends where it starts; draw it from border to border")
    return shapely.LineString(inside)


def _onto_border(cell: shapely.Polygon, at: Floats) -> Floats:
    """The vertex within reach, else the place on the border within reach, else `at` itself."""
    vertices = shapely.get_coordinates(cell)
    apart = np.hypot(*(vertices - at).T)
    if apart.min() <= REACH_M:
        nearest: Floats = vertices[int(apart.argmin())]
        return nearest
    there: Floats = shapely.get_coordinates(
        shapely.shortest_line(cell.boundary, shapely.Point(at))
    )[0]
    return there if np.hypot(*(there - at)) <= REACH_M else at


def _with_vertices(cell: shapely.Polygon, points: Floats) -> shapely.Polygon:
    """The cell with those of the points that lie on its border as vertices."""
    rings = [shapely.get_coordinates(ring) for ring in (cell.exterior, *cell.interiors)]
    for at in points:
        rings = [_ring_with(ring, at) for ring in rings]
    return shapely.Polygon(rings[0], rings[1:])


def _ring_with(ring: Floats, at: Floats) -> Floats:
    if np.hypot(*(ring - at).T).min() == 0:
        return ring
    sides = shapely.linestrings(np.stack([ring[:-1], ring[1:]], axis=1))
    apart = shapely.distance(sides, shapely.Point(at))
    side = int(apart.argmin())
    return ring if apart[side] > ROUNDING_M else np.insert(ring, side + 1, at, axis=0)


def _pieces(cell: shapely.Polygon, chord: shapely.LineString) -> Geometries:
    """Faces that the chord makes of the cell; its holes are none."""
    lines = shapely.union_all([cell.boundary, chord])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    kept: Geometries = faces[shapely.contains(cell, shapely.point_on_surface(faces))]
    return kept

"""Cells and drawn lines as one arrangement of faces, and the way back to a coverage.

An edit that follows lines is done on faces: the borders of the cells concerned and the lines are
noded together, every face is given to a cell, and the cells are the unions of their faces. What
becomes a vertex of a changed cell becomes one of every neighbour, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from gridsvc.errors import BadInput
from gridsvc.planning.arrays import Floats, Geometries, Ints

#: A place closer to a border than this was meant to lie on it, m.
REACH_M = 0.01
#: How far rounding may move a place on a border beside it, m.
ROUNDING_M = 1e-6
#: Faces below this area, m2, or thinner than this, m, are what digitising leaves, not land.
SCRAP_M2, SCRAP_WIDTH_M = 0.5, 0.03


@dataclass(frozen=True)
class Arrangement:
    """Faces of some cells cut by lines.

    Attributes
    ----------
    cells
        All cells, with the ends of the lines as vertices where they meet a border.
    faces, row
        Polygons, and the row of the cell each is a part of.
    """

    cells: Geometries
    faces: Geometries
    row: Ints


def arrange(cells: Geometries, rows: Ints, lines: Geometries) -> Arrangement:
    """Cut the cells in `rows` along lines.

    Parameters
    ----------
    cells
        Polygons of a coverage, in one metric CRS.
    rows
        Rows of the cells to cut.
    lines
        LineStrings; what lies within `REACH_M` of a border is taken to lie on it.
    """
    drawn, touched = _onto_borders(lines, cells[rows])
    noded = with_vertices(cells, touched)
    edges = shapely.union_all([*shapely.boundary(noded[rows]), *drawn])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    inner = shapely.point_on_surface(faces)
    face, which = shapely.STRtree(noded[rows]).query(inner, predicate="within")
    row = np.full(len(faces), -1, dtype=np.int64)
    row[face] = np.asarray(rows)[which]
    return Arrangement(noded, faces[row >= 0], row[row >= 0])


def united(made: Arrangement, group: Ints, count: int) -> Geometries:
    """Union of the faces of every group; scraps go to the group they have most border with.

    Parameters
    ----------
    group
        Group of every face, numbered from 0.
    count
        Number of groups; one without faces is an empty polygon.
    """
    group = _scraps_joined(made.faces, group)
    found = [made.faces[group == one] for one in range(count)]
    return np.array(
        [shapely.coverage_union_all(faces) if len(faces) else shapely.Polygon() for faces in found],
        dtype=object,
    )


def matched(before: Geometries, after: Geometries) -> Geometries:
    """Cells whose neighbours have the vertices that changed cells won.

    Parameters
    ----------
    before, after
        Cells before and after an edit, row by row; further rows of `after` are new. Cells that
        are gone are None.

    Raises
    ------
    BadInput
        If a cell is not one polygon.
    """
    kept = after[~shapely.is_missing(after)]
    if (shapely.get_type_id(kept) != int(shapely.GeometryType.POLYGON)).any():
        raise BadInput("a cell would fall into several parts; nothing was changed")
    old = np.unique(shapely.get_coordinates(before[~shapely.is_missing(before)]), axis=0)
    known = set(map(tuple, old))
    there = np.flatnonzero(~shapely.is_missing(after))
    told = after.copy()
    told[there] = _without_doubles(after[there], old)
    now = np.unique(shapely.get_coordinates(told[there]), axis=0)
    won = np.array([at for at in now if tuple(at) not in known]).reshape(-1, 2)
    told[there] = with_vertices(told[there], won)
    return told


def _without_doubles(cells: Geometries, old: Floats) -> Geometries:
    """Cells whose vertices within rounding of one another are one, an old one where there is.

    Two a hair apart are a loop in every other CRS. Cells without any stay the same object.
    """
    at = np.unique(shapely.get_coordinates(cells), axis=0)
    places = np.concatenate([old, at])
    onto = np.arange(len(places))
    for first, second in sorted(cKDTree(places).query_pairs(ROUNDING_M)):
        onto[second] = min(onto[second], onto[first])
    moved = {
        tuple(one): places[to]
        for one, to in zip(at, onto[len(old) :], strict=True)
        if (one != places[to]).any()
    }
    told = cells.copy()
    for row, cell in enumerate(cells):
        corners = [tuple(corner) for corner in shapely.get_coordinates(cell)]
        if moved and not moved.keys().isdisjoint(corners):
            put = np.array([moved.get(corner, corner) for corner in corners])
            told[row] = shapely.remove_repeated_points(shapely.set_coordinates(cell, put))
    return told


def with_vertices(cells: Geometries, points: Floats) -> Geometries:
    """Cells with those of the points that lie on their borders as vertices."""
    told = cells.copy()
    if len(points) == 0:
        return told
    at, cell = shapely.STRtree(cells).query(
        shapely.points(points), predicate="dwithin", distance=ROUNDING_M
    )
    for row in np.unique(cell):
        told[row] = _noded(told[row], points[at[cell == row]])
    return told


def _noded(cell: shapely.Polygon, points: Floats) -> shapely.Polygon:
    rings = [shapely.get_coordinates(ring) for ring in (cell.exterior, *cell.interiors)]
    noded = [_ring_with(ring, points) for ring in rings]
    if all(new is old for new, old in zip(noded, rings, strict=True)):
        return cell
    return shapely.Polygon(noded[0], noded[1:])


def _ring_with(ring: Floats, points: Floats) -> Floats:
    """A ring with the points on its sides as vertices, in their order along it."""
    line = shapely.LineString(ring)
    near = points[shapely.distance(line, shapely.points(points)) <= ROUNDING_M]
    near = near[cKDTree(ring).query(near)[0] > 0] if len(near) else near
    if len(near) == 0:
        return ring
    sides = shapely.linestrings(np.stack([ring[:-1], ring[1:]], axis=1))
    side = shapely.distance(sides[None, :], shapely.points(near)[:, None]).argmin(axis=1)
    along = np.hypot(*(near - ring[side]).T)
    order = np.lexsort((along, side))
    return np.insert(ring, side[order] + 1, near[order], axis=0)


def _onto_borders(lines: Geometries, cells: Geometries) -> tuple[Geometries, Floats]:
    """Lines with what is within reach of a border put on it, and those places."""
    at, line = shapely.get_coordinates(lines, return_index=True)
    if len(at) == 0:
        return np.array([], dtype=object), at
    borders = shapely.union_all(shapely.boundary(cells))
    shapely.prepare(borders)
    close = np.flatnonzero(shapely.dwithin(borders, shapely.points(at), REACH_M))
    if len(close):
        at[close] = shapely.get_coordinates(
            shapely.shortest_line(borders, shapely.points(at[close]))
        )[::2]
        vertices = np.unique(shapely.get_coordinates(cells), axis=0)
        apart, nearest = cKDTree(vertices).query(at[close])
        at[close[apart <= REACH_M]] = vertices[nearest[apart <= REACH_M]]
    moved = np.r_[True, (np.diff(at, axis=0) != 0).any(axis=1) | (np.diff(line) != 0)]
    kept = [at[moved & (line == one)] for one in np.unique(line)]
    return np.array([shapely.LineString(one) for one in kept if len(one) > 1], object), at[close]


def _scraps_joined(faces: Geometries, group: Ints) -> Ints:
    """Groups with every scrap in that of the neighbour it has most border with."""
    area = shapely.area(faces)
    scrap = (area < SCRAP_M2) | (2 * area < SCRAP_WIDTH_M * shapely.length(faces))
    if not scrap.any() or scrap.all():
        return group
    told = group.copy()
    tree = shapely.STRtree(faces)
    for face in np.flatnonzero(scrap)[np.argsort(-area[scrap])]:
        others = tree.query(faces[face], predicate="intersects")
        others = others[~scrap[others]]
        common = shapely.length(shapely.intersection(faces[others], faces[face]))
        if len(others) and common.max() > 0:
            told[face] = told[others[int(common.argmax())]]
            scrap[face] = False
    return told

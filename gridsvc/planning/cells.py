"""Cells: unions of the arrangement's faces, without enclosures, with smooth borders."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely

from gridsvc.planning.arrays import Bools, Geometries, Ints
from gridsvc.planning.graph import DualGraph
from gridsvc.planning.inputs import GRID_M
from gridsvc.planning.refine import divide_again
from gridsvc.planning.segments import face_borders

#: Borders through a block may be straightened by this much.
SMOOTH_M = 2.0
#: Divisions tried before an enclosed cell is given to the one around it.
TRIES = 40


def union_faces(faces: Geometries, group: Ints) -> Geometries:
    """Union of the faces of every group, numbered from 0; faces must be a noded coverage."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(int(group.max()) + 2))
    merged = [shapely.coverage_union_all(faces[order[a:b]]) for a, b in pairwise(starts)]
    return np.array(merged, dtype=object)


def open_enclosures(
    faces: Geometries, graph: DualGraph, part: Ints, target: float, seed: int
) -> tuple[Ints, int]:
    """Divide cells that enclose others anew, so that every cell can be left without crossing one.

    Parameters
    ----------
    faces, graph
        Faces of a coverage and the dual graph of its nodes.
    part
        Cell of every node.
    target
        Households a cell should have.
    seed
        Seed of the divisions tried.

    Returns
    -------
    part, joined
        Cells without enclosures, and how many had to be joined to the cell around them.
    """
    joined = 0
    for attempt in range(3 * (int(part.max()) + 1)):
        cells = union_faces(faces, part[graph.node_of_face])
        pair = _first_enclosure(cells)
        if pair is None:
            return part, joined
        divided = _redivided(faces, graph, part, pair, target, seed + attempt * TRIES)
        if divided is None:
            divided = np.where(part == pair[1], pair[0], part)
            divided = np.unique(divided, return_inverse=True)[1].astype(np.int64)
            joined += 1
        part = divided
    return part, joined


def enclosures(cells: Geometries) -> list[tuple[int, int]]:
    """Pairs (around, enclosed) of cells where one fills a hole of the other."""
    around = np.flatnonzero(shapely.get_num_interior_rings(cells) > 0)
    rings, owner = shapely.get_rings(cells[around], return_index=True)
    exterior = np.r_[True, owner[1:] != owner[:-1]][: len(rings)]
    holes, owner = shapely.polygons(rings[~exterior]), around[owner[~exterior]]
    inner = shapely.point_on_surface(cells)
    hole, enclosed = shapely.STRtree(inner).query(holes, predicate="contains")
    return sorted({(int(owner[h]), int(c)) for h, c in zip(hole, enclosed, strict=True)})


def _first_enclosure(cells: Geometries) -> tuple[int, int] | None:
    pairs = enclosures(cells)
    for around, inside in pairs:
        if shapely.relate_pattern(cells[around], cells[inside], "****1****"):
            return around, inside
    return None


def _redivided(
    faces: Geometries, graph: DualGraph, part: Ints, pair: tuple[int, int], target: float, seed: int
) -> Ints | None:
    """The best of some divisions of two cells in which neither encloses any cell."""
    others = len(enclosures(union_faces(faces, part[graph.node_of_face])))
    for k in range(TRIES):
        divided = divide_again(graph, part, pair, target, seed + k)
        if divided is None:
            continue
        cells = union_faces(faces, divided[graph.node_of_face])
        if len(enclosures(cells)) < others:
            return divided
    return None


def smooth_borders(cells: Geometries, footprints: Geometries) -> Geometries:
    """Straighten the borders between cells without moving any junction or cutting a building.

    Parameters
    ----------
    cells
        Polygons, a noded coverage.
    footprints
        Buildings no border may newly touch.

    Returns
    -------
    array of Polygon
        The same coverage with simpler borders; a border stays as it was where its simplification
        (Douglas and Peucker, 1973) would touch a building or another border.
    """
    arcs, outer = _arcs(cells)
    straight = np.where(outer, arcs, shapely.simplify(arcs, SMOOTH_M))
    moved = ~outer & ~shapely.equals_exact(straight, arcs, 0)
    moved &= shapely.is_simple(straight) & (shapely.length(straight) > 0)
    hit = shapely.STRtree(footprints).query(straight[moved], predicate="intersects")[0]
    moved[np.flatnonzero(moved)[np.unique(hit)]] = False
    while True:
        current = np.where(moved, straight, arcs)
        wrong = _colliding(current, moved)
        if not wrong.any():
            break
        moved &= ~wrong
    return _relabelled(current, cells)


def _arcs(cells: Geometries) -> tuple[Geometries, Bools]:
    """Borders from junction to junction, and which of them are on the outer border."""
    borders = face_borders(cells)
    lines = shapely.linestrings(np.stack([borders.start, borders.end], axis=1))
    outer = borders.b < 0
    arcs = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    middle = (
        shapely.get_coordinates(shapely.get_point(arcs, 0))
        + shapely.get_coordinates(shapely.get_point(arcs, 1))
    ) / 2
    nearest = shapely.STRtree(lines).query_nearest(shapely.points(middle), all_matches=False)[1]
    return arcs, outer[nearest]


def _colliding(arcs: Geometries, moved: Bools) -> Bools:
    """Moved arcs that meet another arc anywhere but in a junction of both."""
    rows = np.flatnonzero(moved)
    a, b = shapely.STRtree(arcs).query(arcs[rows], predicate="intersects")
    a = rows[a]
    a, b = a[a != b], b[a != b]
    common = shapely.intersection(arcs[a], arcs[b])
    ends = shapely.boundary(arcs)
    proper = shapely.equals(common, shapely.intersection(ends[a], ends[b]))
    wrong = np.zeros(len(arcs), dtype=bool)
    wrong[a[~proper]] = True
    return wrong & moved


def _relabelled(arcs: Geometries, cells: Geometries) -> Geometries:
    """Polygons of the arcs in the order of the cells they came from; the cells if they differ."""
    faces = shapely.get_parts(shapely.polygonize(arcs))
    inner = shapely.point_on_surface(faces)
    face, cell = shapely.STRtree(cells).query(inner, predicate="intersects")
    once = np.bincount(cell, minlength=len(cells))
    if len(np.unique(face)) != len(face) or (once != 1).any():
        return cells
    smooth = cells.copy()
    smooth[cell] = faces[face]
    same = shapely.area(shapely.union_all(smooth)) - shapely.area(smooth).sum()
    return smooth if abs(same) < GRID_M * len(cells) + 1e-9 * shapely.area(cells).sum() else cells

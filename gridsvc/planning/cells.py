"""Cells: unions of the arrangement's faces, without enclosures, with smooth borders."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely

from gridsvc.planning.arrays import Geometries, Ints
from gridsvc.planning.graph import DualGraph
from gridsvc.planning.refine import divide_again
from gridsvc.planning.wish import Goal

#: Neighbours' vertices closer than this are one vertex, m; two steps of the planning grid.
SNAP_M = 2e-4
#: Gaps between cells narrower than this are closed, m: what rounding leaves beside settled cells.
GAP_M = 0.01
#: Divisions tried before an enclosed cell is given to the one around it.
TRIES = 40


def union_faces(faces: Geometries, group: Ints) -> Geometries:
    """Union of the faces of every group, numbered from 0; faces must be a noded coverage."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(int(group.max()) + 2))
    merged = [shapely.coverage_union_all(faces[order[a:b]]) for a, b in pairwise(starts)]
    return np.array(merged, dtype=object)


def with_matched_edges(cells: Geometries) -> Geometries:
    """Cells whose neighbours have the same vertices along a border in common.

    A vertex that only one of two neighbours has lies on the other's straight edge in this CRS,
    but beside it in every other: reprojecting would open slivers.
    """
    matched: Geometries = shapely.coverage_clean(cells, snapping_distance=SNAP_M, gap_width=GAP_M)
    polygons = shapely.get_type_id(matched) == int(shapely.GeometryType.POLYGON)
    sound = bool(polygons.all() and shapely.is_valid(matched).all())
    return matched if sound else cells


def open_enclosures(
    faces: Geometries, graph: DualGraph, part: Ints, goal: Goal, seed: int
) -> tuple[Ints, int]:
    """Divide cells that enclose others anew, so that every cell can be left without crossing one.

    Parameters
    ----------
    faces, graph
        Faces of a coverage and the dual graph of its nodes.
    part
        Cell of every node.
    goal
        Load a cell should have.
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
        divided = _redivided(faces, graph, part, pair, goal, seed + attempt * TRIES)
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
    faces: Geometries, graph: DualGraph, part: Ints, pair: tuple[int, int], goal: Goal, seed: int
) -> Ints | None:
    """A division of two cells that leaves fewer enclosures, or None after `TRIES` trees."""
    others = len(enclosures(union_faces(faces, part[graph.node_of_face])))
    for k in range(TRIES):
        divided = divide_again(graph, part, pair, goal, seed + k)
        if divided is None:
            continue
        cells = union_faces(faces, divided[graph.node_of_face])
        if len(enclosures(cells)) < others:
            return divided
    return None

"""Enclosures: no cell lies inside another, so that each can be left without crossing one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from gridsvc.planning.arrays import Geometries, Ints
from gridsvc.planning.cells import union_faces
from gridsvc.planning.counts import effective
from gridsvc.planning.graph import DualGraph
from gridsvc.planning.refine import divide_again
from gridsvc.planning.seed import fragments
from gridsvc.planning.wish import Goal

#: Divisions of two cells along random trees that are tried.
TRIES = 24
#: Load that a corridor rather takes than a hectare of empty land.
LOAD_PER_HECTARE = 1.0


def open_enclosures(
    faces: Geometries, graph: DualGraph, part: Ints, goal: Goal, seed: int
) -> tuple[Ints, int]:
    """Divide cells that enclose others anew, the best balanced of several ways.

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
        fewer = len(enclosures(cells)) - 1
        ways = [*_redivided(graph, part, pair, goal, seed + attempt * TRIES)]
        ways += [*_corridor(graph, part, pair)]
        open_ways = [way for way in ways if _count(faces, graph, way) <= fewer]
        if open_ways:
            part = min(open_ways, key=lambda way: _off_balance(graph, way, pair, goal))
            continue
        part = np.where(part == pair[1], pair[0], part)
        part = np.unique(part, return_inverse=True)[1].astype(np.int64)
        joined += 1
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


def _count(faces: Geometries, graph: DualGraph, part: Ints) -> int:
    return len(enclosures(union_faces(faces, part[graph.node_of_face])))


def _off_balance(graph: DualGraph, part: Ints, pair: tuple[int, int], goal: Goal) -> float:
    load = np.bincount(part, effective(graph.load, goal.target))[list(pair)]
    off = np.abs(load - goal.target) / goal.target
    return float(off.sum() + (off > goal.tolerance).sum())


def _redivided(
    graph: DualGraph, part: Ints, pair: tuple[int, int], goal: Goal, seed: int
) -> Iterator[Ints]:
    """Divisions of two cells along random trees."""
    for k in range(TRIES):
        divided = divide_again(graph, part, pair, goal, seed + k)
        if divided is not None:
            yield divided


def _corridor(graph: DualGraph, part: Ints, pair: tuple[int, int]) -> Iterator[Ints]:
    """The enclosed cell led out through the one around it, by the way with least load."""
    around, enclosed = pair
    row, other = part[graph.row], part[graph.neighbour]
    leads_out = (row == around) & (other != around) & (other != enclosed)
    way_out = np.union1d(graph.row[leads_out], np.flatnonzero((part == around) & (graph.outer > 0)))
    inside = np.isin(row, pair) & np.isin(other, pair)
    # What it costs to enter a node: its load, and a little for its ground.
    cost = 1e-6 + graph.load + LOAD_PER_HECTARE * graph.area / 1e4
    links = coo_array(
        (cost[graph.neighbour[inside]], (graph.row[inside], graph.neighbour[inside])),
        shape=(len(part), len(part)),
    ).tocsr()
    sources = np.flatnonzero(part == enclosed)
    length, before, _ = dijkstra(links, indices=sources, min_only=True, return_predecessors=True)
    for target in way_out[np.argsort(length[way_out], kind="stable")][:TRIES]:
        led = part.copy()
        at = int(target)
        while at >= 0 and part[at] == around:
            led[at] = enclosed
            at = int(before[at])
        whole = len(np.unique(fragments(graph, led)[led == around])) == 1
        if np.isfinite(length[target]) and whole:
            yield led

"""The dual graph of the atoms: what touches what, over how long a border, on which barrier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints, components, summed_by
from gridsvc.planning.atoms import Atoms
from gridsvc.planning.segments import FaceBorders

#: A border within this distance of a barrier's centre line lies on the barrier.
ON_BARRIER_M = 6.0
#: A border within this distance of it is the barrier itself.
IS_BARRIER_M = 0.05
#: Barriers of this weight and more are not crossed unless no plan exists without.
HEAVY = 1.0
#: Empty scraps of land below this area go to a neighbour before anything else is decided.
SCRAP_M2 = 150.0


@dataclass(frozen=True)
class DualGraph:
    """Nodes are atoms (scraps joined to a neighbour); neighbours in compressed sparse rows.

    Attributes
    ----------
    node_of_face
        Node every face of the arrangement belongs to.
    households, area, outer
        Per node: households, square metres, metres of border with the outside.
    first, neighbour
        Neighbours of node i are ``neighbour[first[i]:first[i + 1]]``, ascending.
    length, street, eased, heavy
        Per neighbour entry: metres of shared border; metres of it on barriers; the same weighted
        from a half for the slightest barrier to one for a heavy one; metres on heavy barriers.
    """

    node_of_face: Ints
    households: Ints
    area: Floats
    outer: Floats
    first: Ints
    neighbour: Ints
    length: Floats
    street: Floats
    eased: Floats
    heavy: Floats


def dual_graph(atoms: Atoms, households: Ints, barriers: Geometries, weights: Floats) -> DualGraph:
    """Dual graph of one piece of land.

    Parameters
    ----------
    atoms
        Arrangement of the piece.
    households
        Per building cluster of the piece.
    barriers, weights
        LineStrings near the piece and their weights.

    Returns
    -------
    DualGraph
    """
    borders = atoms.borders
    node = _join_scraps(atoms)
    n = int(node.max()) + 1
    weight = _border_weights(borders, node, barriers, weights, ON_BARRIER_M)
    heaviest = _border_weights(borders, node, barriers, weights, IS_BARRIER_M)
    per_node = np.zeros(n, dtype=np.int64)
    np.add.at(per_node, node[atoms.face_of_building], households)
    outer = borders.b < 0
    a, b, both = _node_pairs(borders, node)
    length = borders.length[both]
    w = weight[both]
    eased = np.where(w > 0, 0.5 + 0.5 * np.minimum(w, HEAVY) / HEAVY, 0)
    columns = (length, length * (w > 0), length * eased, length * (heaviest[both] >= HEAVY))
    first, neighbour, summed = compressed_rows(n, a, b, columns)
    return DualGraph(
        node_of_face=node,
        households=per_node,
        area=summed_by(node, shapely.area(atoms.faces), n),
        outer=summed_by(node[borders.a[outer]], borders.length[outer], n),
        first=first,
        neighbour=neighbour,
        length=summed[0],
        street=summed[1],
        eased=summed[2],
        heavy=summed[3],
    )


def subgraph(graph: DualGraph, nodes: Ints) -> DualGraph:
    """The part of a dual graph on some nodes (ascending); no link may lead out of them."""
    number = np.full(len(graph.area), -1, dtype=np.int64)
    number[nodes] = np.arange(len(nodes))
    degree = np.diff(graph.first)
    kept = np.repeat(number >= 0, degree)
    return DualGraph(
        node_of_face=number[graph.node_of_face],
        households=graph.households[nodes],
        area=graph.area[nodes],
        outer=graph.outer[nodes],
        first=np.r_[0, np.cumsum(degree[nodes])].astype(np.int64),
        neighbour=number[graph.neighbour[kept]],
        length=graph.length[kept],
        street=graph.street[kept],
        eased=graph.eased[kept],
        heavy=graph.heavy[kept],
    )


def _node_pairs(borders: FaceBorders, node: Ints) -> tuple[Ints, Ints, Bools]:
    """Nodes on both sides of the stretches that separate two nodes, and which those are."""
    b = node[np.maximum(borders.b, 0)]
    both = (borders.b >= 0) & (node[borders.a] != b)
    return node[borders.a][both], b[both], both


def compressed_rows(
    n: int, a: Ints, b: Ints, columns: tuple[Floats, ...]
) -> tuple[Ints, Ints, list[Floats]]:
    """Sum columns over equal pairs and lay them out as compressed sparse rows."""
    key, inverse = np.unique(np.r_[a * n + b, b * n + a], return_inverse=True)
    summed = [summed_by(inverse, np.r_[column, column], len(key)) for column in columns]
    first = np.searchsorted(key, np.arange(n + 1) * n)
    return first.astype(np.int64), (key % n).astype(np.int64), summed


def _border_weights(
    borders: FaceBorders, node: Ints, barriers: Geometries, weights: Floats, distance_m: float
) -> Floats:
    """Weight of the heaviest barrier within a distance of each stretch between two nodes, or 0."""
    weight = np.zeros(len(borders.a))
    if len(barriers) == 0:
        return weight
    rows = np.flatnonzero(_node_pairs(borders, node)[2])
    middle = shapely.points((borders.start[rows] + borders.end[rows]) / 2)
    which, on = shapely.STRtree(barriers).query(middle, predicate="dwithin", distance=distance_m)
    np.maximum.at(weight, rows[which], weights[on])
    return weight


def _join_scraps(atoms: Atoms) -> Ints:
    """Node of every face once scraps and enclosed atoms are joined to a neighbour."""
    node = atoms.atom
    built = np.zeros(int(node.max()) + 1, dtype=bool)
    built[node[atoms.face_of_building]] = True
    while True:
        group = _join_once(atoms, node, built)
        if len(group) == int(group.max()) + 1:
            return node
        joined = np.zeros(int(group.max()) + 1, dtype=bool)
        np.logical_or.at(joined, group, built)
        node, built = group[node], joined


def _join_once(atoms: Atoms, node: Ints, built: Bools) -> Ints:
    """Group of every node after scraps and enclosed atoms joined their closest neighbour."""
    borders = atoms.borders
    n = int(node.max()) + 1
    a, b, both = _node_pairs(borders, node)
    if len(a) == 0:
        return np.arange(n)
    first, neighbour, (length,) = compressed_rows(n, a, b, (borders.length[both],))
    outer = np.zeros(n, dtype=bool)
    outer[node[borders.a[borders.b < 0]]] = True
    degree = np.diff(first)
    area = summed_by(node, shapely.area(atoms.faces), n)
    joins = (degree > 0) & ((~built & (area < SCRAP_M2)) | ((degree == 1) & ~outer))
    row = np.repeat(np.arange(n), degree)
    order = np.lexsort((neighbour, -length, row))
    longest = neighbour[order][np.minimum(first[:-1], len(order) - 1)]
    source = np.flatnonzero(joins)
    return components(n, source, longest[source])

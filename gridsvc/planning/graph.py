"""The dual graph of the atoms: what touches what, over how long a border, on which barrier."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints, components, summed_by
from gridsvc.planning.atoms import Atoms
from gridsvc.planning.segments import FaceBorders

#: A border within this distance of a barrier's centre line lies on the barrier.
ON_BARRIER_M = 9.0
#: A border within this distance of it is the barrier itself.
IS_BARRIER_M = 0.05
#: Barriers of this weight and more are not crossed unless no plan exists without.
HEAVY = 1.0
#: What a border on the slightest barrier is eased by, where one on a heavy barrier is by 1.
SLIGHT_EASE = 0.65
#: Nobody crosses a border of which this share lies on a heavy barrier, or on one never to cross.
BARRED_SHARE = 0.5
#: Empty scraps of land below this area go to a neighbour before anything else is decided.
SCRAP_M2 = 150.0


@dataclass(frozen=True)
class Terrain:
    """What lies on a piece of land besides its faces.

    Attributes
    ----------
    households, load
        Per building cluster: households, and what the balance weighs.
    barriers, weights, never
        LineStrings near the piece, their weights, and which must not be crossed.
    seeds
        Points round which a cell of its own is to grow.
    earlier, earlier_row
        Polygons of earlier cells whose land is divided anew, and the row of each in that plan.
    """

    households: Ints
    load: Floats
    barriers: Geometries
    weights: Floats
    never: Bools
    seeds: Geometries
    earlier: Geometries
    earlier_row: Ints

    @property
    def lines(self) -> Geometries:
        """What borders follow: barriers, and the borders of earlier cells."""
        return np.concatenate([self.barriers, shapely.boundary(self.earlier)])


@dataclass(frozen=True)
class DualGraph:
    """Nodes are atoms (scraps joined to a neighbour); neighbours in compressed sparse rows.

    Attributes
    ----------
    node_of_face
        Node every face of the arrangement belongs to; -1 for faces of no node here.
    households, load, area, outer
        Per node: households, what the balance weighs, square metres, metres of border that
        lead to no other node.
    seats, home
        Per node: seeds in it, and the earlier cell it was in, -1 for none.
    first, neighbour
        Neighbours of node i are ``neighbour[first[i]:first[i + 1]]``, ascending. Borders that
        must not be crossed are no links.
    length, street, eased, heavy
        Per neighbour entry: metres of shared border; metres of it on barriers; the same weighted
        from `SLIGHT_EASE` for the slightest barrier to one for a heavy one; metres on heavy ones.
    """

    node_of_face: Ints
    households: Ints
    load: Floats
    area: Floats
    outer: Floats
    seats: Ints
    home: Ints
    first: Ints
    neighbour: Ints
    length: Floats
    street: Floats
    eased: Floats
    heavy: Floats

    @property
    def row(self) -> Ints:
        """Node each neighbour entry belongs to."""
        return np.repeat(np.arange(len(self.area)), np.diff(self.first))


def dual_graph(atoms: Atoms, terrain: Terrain) -> DualGraph:
    """Dual graph of one piece of land."""
    borders = atoms.borders
    home_of_face = _earlier_cell(atoms.faces, terrain)
    node = _join_scraps(atoms, home_of_face)
    n = int(node.max()) + 1
    stood_on = node[atoms.face_of_building]
    households, load = np.zeros(n, dtype=np.int64), np.zeros(n)
    np.add.at(households, stood_on, terrain.households)
    np.add.at(load, stood_on, terrain.load)
    seats = np.zeros(n, dtype=np.int64)
    np.add.at(seats, node[_faces_at(atoms.faces, terrain.seeds)], 1)
    a, b, both = _node_pairs(borders, node)
    weight, heaviest, never = _border_barriers(borders, both, terrain)
    length = borders.length[both]
    rising = (1 - SLIGHT_EASE) * np.minimum(weight, HEAVY) / HEAVY
    eased = np.where(weight > 0, SLIGHT_EASE + rising, 0)
    columns = (length, length * (weight > 0), length * eased, length * (heaviest >= HEAVY))
    first, neighbour, summed = compressed_rows(n, a, b, (*columns, length * never))
    rim = borders.b < 0
    whole = DualGraph(
        node_of_face=node,
        households=households,
        load=load,
        area=summed_by(node, shapely.area(atoms.faces), n),
        outer=summed_by(node[borders.a[rim]], borders.length[rim], n),
        seats=seats,
        home=_home_of_node(node, home_of_face, shapely.area(atoms.faces)),
        first=first,
        neighbour=neighbour,
        length=summed[0],
        street=summed[1],
        eased=summed[2],
        heavy=summed[3],
    )
    return with_links(whole, summed[4] <= BARRED_SHARE * summed[0])


def with_links(graph: DualGraph, kept: Bools) -> DualGraph:
    """The graph with some of its links only; what the others shared becomes outer border."""
    row = graph.row
    lost = np.bincount(row[~kept], graph.length[~kept], len(graph.area))
    degree = np.bincount(row[kept], minlength=len(graph.area))
    return replace(
        graph,
        outer=graph.outer + lost,
        first=np.r_[0, np.cumsum(degree)].astype(np.int64),
        neighbour=graph.neighbour[kept],
        length=graph.length[kept],
        street=graph.street[kept],
        eased=graph.eased[kept],
        heavy=graph.heavy[kept],
    )


def subgraph(graph: DualGraph, nodes: Ints) -> DualGraph:
    """The part of a dual graph on some nodes (ascending); links that lead out are left out."""
    number = np.full(len(graph.area) + 1, -1, dtype=np.int64)
    number[nodes] = np.arange(len(nodes))
    inside = with_links(graph, (number[graph.row] >= 0) & (number[graph.neighbour] >= 0))
    degree = np.diff(inside.first)
    return replace(
        inside,
        node_of_face=number[graph.node_of_face],
        households=graph.households[nodes],
        load=graph.load[nodes],
        area=graph.area[nodes],
        outer=inside.outer[nodes],
        seats=graph.seats[nodes],
        home=graph.home[nodes],
        first=np.r_[0, np.cumsum(degree[nodes])].astype(np.int64),
        neighbour=number[inside.neighbour],
    )


def in_common(graph: DualGraph, part: Ints) -> tuple[Ints, Ints, Floats]:
    """Pairs of a cell and an earlier cell that share nodes, and the load they share.

    Ground counts a little too, so that cells without load have something in common.
    """
    known = graph.home >= 0
    pairs, pair = np.unique(
        np.column_stack([part[known], graph.home[known]]), axis=0, return_inverse=True
    )
    weight = graph.load[known] + 1e-9 * graph.area[known]
    return pairs[:, 0], pairs[:, 1], summed_by(pair.ravel(), weight, len(pairs))


def _earlier_cell(faces: Geometries, terrain: Terrain) -> Ints:
    """Row of the earlier cell each face lies in, -1 for none."""
    home = np.full(len(faces), -1, dtype=np.int64)
    if len(terrain.earlier):
        inner = shapely.point_on_surface(faces)
        face, cell = shapely.STRtree(terrain.earlier).query(inner, predicate="intersects")
        home[face] = terrain.earlier_row[cell]
    return home


def _home_of_node(node: Ints, home_of_face: Ints, area: Floats) -> Ints:
    """Earlier cell of the largest face of every node."""
    home = np.full(int(node.max()) + 1, -1, dtype=np.int64)
    order = np.argsort(area, kind="stable")
    home[node[order]] = home_of_face[order]  # the last write, the largest face, stays
    return home


def _faces_at(faces: Geometries, points: Geometries) -> Ints:
    """Face under each point; points beside the faces are left out."""
    if len(points) == 0:
        return np.zeros(0, dtype=np.int64)
    point, face = shapely.STRtree(faces).query(points, predicate="intersects")
    return np.asarray(face[np.unique(point, return_index=True)[1]], dtype=np.int64)


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


def _border_barriers(
    borders: FaceBorders, both: Bools, terrain: Terrain
) -> tuple[Floats, Floats, Bools]:
    """Heaviest barrier near each stretch between nodes, heaviest it is itself, never to cross."""
    n = int(both.sum())
    near, itself, never = np.zeros(n), np.zeros(n), np.zeros(n, dtype=bool)
    if len(terrain.barriers) == 0:
        return near, itself, never
    middle = shapely.points((borders.start[both] + borders.end[both]) / 2)
    at, line = shapely.STRtree(terrain.barriers).query(
        middle, predicate="dwithin", distance=ON_BARRIER_M
    )
    np.maximum.at(near, at, terrain.weights[line])
    on = shapely.distance(middle[at], terrain.barriers[line]) <= IS_BARRIER_M
    np.maximum.at(itself, at[on], terrain.weights[line[on]])
    never[at[on & terrain.never[line]]] = True
    return near, itself, never


def _join_scraps(atoms: Atoms, home_of_face: Ints) -> Ints:
    """Node of every face once scraps and enclosed atoms are joined to a neighbour."""
    node = atoms.atom
    built = np.zeros(int(node.max()) + 1, dtype=bool)
    built[node[atoms.face_of_building]] = True
    while True:
        group = _join_once(atoms, node, built, home_of_face)
        if len(group) == int(group.max()) + 1:
            return node
        joined = np.zeros(int(group.max()) + 1, dtype=bool)
        np.logical_or.at(joined, group, built)
        node, built = group[node], joined


def _join_once(atoms: Atoms, node: Ints, built: Bools, home_of_face: Ints) -> Ints:
    """Group of every node after scraps and enclosed atoms joined their closest neighbour.

    A neighbour that was in the same earlier cell is closer than any other.
    """
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
    home = _home_of_node(node, home_of_face, shapely.area(atoms.faces))
    order = np.lexsort((neighbour, -length, home[row] != home[neighbour], row))
    longest = neighbour[order][np.minimum(first[:-1], len(order) - 1)]
    source = np.flatnonzero(joins)
    return components(n, source, longest[source])

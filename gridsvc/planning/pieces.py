"""One piece of land: laid out in atoms, and drawn as cells once they are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridsvc.planning.arrays import Floats, Geometries, Ints
from gridsvc.planning.atoms import Atoms, build_atoms
from gridsvc.planning.blocks import barrier_network
from gridsvc.planning.cells import union_faces
from gridsvc.planning.clusters import fuse
from gridsvc.planning.enclosures import open_enclosures
from gridsvc.planning.graph import DualGraph, Terrain, dual_graph, in_common
from gridsvc.planning.inputs import Inputs, polygon_parts
from gridsvc.planning.land import SPILL_SHARE, Land
from gridsvc.planning.sectors import sectors
from gridsvc.planning.smooth import smooth_borders
from gridsvc.planning.wish import Goal


@dataclass(frozen=True)
class Ground:
    """A piece of land laid out.

    Attributes
    ----------
    atoms, graph, sector
        The arrangement, its dual graph, and the sector of every node.
    mine, cluster, footprints
        Rows of the buildings planned here, the cluster of each, and every cluster's polygon.
    terrain
        Households, barriers and what else lies here.
    joined_ends
        Loose ends of barriers that were led on to the next line.
    """

    atoms: Atoms
    graph: DualGraph
    sector: Ints
    mine: Ints
    cluster: Ints
    footprints: Geometries
    terrain: Terrain
    joined_ends: int


@dataclass(frozen=True)
class PieceCells:
    """Cells of one piece of land.

    Attributes
    ----------
    ground, part
        The ground, and the cell of every node.
    polygons
        Polygon of every cell.
    cell_of_building
        Cell of each building planned here.
    joined
        Cells that had to be joined to the one enclosing them.
    """

    ground: Ground
    part: Ints
    polygons: Geometries
    cell_of_building: Ints
    joined: int

    @property
    def cell_of_cluster(self) -> Ints:
        """Cell of each cluster of buildings."""
        graph, atoms = self.ground.graph, self.ground.atoms
        return np.asarray(self.part[graph.node_of_face[atoms.face_of_building]])

    @property
    def earlier(self) -> Ints:
        """Row of the earlier cell each cell carries on, -1 for none."""
        heir = np.full(len(self.polygons), -1, dtype=np.int64)
        cells, homes, common = in_common(self.ground.graph, self.part)
        for row in np.argsort(-common, kind="stable"):
            if heir[cells[row]] < 0 and homes[row] not in heir:
                heir[cells[row]] = homes[row]
        return heir


def lay_out(
    inputs: Inputs,
    land: Land,
    trees: tuple[shapely.STRtree, shapely.STRtree],
    piece: int,
    goal: Goal,
) -> Ground:
    """Blocks, atoms, dual graph and sectors of one piece of land.

    Parameters
    ----------
    inputs, land
        Clean input and divided land.
    trees
        Indexes of the barriers and of the footprints.
    piece
        Which piece.
    goal
        Load a cell should have.
    """
    shape = land.pieces[piece]
    mine = np.flatnonzero(land.container == piece)
    residents = np.r_[mine, _guests(inputs, land, trees[1], piece)]
    cluster, footprints = fuse(_clipped(inputs.footprints[residents], shape))
    cluster = cluster[: len(mine)]
    near = np.sort(trees[0].query(shape, predicate="intersects"))
    opened = land.settled.opened
    opened = opened[shapely.intersects(inputs.previous[opened], shape)]
    terrain = Terrain(
        households=_summed(cluster, inputs.households[mine], len(footprints)).astype(np.int64),
        load=_summed(cluster, inputs.load[mine], len(footprints)),
        barriers=inputs.barriers[near],
        weights=inputs.weights[near],
        never=inputs.never[near],
        seeds=inputs.seeds[shapely.intersects(inputs.seeds, shape)],
        earlier=inputs.previous[opened],
        earlier_row=opened,
    )
    network, joined = barrier_network(shape, terrain.lines, shapely.STRtree(footprints))
    atoms = build_atoms(shape, network, footprints)
    graph = dual_graph(atoms, terrain)
    sector = sectors(graph, goal)
    return Ground(atoms, graph, sector, mine, cluster, footprints, terrain, joined)


def draw(ground: Ground, part: Ints, goal: Goal, seed: int) -> PieceCells:
    """Polygons of chosen cells: enclosures opened, borders straightened.

    Parameters
    ----------
    ground
        Ground of the piece.
    part
        Cell of every node, numbered from 0 without gaps; cells are connected.
    goal
        Load a cell should have.
    seed
        Seed of the divisions tried where one cell encloses another.
    """
    atoms, graph = ground.atoms, ground.graph
    part, joined = open_enclosures(atoms.faces, graph, part, goal, seed)
    polygons = union_faces(atoms.faces, part[graph.node_of_face])
    polygons = smooth_borders(polygons, ground.footprints, ground.terrain.lines)
    stands = graph.node_of_face[atoms.face_of_building[ground.cluster]]
    return PieceCells(ground, part, polygons, part[stands], joined)


def _summed(group: Ints, values: Ints | Floats, n: int) -> Floats:
    return np.bincount(group, values, n).astype(np.float64)


def _guests(inputs: Inputs, land: Land, tree: shapely.STRtree, piece: int) -> Ints:
    """Buildings that belong elsewhere and reach into a piece: not its own, but not to be cut."""
    near = np.sort(tree.query(land.pieces[piece], predicate="intersects"))
    near = near[land.container[near] != piece]
    inside = shapely.area(shapely.intersection(inputs.footprints[near], land.pieces[piece]))
    guest = inside > SPILL_SHARE * shapely.area(inputs.footprints[near])
    return np.asarray(near[guest], dtype=np.int64)


def _clipped(footprints: Geometries, ground: shapely.Polygon) -> Geometries:
    """Footprints cut to the land they are planned on, the largest part of each."""
    clipped = footprints.copy()
    over = np.flatnonzero(~shapely.covers(ground, footprints))
    for k in over:
        parts = polygon_parts(shapely.intersection(footprints[k], ground))
        clipped[k] = parts[int(shapely.area(parts).argmax())]
    return clipped

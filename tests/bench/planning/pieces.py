"""The atoms that every method divides: the only file that knows how gridsvc makes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridsvc.geo import metric_crs
from gridsvc.planning import plan
from gridsvc.planning.enclosures import open_enclosures
from gridsvc.planning.graph import DualGraph, subgraph
from gridsvc.planning.inputs import read_inputs
from gridsvc.planning.land import divide_land
from gridsvc.planning.pieces import Ground, lay_out
from gridsvc.planning.wish import Goal, Wish
from gridsvc.progress import silent

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Households a cell should have.
TARGET = 100
#: An atom with more households than this share of the target fills a cell by itself, and counts
#: as one target: no method can bring such a cell any nearer.
FULL = 1.1


@dataclass(frozen=True)
class Piece:
    """One connected piece of ordinary land, cut into atoms.

    Attributes
    ----------
    community
        Row of the boundary it belongs to.
    ground
        The piece as the planner lays it out.
    """

    community: int
    ground: Ground

    @property
    def faces(self) -> NDArray[np.object_]:
        """Polygons, a coverage of the piece; ``graph.node_of_face`` tells the atom of each."""
        return self.ground.atoms.faces

    @property
    def graph(self) -> DualGraph:
        """Dual graph of the atoms."""
        return self.ground.graph


@dataclass(frozen=True)
class Problem:
    """What a rival is asked: divide connected atoms into `k` cells of equal weight.

    Attributes
    ----------
    k
        Cells wanted; their mean comes as close to the target as a whole number can.
    weight
        Households of every atom, those of a whole tower as one target.
    centre
        Centroid of every atom, shape (n, 2), m.
    first, neighbour, length, eased
        Neighbours in compressed sparse rows, metres of shared border, metres of it on streets by
        how well these serve as a border.
    """

    k: int
    weight: Ints
    centre: Floats
    first: Ints
    neighbour: Ints
    length: Floats
    eased: Floats


def layers_of(town: Path) -> dict[str, gpd.GeoDataFrame]:
    """Layers of a town written by ``gridsvc demo``, in one metric CRS."""
    names = ("units", "boundary", "barriers", "special")
    layers = {name: gpd.read_file(town / "prepared.gpkg", layer=name) for name in names}
    crs = metric_crs(layers["boundary"])
    return {name: layer.to_crs(crs) for name, layer in layers.items()}


def atoms_of(layers: dict[str, gpd.GeoDataFrame]) -> list[Piece]:
    """Cut the ordinary land into atoms, as the planner does before it divides them."""
    names = ("units", "boundary", "barriers", "special")
    inputs = read_inputs(*(layers[name] for name in names))
    goal = Goal(TARGET)
    land = divide_land(inputs, goal)
    trees = shapely.STRtree(inputs.barriers), shapely.STRtree(inputs.footprints)
    grounds = [lay_out(inputs, land, trees, row, goal) for row in range(len(land.pieces))]
    return [
        Piece(int(community), ground)
        for community, ground in zip(land.piece_community, grounds, strict=True)
    ]


def ours(pieces: list[Piece], seed: int) -> list[Ints]:
    """Cell of every atom of every piece by the planner itself, on one core."""
    goal, wish = Goal(TARGET), Wish(target=TARGET, seed=seed)
    grounds = [piece.ground for piece in pieces]
    sectors = plan._sectors(grounds, goal, None)
    parts = plan._divide_all(grounds, sectors, goal, wish, 1, silent)
    return [
        open_enclosures(piece.faces, piece.graph, part, goal, seed)[0]
        for piece, part in zip(pieces, parts, strict=True)
    ]


def problems_of(piece: Piece, target: int) -> Iterator[tuple[Ints, Problem]]:
    """Nodes of every connected component of a piece and what is asked about them."""
    graph = piece.graph
    n = len(graph.households)
    centre = _centres(piece)
    row = np.repeat(np.arange(n), np.diff(graph.first))
    links = coo_array((np.ones(len(row)), (row, graph.neighbour)), shape=(n, n))
    component = connected_components(links, directed=False)[1]
    for one in range(int(component.max()) + 1):
        nodes = np.flatnonzero(component == one)
        part = subgraph(graph, nodes)
        weight = np.where(part.households > FULL * target, target, part.households)
        yield (
            nodes,
            Problem(
                k=cell_count(weight, target),
                weight=weight.astype(np.int64),
                centre=centre[nodes],
                first=part.first,
                neighbour=part.neighbour,
                length=part.length,
                eased=part.eased,
            ),
        )


def cell_count(weight: Ints, target: int) -> int:
    """Number of cells whose mean weight comes closest to the target; at least one."""
    total = float(weight.sum())
    low = max(int(total // target), 1)
    best = min((low, low + 1), key=lambda k: abs(total / k - target))
    return max(1, min(best, int((weight > 0).sum())))


def cells_of(piece: Piece, part: Ints) -> NDArray[np.object_]:
    """Polygon or MultiPolygon of every cell, numbered from 0."""
    cell = part[piece.graph.node_of_face]
    return np.array(
        [shapely.coverage_union_all(piece.faces[cell == one]) for one in range(part.max() + 1)],
        dtype=object,
    )


def _centres(piece: Piece) -> Floats:
    """Centroid of every atom: that of its faces, weighted by area."""
    node, area = piece.graph.node_of_face, shapely.area(piece.faces)
    middle = shapely.get_coordinates(shapely.centroid(piece.faces))
    sums = [np.bincount(node, area * values) for values in middle.T]
    return np.column_stack(sums) / np.bincount(node, area)[:, None]

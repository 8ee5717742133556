"""The planner: from buildings, communities, streets and sites to a plan of cells.

This page is the method; each step has a module of its own::

    inputs    what is accepted, cleaned, counted
    land      special sites cut out; the land that is left, in pieces
    clusters  buildings that overlap kept together
    blocks    streets mended, noded, polygonised
    atoms     the land round each building, faces of one planar arrangement
    graph     what touches what, and on which street
    seed      METIS: balanced, then connected
    refine    annealing: balance first, then streets, then shape
    cells     unions of faces, enclosures opened
    smooth    jagged borders straightened
    checks    the rules a plan must keep
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.arrays import Geometries, Ints
from gridsvc.planning.atoms import build_atoms
from gridsvc.planning.blocks import barrier_network
from gridsvc.planning.cells import open_enclosures, union_faces, with_matched_edges
from gridsvc.planning.checks import problems
from gridsvc.planning.clusters import fuse
from gridsvc.planning.graph import dual_graph
from gridsvc.planning.inputs import Inputs, polygon_parts, read_inputs
from gridsvc.planning.land import SPILL_SHARE, Land, divide_land
from gridsvc.planning.refine import partition
from gridsvc.planning.report import PieceFigures, piece_figures, plan_report
from gridsvc.planning.smooth import smooth_borders
from gridsvc.progress import Progress, silent


@dataclass(frozen=True)
class CellPlan:
    """A plan of cells.

    Attributes
    ----------
    cells
        Polygon; columns households (int), kind ('ordinary' or 'dedicated'), community (row of
        the boundary), site (row of the special layer, -1 for ordinary cells).
    building_cell
        Row of `cells` for every building row; -1 for a building outside every community.
    report
        Figures, checks, problems and notes on the data; JSON-serialisable.
    """

    cells: gpd.GeoDataFrame
    building_cell: Ints
    report: dict[str, Any]


@dataclass(frozen=True)
class PieceCells:
    """Cells of one piece of land: polygons, the cell of each of its buildings, figures."""

    polygons: Geometries
    cell_of_building: Ints
    figures: PieceFigures


def plan_cells(
    buildings: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame | None = None,
    special: gpd.GeoDataFrame | None = None,
    *,
    target: int = 100,
    seed: int = 0,
    progress: Progress = silent,
) -> CellPlan:
    """Divide communities into cells of about `target` households.

    Parameters
    ----------
    buildings
        Polygon; column ``households``, whole numbers >= 0.
    boundary
        Polygon or MultiPolygon; each row is a community that no cell crosses.
    barriers
        LineString; optional column ``w``: how well it serves as a border; 1 and more must not be
        crossed without need.
    special
        Polygon; sites that become dedicated cells.
    target
        Households a cell should have.
    seed
        The same input and seed give the same plan.
    progress
        Told the running step and the share of it done.

    Returns
    -------
    CellPlan
        A coverage of the boundary. All frames must be in one projected CRS in metres, and the
        plan is in it too.

    Raises
    ------
    BadInput
        If a layer cannot be used as it is.
    """
    if target < 1:
        raise BadInput(f"target is {target}; give at least one household per cell")
    inputs = read_inputs(buildings, boundary, barriers, special)
    land = divide_land(inputs)
    trees = shapely.STRtree(inputs.barriers), shapely.STRtree(inputs.footprints)
    planned = []
    for piece in range(len(land.pieces)):
        progress("plan", piece / len(land.pieces))
        planned.append(_plan_piece(inputs, land, trees, piece, target, seed))
    progress("plan", 1.0)
    cells, building_cell = _assemble(inputs, land, planned, boundary)
    progress("check", 0.0)
    found = problems(cells, buildings=buildings, boundary=boundary, special=special)
    report = plan_report(cells, target, inputs, [piece.figures for piece in planned], found)
    progress("check", 1.0)
    return CellPlan(cells, building_cell, report)


def _plan_piece(
    inputs: Inputs,
    land: Land,
    trees: tuple[shapely.STRtree, shapely.STRtree],
    piece: int,
    target: int,
    seed: int,
) -> PieceCells:
    """Plan one connected piece of land: blocks, atoms, graph, seed, refine, cells."""
    ground = land.pieces[piece]
    mine = np.flatnonzero(land.container == piece)
    residents = np.r_[mine, _guests(inputs, land, trees[1], piece)]
    cluster, footprints = fuse(_clipped(inputs.footprints[residents], ground))
    households = np.zeros(len(footprints), dtype=np.int64)
    np.add.at(households, cluster[: len(mine)], inputs.households[mine])
    near = np.sort(trees[0].query(ground, predicate="intersects"))
    lines, weights = inputs.barriers[near], inputs.weights[near]
    seed = int(np.random.SeedSequence([seed, piece]).generate_state(1)[0])

    network = barrier_network(ground, lines, shapely.STRtree(footprints))
    atoms = build_atoms(ground, network, footprints)
    graph = dual_graph(atoms, households, lines, weights)
    part = partition(graph, target, seed)
    part, joined = open_enclosures(atoms.faces, graph, part, target, seed)
    polygons = union_faces(atoms.faces, part[graph.node_of_face])
    polygons = smooth_borders(polygons, footprints, lines)

    cell = part[graph.node_of_face[atoms.face_of_building]]
    figures = piece_figures(graph, part, (cluster, households, cell), target, joined)
    return PieceCells(polygons, cell[cluster[: len(mine)]], figures)


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


def _assemble(
    inputs: Inputs, land: Land, planned: list[PieceCells], boundary: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, Ints]:
    """One frame of all cells, ordinary before dedicated, and the cell of every building."""
    counts = np.array([len(piece.polygons) for piece in planned], dtype=np.int64)
    starts = np.r_[0, np.cumsum(counts)].astype(np.int64)
    cell = np.full(len(inputs.footprints), -1, dtype=np.int64)
    for piece, one in enumerate(planned):
        cell[land.container == piece] = starts[piece] + one.cell_of_building
    in_site = land.container >= len(land.pieces)
    cell[in_site] = starts[-1] + land.container[in_site] - len(land.pieces)
    ordinary, dedicated = int(starts[-1]), len(land.site_cells)
    held = cell >= 0
    households = np.zeros(ordinary + dedicated, dtype=np.int64)
    np.add.at(households, cell[held], inputs.households[held])
    frame = gpd.GeoDataFrame(
        {
            "households": households,
            "kind": ["ordinary"] * ordinary + ["dedicated"] * dedicated,
            "community": np.r_[np.repeat(land.piece_community, counts), land.site_community],
            "site": np.r_[np.full(ordinary, -1, dtype=np.int64), land.site_row],
        },
        geometry=with_matched_edges(
            np.concatenate([*(one.polygons for one in planned), land.site_cells])
        ),
        crs=boundary.crs,
    )
    return frame, cell

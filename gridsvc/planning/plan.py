"""The planner: from buildings, communities, streets and sites to a plan of cells.

This page is the method; each step has a module of its own::

    inputs    what is accepted, cleaned, counted
    land      sites and settled cells cut out; the land that is left, in pieces
    pieces    one piece after another, on all cores:
      clusters  buildings that overlap kept together
      blocks    streets mended, noded, polygonised
      atoms     the land round each building, faces of one planar arrangement
      graph     what touches what, and on which street
    sectors   land between heavy barriers, where its households allow
    counts    how many cells each sector gets
    divide    one sector after another, on all cores:
      seed      METIS: balanced, then connected; or an earlier plan
      refine    annealing: balance first, then streets, then shape
    enclosures  no cell left inside another
    cells     unions of faces
    smooth    jagged borders straightened on streets, pulled `tighten` through blocks
    checks    the rules a plan must keep
    report    why every cell is as it is
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.planning.arrays import Ints
from gridsvc.planning.cells import with_matched_edges
from gridsvc.planning.checks import problems
from gridsvc.planning.counts import Holding, allot
from gridsvc.planning.crew import each
from gridsvc.planning.divide import divide_sector
from gridsvc.planning.graph import subgraph
from gridsvc.planning.inputs import Inputs, read_inputs
from gridsvc.planning.land import Land, divide_land
from gridsvc.planning.pieces import Ground, PieceCells, draw, lay_out
from gridsvc.planning.refine import make_ready
from gridsvc.planning.report import plan_report
from gridsvc.planning.wish import Given, Goal, Wish
from gridsvc.progress import Progress, silent


@dataclass(frozen=True)
class CellPlan:
    """A plan of cells.

    Attributes
    ----------
    cells
        Polygon; columns households (int), load (float: what the balance weighs), kind
        ('ordinary' or 'dedicated'), community (row of the boundary), site (row of the special
        layer, -1 for ordinary cells), locked (row of the locked cells or -1), previous (row of
        the earlier cell it carries on, -1 for a new one).
    building_cell
        Row of `cells` for every building row; -1 for a building outside every community.
    report
        Figures, checks, problems and notes on the data; JSON-serialisable.
    """

    cells: gpd.GeoDataFrame
    building_cell: Ints
    report: dict[str, Any]


@dataclass(frozen=True)
class Sector:
    """Land to divide: a piece, the nodes of it, and how many cells it gets."""

    piece: int
    nodes: Ints
    cells: int


def plan_cells(
    buildings: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame | None = None,
    special: gpd.GeoDataFrame | None = None,
    *,
    wish: Wish | None = None,
    given: Given | None = None,
    workers: int = 1,
    progress: Progress = silent,
) -> CellPlan:
    """Divide communities into cells of about the same load.

    Parameters
    ----------
    buildings
        Polygon; column ``households``, whole numbers >= 0, and what else the wish weighs.
    boundary
        Polygon or MultiPolygon; each row is a community that no cell crosses.
    barriers
        LineString; optional columns ``w``, how well it serves as a border (1 and more is not
        crossed without need), and ``never``, true where no cell may cross.
    special
        Polygon; sites that become dedicated cells.
    wish
        Size and number of the cells; about 100 households each if None.
    given
        Zones, seeds, locked cells, an earlier plan.
    workers
        Threads to use; the plan does not depend on it.
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
        If a layer or the wish cannot be used as it is.
    """
    wish, given = wish or Wish(), given or Given()
    wish.check()
    make_ready()
    inputs = read_inputs(buildings, boundary, barriers, special, given, wish)
    goal = Goal.of(wish, float(inputs.load.sum()))
    land = divide_land(inputs, goal)
    wanted = None if wish.cells is None else max(wish.cells - len(land.settled.cells), 0)
    if wanted is not None:
        goal = Goal.of(replace(wish, cells=max(wanted, 1)), land.load(inputs))
    grounds = _lay_out_all(inputs, land, goal, workers, progress)
    sectors = _sectors(grounds, goal, wanted)
    parts = _divide_all(grounds, sectors, goal, wish, workers, progress)
    planned = _draw_all(grounds, parts, goal, wish.seed, workers, progress)
    cells, building_cell = _assemble(inputs, land, planned, boundary)
    progress("check", 0.0)
    found = problems(cells, buildings=buildings, boundary=boundary, special=special)
    report = plan_report(cells, wish, goal, inputs, land, planned, found)
    progress("check", 1.0)
    return CellPlan(cells, building_cell, report)


def _lay_out_all(
    inputs: Inputs, land: Land, goal: Goal, workers: int, progress: Progress
) -> list[Ground]:
    """Every piece of land laid out in atoms."""
    trees = shapely.STRtree(inputs.barriers), shapely.STRtree(inputs.footprints)
    pieces = range(len(land.pieces))
    residents = np.bincount(land.container[land.container >= 0], minlength=len(land.pieces))
    sizes = [1.0 + float(count) for count in residents[: len(land.pieces)]]

    def work(piece: int) -> Ground:
        return lay_out(inputs, land, trees, piece, goal)

    return each(work, pieces, sizes, step="lay out", progress=progress, workers=workers)


def _sectors(grounds: list[Ground], goal: Goal, wanted: int | None) -> list[Sector]:
    """All sectors of all pieces and the number of cells of each."""
    found = [
        (piece, np.flatnonzero(ground.sector == one))
        for piece, ground in enumerate(grounds)
        for one in range(int(ground.sector.max()) + 1)
    ]
    holdings = [Holding.of(grounds[piece].graph, nodes, goal) for piece, nodes in found]
    counts = allot(holdings, goal, wanted)
    return [Sector(*one, cells) for one, cells in zip(found, counts, strict=True)]


def _divide_all(
    grounds: list[Ground],
    sectors: list[Sector],
    goal: Goal,
    wish: Wish,
    workers: int,
    progress: Progress,
) -> list[Ints]:
    """Cell of every node of every piece, numbered from 0 in each."""

    def work(number: int) -> Ints:
        sector = sectors[number]
        graph = subgraph(grounds[sector.piece].graph, sector.nodes)
        chance, exactly = _chance(wish.seed, number), wish.cells is not None
        return divide_sector(graph, sector.cells, goal, chance, exactly=exactly)

    sizes = [float(len(sector.nodes)) for sector in sectors]
    divided = each(
        work, range(len(sectors)), sizes, step="divide", progress=progress, workers=workers
    )
    parts = [np.full(len(ground.graph.area), -1, dtype=np.int64) for ground in grounds]
    for sector, part in zip(sectors, divided, strict=True):
        parts[sector.piece][sector.nodes] = part + parts[sector.piece].max() + 1
    return parts


def _draw_all(
    grounds: list[Ground],
    parts: list[Ints],
    goal: Goal,
    seed: int,
    workers: int,
    progress: Progress,
) -> list[PieceCells]:
    """Polygons of all cells, piece by piece."""

    def work(piece: int) -> PieceCells:
        return draw(grounds[piece], parts[piece], goal, _chance(seed, piece))

    sizes = [float(len(part)) for part in parts]
    return each(work, range(len(grounds)), sizes, step="draw", progress=progress, workers=workers)


def _chance(seed: int, number: int) -> int:
    """Seed of one part of the work, independent of the others'."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _assemble(
    inputs: Inputs, land: Land, planned: list[PieceCells], boundary: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, Ints]:
    """One frame of all cells, ordinary before dedicated, and the cell of every building."""
    counts = np.array([len(piece.polygons) for piece in planned], dtype=np.int64)
    starts = np.r_[0, np.cumsum(counts)].astype(np.int64)
    made, sites, settled = int(starts[-1]), len(land.site_cells), land.settled
    cell = np.full(len(inputs.footprints), -1, dtype=np.int64)
    for start, piece in zip(starts, planned, strict=False):
        cell[piece.ground.mine] = start + piece.cell_of_building
    # Containers number the sites first, the frame the settled cells, which are ordinary too.
    container = land.container - len(land.pieces)
    in_site, in_settled = (container >= 0) & (container < sites), container >= sites
    cell[in_settled] = made + container[in_settled] - sites
    cell[in_site] = made + len(settled.cells) + container[in_site]
    ordinary = made + len(settled.cells)
    held = cell >= 0
    households, load = np.zeros(ordinary + sites, dtype=np.int64), np.zeros(ordinary + sites)
    np.add.at(households, cell[held], inputs.households[held])
    np.add.at(load, cell[held], inputs.load[held])
    none_of_sites = np.full(sites, -1, dtype=np.int64)
    previous = [piece.earlier for piece in planned]
    frame = gpd.GeoDataFrame(
        {
            "households": households,
            "load": load,
            "kind": ["ordinary"] * ordinary + ["dedicated"] * sites,
            "community": np.r_[
                np.repeat(land.piece_community, counts),
                land.settled_community,
                land.site_community,
            ],
            "site": np.r_[np.full(ordinary, -1, dtype=np.int64), land.site_row],
            "locked": np.r_[np.full(made, -1), settled.locked_row, none_of_sites],
            "previous": np.r_[*previous, settled.previous_row, none_of_sites].astype(np.int64),
        },
        geometry=with_matched_edges(
            np.concatenate([*(piece.polygons for piece in planned), settled.cells, land.site_cells])
        ),
        crs=boundary.crs,
    )
    return frame, cell

"""Grids from micro-grids: connected, compact groups of cells near a number of households."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.arrays import Floats, Geometries, Ints, components
from gridsvc.planning.counts import Holding, cell_count
from gridsvc.planning.enclosures import open_enclosures
from gridsvc.planning.graph import DualGraph, compressed_rows, subgraph
from gridsvc.planning.inputs import whole_households
from gridsvc.planning.refine import refine
from gridsvc.planning.seed import earlier_partition, seed_partition
from gridsvc.planning.wish import Goal

#: Share of its target by which a grid may be off: whole cells cannot be shared more finely.
TOLERANCE = 0.2
#: An earlier grid stays up to this share off its target: three to four cells.
EARLIER_TOLERANCE = 0.5
#: Borders closer than this are shared: cells may come back rounded from a file or database.
TOUCH_M = 0.05
#: Cells that share less border than this touch in a corner only.
CORNER_M = 1.0


def group_cells(
    cells: gpd.GeoDataFrame, *, target: int = 300, seed: int = 0, earlier: Ints | None = None
) -> Ints:
    """Grid of every cell: whole cells in connected groups near a number of households.

    Parameters
    ----------
    cells
        Polygon in a projected CRS in metres, a coverage; columns ``households``, ``kind``
        ('ordinary' or 'dedicated') and ``community``.
    target
        Households a grid should have: three to four cells of a hundred.
    seed
        The same cells and seed give the same groups.
    earlier
        Group each cell was in before, -1 for a new one: groups stay where they still balance, and
        change as little as need be elsewhere.

    Returns
    -------
    array of int
        Group of every row, numbered from 0: a group holds ordinary cells of one community, or
        one dedicated cell.

    Raises
    ------
    BadInput
        If `target` is below one or a needed column is missing.
    """
    if target < 1:
        raise BadInput(f"grid target is {target}; give at least one household per grid")
    if cells.empty:
        return np.zeros(0, dtype=np.int64)
    for column in ("kind", "community"):
        if column not in cells.columns:
            raise BadInput(f"the cells have no column '{column}'")
    households = whole_households(cells)
    shapes = cells.geometry.to_numpy(dtype=object)
    home = np.full(len(cells), -1, dtype=np.int64) if earlier is None else earlier
    group = np.full(len(cells), -1, dtype=np.int64)
    ordinary = (cells["kind"] == "ordinary").to_numpy(dtype=bool)
    community = cells["community"].to_numpy()
    for one in np.unique(community):
        rows = np.flatnonzero(ordinary & (community == one))
        if len(rows):
            found = _group_community(shapes[rows], households[rows], home[rows], target, seed)
            group[rows] = group.max() + 1 + found
    alone = np.flatnonzero(~ordinary)
    group[alone] = group.max() + 1 + np.arange(len(alone))
    return group


def dissolve(cells: gpd.GeoDataFrame, groups: Ints) -> gpd.GeoDataFrame:
    """One polygon per group of cells.

    Parameters
    ----------
    cells
        Polygon; columns households, kind, community, site.
    groups
        Group of every row, numbered from 0 without gaps.

    Returns
    -------
    GeoDataFrame
        Row g is group g: union of its cells, households summed, the other columns of its first
        cell; same columns and CRS as `cells`.
    """
    order = np.argsort(groups, kind="stable")
    first = order[np.searchsorted(groups[order], np.arange(int(groups.max()) + 1))]
    grids = cells.iloc[first].reset_index(drop=True)
    grids["households"] = np.bincount(groups, cells["households"]).astype(np.int64)
    shapes = cells.geometry.to_numpy(dtype=object)
    merged = [shapely.union_all(shapes[groups == g]) for g in range(len(grids))]
    return grids.set_geometry(gpd.GeoSeries(merged, crs=cells.crs))


def _group_community(
    shapes: Geometries, households: Ints, home: Ints, target: int, seed: int
) -> Ints:
    """Groups of the ordinary cells of one community, numbered from 0."""
    graph = replace(cell_graph(shapes, households), home=home)
    goal = Goal(target, TOLERANCE)
    component = components(len(shapes), graph.row, graph.neighbour)
    part = np.full(len(shapes), -1, dtype=np.int64)
    for one in range(int(component.max()) + 1):
        cells = np.flatnonzero(component == one)
        groups = _divide(subgraph(graph, cells), goal, seed)
        part[cells] = part.max() + 1 + groups
    return open_enclosures(shapes, graph, part, goal, seed)[0]


def _divide(graph: DualGraph, goal: Goal, seed: int) -> Ints:
    """Groups of connected cells: the earlier ones if they still balance."""
    count = _group_count(graph.load, goal)
    if (graph.home < 0).all():
        return refine(graph, seed_partition(graph, count, goal.target, seed), goal, seed)
    as_before = earlier_partition(graph, len(np.unique(graph.home[graph.home >= 0])))
    load = np.bincount(as_before, graph.load)
    if (np.abs(load - goal.target) <= EARLIER_TOLERANCE * goal.target).all():
        return as_before
    return refine(graph, earlier_partition(graph, count), goal, seed)


def _group_count(load: Floats, goal: Goal) -> int:
    """Number of groups: near the target, and none with fewer or many more cells than it takes.

    With grids of 300 from cells of about 100 that is three to four cells each, wherever the
    number of cells can be divided so.
    """
    inhabited = max(int((load > 0).sum()), 1)
    wanted = cell_count(Holding(float(load.sum()), inhabited), goal)
    each = max(round(goal.target / max(float(load.sum()) / inhabited, 1e-9)), 1)
    least, most = -(-inhabited // (each + 1)), max(inhabited // each, 1)
    return min(max(wanted, least), most) if least <= most else min(wanted, inhabited)


def cell_graph(shapes: Geometries, households: Ints) -> DualGraph:
    """Dual graph of cells as they are, rounded borders allowed."""
    a, b, length = shared_borders(shapes)
    n = len(shapes)
    none = np.zeros(len(a))
    first, neighbour, summed = compressed_rows(n, a, b, (length, none, none, none))
    shared = np.bincount(np.r_[a, b], np.r_[length, length], n)
    return DualGraph(
        node_of_face=np.arange(n),
        households=households,
        load=households.astype(np.float64),
        area=shapely.area(shapes),
        outer=np.maximum(shapely.length(shapes) - shared, 0),
        seats=np.zeros(n, dtype=np.int64),
        home=np.full(n, -1, dtype=np.int64),
        first=first,
        neighbour=neighbour,
        length=summed[0],
        street=summed[1],
        eased=summed[2],
        heavy=summed[3],
    )


def shared_borders(shapes: Geometries) -> tuple[Ints, Ints, Floats]:
    """Pairs of areas that share a border, and the metres they share.

    Parameters
    ----------
    shapes
        Polygons in a metric CRS; borders may differ by up to `TOUCH_M`.
    """
    a, b = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=TOUCH_M)
    once = a < b
    a, b = a[once], b[once]
    wide = shapely.buffer(shapes, TOUCH_M, quad_segs=2)
    length = shapely.length(shapely.intersection(shapely.boundary(shapes[a]), wide[b]))
    real = length > CORNER_M
    return a[real].astype(np.int64), b[real].astype(np.int64), length[real]

"""What a planner reads about a plan: figures, checks, and what was found in the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.planning.arrays import Ints
from gridsvc.planning.checks import CHECKS, Problem
from gridsvc.planning.graph import DualGraph
from gridsvc.planning.inputs import Inputs
from gridsvc.planning.seed import FULL


@dataclass(frozen=True)
class PieceFigures:
    """Figures of one piece of land that its cells' polygons no longer tell.

    Attributes
    ----------
    cells
        Number of cells.
    border_m, border_on_barrier_m
        Length of the borders between cells, and of that on barriers.
    heavy_inside_m
        Length of heavy barriers that run inside a cell.
    empty_atoms
        Bits of land without households, attached to cells.
    overlapping
        Buildings kept together because they overlap.
    large
        Cell of every cluster of buildings with more than 110 % of the target.
    joined
        Cells joined to the cell that enclosed them.
    """

    cells: int
    border_m: float
    border_on_barrier_m: float
    heavy_inside_m: float
    empty_atoms: int
    overlapping: int
    large: Ints
    joined: int


def piece_figures(
    graph: DualGraph, part: Ints, clusters: tuple[Ints, Ints, Ints], target: int, joined: int
) -> PieceFigures:
    """Figures of one piece of land.

    Parameters
    ----------
    graph, part
        Dual graph and cell of every node.
    clusters
        Cluster of every building; households and cell of every cluster.
    target
        Households a cell should have.
    joined
        Cells joined to the cell that enclosed them.
    """
    cluster, households, cell = clusters
    row = np.repeat(np.arange(len(part)), np.diff(graph.first))
    cut = part[row] != part[graph.neighbour]
    sizes = np.bincount(cluster)
    return PieceFigures(
        cells=int(part.max()) + 1,
        border_m=float(graph.length[cut].sum() / 2),
        border_on_barrier_m=float(graph.street[cut].sum() / 2),
        heavy_inside_m=float(graph.heavy[~cut].sum() / 2),
        empty_atoms=int((graph.households == 0).sum()),
        overlapping=int(sizes[sizes > 1].sum()),
        large=cell[households > FULL * target],
        joined=joined,
    )


def plan_report(
    cells: gpd.GeoDataFrame,
    target: int,
    inputs: Inputs,
    pieces: list[PieceFigures],
    found: list[Problem],
) -> dict[str, Any]:
    """Everything a planner should know about a plan, JSON-serialisable.

    Returns
    -------
    dict
        ``figures``, ``checks`` {name: passed}, ``problems`` [{check, cells, detail}] and
        ``data`` {what was found: count}.
    """
    failed = {problem.check for problem in found}
    notes = dict(inputs.notes)
    starts = np.cumsum([0] + [p.cells for p in pieces])
    large = np.concatenate([[], *(at + p.large for at, p in zip(starts, pieces, strict=False))])
    notes["buildings above 110 % of the target"] = len(large)
    notes["buildings that overlap another (kept together)"] = sum(p.overlapping for p in pieces)
    notes["bits of land without households (attached to cells)"] = sum(
        p.empty_atoms for p in pieces
    )
    notes["cells joined to the cell that enclosed them"] = sum(p.joined for p in pieces)
    ordinary = cells[cells["kind"] == "ordinary"]
    notes["ordinary cells without households"] = int((ordinary["households"] == 0).sum())
    return {
        "figures": _figures(cells, ordinary, target, pieces)
        | _without_large(ordinary.drop(index=np.unique(large)), target),
        "checks": {name: name not in failed for name in CHECKS},
        "problems": [vars(problem) for problem in found],
        "data": {name: count for name, count in notes.items() if count},
    }


def _figures(
    cells: gpd.GeoDataFrame, ordinary: gpd.GeoDataFrame, target: int, pieces: list[PieceFigures]
) -> dict[str, Any]:
    """Balance, shape and borders; shares are None where nothing can be measured."""
    held = ordinary["households"].to_numpy(float)
    off = np.abs(held[held > 0] - target) / target
    shapes = ordinary.geometry.to_numpy(dtype=object)
    compact = 4 * np.pi * shapely.area(shapes) / shapely.length(shapes) ** 2
    border = sum(p.border_m for p in pieces)
    return {
        "target": target,
        "cells": len(cells),
        "ordinary_cells": len(ordinary),
        "dedicated_cells": len(cells) - len(ordinary),
        "populated_ordinary_cells": len(off),
        "households": int(cells["households"].sum()),
        "mean_deviation_pct": _pct(off.mean()) if len(off) else None,
        "within10_pct": _pct((off <= 0.1 + 1e-9).mean()) if len(off) else None,
        "within20_pct": _pct((off <= 0.2 + 1e-9).mean()) if len(off) else None,
        "compactness_median": _rounded(np.median(compact)) if len(compact) else None,
        "compactness_p10": _rounded(np.percentile(compact, 10)) if len(compact) else None,
        "inner_border_km": _rounded(border / 1000),
        "border_on_barriers_pct": _pct(sum(p.border_on_barrier_m for p in pieces) / border)
        if border
        else None,
        "heavy_barriers_inside_cells_km": _rounded(sum(p.heavy_inside_m for p in pieces) / 1000),
    }


def _without_large(ordinary: gpd.GeoDataFrame, target: int) -> dict[str, Any]:
    """Balance of the cells that hold no building which alone exceeds the tolerance."""
    held = ordinary["households"].to_numpy(float)
    off = np.abs(held[held > 0] - target) / target
    return {
        "cells_without_large_building": len(off),
        "within10_without_large_pct": _pct((off <= 0.1 + 1e-9).mean()) if len(off) else None,
    }


def _pct(share: float) -> float:
    return round(100 * float(share), 2)


def _rounded(value: float) -> float:
    return round(float(value), 4)

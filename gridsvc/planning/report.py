"""What a planner reads about a plan: figures against aims, checks, reasons, data, limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.planning.arrays import Floats, Ints
from gridsvc.planning.checks import CHECKS, Problem
from gridsvc.planning.counts import FULL
from gridsvc.planning.inputs import Inputs
from gridsvc.planning.land import Land
from gridsvc.planning.pieces import PieceCells
from gridsvc.planning.reasons import outside_tolerance
from gridsvc.planning.wish import Goal, Wish

#: Figures a good plan reaches: name, value, whether more is better.
AIMS = (
    ("within_tolerance_pct", 97.0, True),
    ("within_twice_tolerance_pct", 99.5, True),
    ("mean_deviation_pct", 5.0, False),
    ("compactness_median", 0.60, True),
    ("compactness_p10", 0.42, True),
    ("border_on_barriers_pct", 80.0, True),
)
#: Most columns of the histogram.
HISTOGRAM_COLUMNS = 24


def plan_report(
    cells: gpd.GeoDataFrame,
    wish: Wish,
    goal: Goal,
    inputs: Inputs,
    land: Land,
    planned: list[PieceCells],
    found: list[Problem],
) -> dict[str, Any]:
    """Everything a planner should know about a plan, JSON-serialisable.

    Returns
    -------
    dict
        ``figures``; ``aims`` [{name, value, wanted, at_least, met}]; ``histogram`` of the load of
        ordinary cells {from, to, cells}; ``outside`` [{cell (row), load, deviation_percent,
        reason, detail}]; ``limits``, what was wished for and cannot be met [{constraint, asked,
        possible, detail}]; ``checks`` {name: passed}; ``problems`` [{check, cells, detail}];
        ``data`` {what was found: count}.
    """
    failed = {problem.check for problem in found}
    ordinary = cells[cells["kind"] == "ordinary"]
    figures = _figures(cells, goal, planned) | _without_large(ordinary, goal, planned)
    return {
        "figures": figures,
        "aims": _aims(figures),
        "histogram": _histogram(ordinary["load"].to_numpy(float), goal),
        "outside": outside_tolerance(ordinary, goal, planned, land.settled),
        "limits": _limits(ordinary, wish, inputs),
        "checks": {name: name not in failed for name in CHECKS},
        "problems": [asdict(problem) for problem in found],
        "data": _data(ordinary, goal, inputs, planned),
    }


def _figures(cells: gpd.GeoDataFrame, goal: Goal, planned: list[PieceCells]) -> dict[str, Any]:
    """Balance, shape and borders; shares are None where nothing can be measured."""
    ordinary = cells[cells["kind"] == "ordinary"]
    off = _deviation(ordinary["load"].to_numpy(float), goal)
    shapes = ordinary.geometry.to_numpy(dtype=object)
    compact = 4 * np.pi * shapely.area(shapes) / shapely.length(shapes) ** 2
    border, on_barriers, heavy_inside = _borders(planned)
    return {
        "target": _plain(goal.target),
        "tolerance_pct": _pct(goal.tolerance),
        "cells": len(cells),
        "ordinary_cells": len(ordinary),
        "dedicated_cells": len(cells) - len(ordinary),
        "populated_ordinary_cells": len(off),
        "households": int(cells["households"].sum()),
        "mean_deviation_pct": _pct(off.mean()) if len(off) else None,
        "within_tolerance_pct": _within(off, goal.tolerance),
        "within_twice_tolerance_pct": _within(off, 2 * goal.tolerance),
        "within10_pct": _within(off, 0.1),
        "within20_pct": _within(off, 0.2),
        "compactness_median": _rounded(np.median(compact)) if len(compact) else None,
        "compactness_p10": _rounded(np.percentile(compact, 10)) if len(compact) else None,
        "inner_border_km": _rounded(border / 1000),
        "border_on_barriers_pct": _pct(on_barriers / border) if border else None,
        "heavy_barriers_inside_cells_km": _rounded(heavy_inside / 1000),
    }


def _borders(planned: list[PieceCells]) -> tuple[float, float, float]:
    """Metres of border between cells, of it on barriers, of heavy barriers inside cells."""
    border = on_barriers = heavy_inside = 0.0
    for piece in planned:
        graph = piece.ground.graph
        cut = piece.part[graph.row] != piece.part[graph.neighbour]
        border += float(graph.length[cut].sum() / 2)
        on_barriers += float(graph.street[cut].sum() / 2)
        heavy_inside += float(graph.heavy[~cut].sum() / 2)
    return border, on_barriers, heavy_inside


def _without_large(
    ordinary: gpd.GeoDataFrame, goal: Goal, planned: list[PieceCells]
) -> dict[str, Any]:
    """Balance of the cells that hold no building which alone exceeds the tolerance."""
    small = np.ones(len(ordinary), dtype=bool)
    start = 0
    for piece in planned:
        large = piece.ground.terrain.load > FULL * goal.target
        small[start + piece.cell_of_cluster[large]] = False
        start += len(piece.polygons)
    off = _deviation(ordinary["load"].to_numpy(float)[small], goal)
    return {
        "cells_without_large_building": len(off),
        "within10_without_large_pct": _within(off, 0.1),
        "within20_without_large_pct": _within(off, 0.2),
    }


def _deviation(load: Floats, goal: Goal) -> Floats:
    """Deviation of every populated cell as a share of the target."""
    return np.asarray(np.abs(load[load > 0] - goal.target) / goal.target)


def _within(off: Floats, share: float) -> float | None:
    return _pct((off <= share + 1e-9).mean()) if len(off) else None


def _aims(figures: dict[str, Any]) -> list[dict[str, Any]]:
    told = []
    for name, wanted, at_least in AIMS:
        value = figures[name]
        met = None if value is None else bool(value >= wanted if at_least else value <= wanted)
        told.append(
            {"name": name, "value": value, "wanted": wanted, "at_least": at_least, "met": met}
        )
    return told


def _histogram(load: Floats, goal: Goal) -> dict[str, Any]:
    """Number of cells by load, in steps of a tenth of the target up to the largest."""
    step = goal.target / 10
    top = float(load.max()) if len(load) else goal.target
    columns = min(int(top // step) + 1, HISTOGRAM_COLUMNS)
    edges = step * np.arange(columns + 1)
    edges[-1] = max(edges[-1], top)
    counts = np.histogram(load, edges)[0]
    return {
        "from": [_plain(edge) for edge in edges[:-1]],
        "to": [_plain(edge) for edge in edges[1:]],
        "cells": counts.tolist(),
    }


def _limits(ordinary: gpd.GeoDataFrame, wish: Wish, inputs: Inputs) -> list[dict[str, Any]]:
    """What was wished for and the plan cannot give, each with what it gives instead."""
    load = ordinary["load"].to_numpy(float)
    told = []
    if wish.cells is not None and wish.cells != len(ordinary):
        some = "land that hangs together, settled cells or inhabited buildings"
        told.append(_limit("cells", wish.cells, len(ordinary), f"{some} set the number"))
    if wish.least is not None and (below := int((load < wish.least).sum())):
        told.append(
            _limit("least", wish.least, _plain(load.min()), f"{below} cells cannot reach it")
        )
    if wish.most is not None and (above := int((load > wish.most).sum())):
        told.append(
            _limit("most", wish.most, _plain(load.max()), f"{above} cells cannot keep below it")
        )
    held = _seeds_per_cell(ordinary, inputs)
    if (held > 1).any():
        detail = f"{int((held > 1).sum())} cells hold several seeds, which no border can part"
        told.append(_limit("seeds", len(inputs.seeds), int((held > 0).sum()), detail))
    return told


def _limit(constraint: str, asked: Any, possible: Any, detail: str) -> dict[str, Any]:
    return {"constraint": constraint, "asked": asked, "possible": possible, "detail": detail}


def _seeds_per_cell(ordinary: gpd.GeoDataFrame, inputs: Inputs) -> Ints:
    tree = shapely.STRtree(ordinary.geometry.to_numpy(dtype=object))
    seed, cell = tree.query(inputs.seeds, predicate="intersects")
    first = np.unique(seed, return_index=True)[1]
    return np.bincount(cell[first], minlength=len(ordinary))


def _data(
    ordinary: gpd.GeoDataFrame, goal: Goal, inputs: Inputs, planned: list[PieceCells]
) -> dict[str, int]:
    """What was found in the data and how it was handled, with counts."""
    notes = Counter(inputs.notes)
    for piece in planned:
        ground = piece.ground
        sizes = np.bincount(ground.cluster)
        notes["buildings that overlap another (kept together)"] += int(sizes[sizes > 1].sum())
        notes["bits of land without households (attached to cells)"] += int(
            (ground.graph.households == 0).sum()
        )
        notes["buildings above 110 % of the target"] += int(
            (ground.terrain.load > FULL * goal.target).sum()
        )
        notes["loose ends of barriers (led on to the next line)"] += ground.joined_ends
        notes["cells joined to the cell that enclosed them"] += piece.joined
    notes["ordinary cells without households"] = int((ordinary["households"] == 0).sum())
    notes["barriers that cross buildings"] = _crossing(inputs)
    notes["seeds outside the land to divide"] = len(inputs.seeds) - int(
        _seeds_per_cell(ordinary, inputs).sum()
    )
    return {name: count for name, count in notes.items() if count}


def _crossing(inputs: Inputs) -> int:
    """Barriers that run through a building."""
    tree = shapely.STRtree(inputs.footprints)
    return len(np.unique(tree.query(inputs.barriers, predicate="crosses")[0]))


def _pct(share: float) -> float:
    return round(100 * float(share), 2)


def _rounded(value: float) -> float:
    return round(float(value), 4)


def _plain(value: float) -> float | int:
    """A number without a needless fraction."""
    rounded = round(float(value), 2)
    return int(rounded) if rounded.is_integer() else rounded

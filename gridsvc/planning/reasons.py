"""Why a cell lies outside the tolerance: the first cause that holds, in the order of this page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np

from gridsvc.planning.arrays import Floats, Ints, summed_by
from gridsvc.planning.counts import effective
from gridsvc.planning.pieces import PieceCells
from gridsvc.planning.sectors import fits
from gridsvc.planning.settled import Settled
from gridsvc.planning.wish import Goal


@dataclass(frozen=True)
class _Causes:
    """Per ordinary cell: its two largest buildings, load and cells of its sector, what settled it.

    The last is 'locked', 'earlier' or empty.
    """

    largest: Floats
    second: Floats
    sector_load: Floats
    sector_cells: Ints
    settled: list[str]


def outside_tolerance(
    ordinary: gpd.GeoDataFrame, goal: Goal, planned: list[PieceCells], settled: Settled
) -> list[dict[str, Any]]:
    """Every populated ordinary cell outside the tolerance, and why.

    Returns
    -------
    list of dict
        cell (row of `ordinary`), load, deviation_percent, reason (locked, earlier, one_building,
        few_households, sealed, large_buildings or not_found) and detail (one sentence).
    """
    load = ordinary["load"].to_numpy(float)
    causes = _causes(goal, planned, settled)
    off = (load - goal.target) / goal.target
    rows = np.flatnonzero((load > 0) & (np.abs(off) > goal.tolerance + 1e-9))
    told = []
    for row in rows[np.argsort(-np.abs(off[rows]), kind="stable")]:
        reason, detail = _reason(causes, int(row), goal)
        told.append(
            {
                "cell": int(row),
                "load": round(float(load[row]), 2),
                "deviation_percent": round(100 * float(off[row]), 1),
                "reason": reason,
                "detail": detail,
            }
        )
    return told


def _reason(causes: _Causes, row: int, goal: Goal) -> tuple[str, str]:
    largest, second = causes.largest[row], causes.second[row]
    around, cells = causes.sector_load[row], int(causes.sector_cells[row])
    spare = goal.tolerance * goal.target
    reasons = (
        (causes.settled[row] == "locked", "locked", "the cell is locked"),
        (causes.settled[row] == "earlier", "earlier", "kept as it was in the earlier plan"),
        (
            largest > goal.target + spare,
            "one_building",
            f"one building that cannot be divided holds {largest:g}",
        ),
        (
            around < goal.target - spare,
            "few_households",
            f"only {around:g} live on land that hangs together here",
        ),
        (
            not fits(np.array([around]), goal)[0],
            "sealed",
            f"{around:g} live on land closed in, which {cells} cells cannot share evenly",
        ),
        (
            second > spare,
            "large_buildings",
            f"its buildings hold up to {largest:g} and {second:g} each",
        ),
        (True, "not_found", "no better division was found; another seed may find one"),
    )
    return next((reason, detail) for holds, reason, detail in reasons if holds)


def _causes(goal: Goal, planned: list[PieceCells], settled: Settled) -> _Causes:
    largest, second, load, cells = [], [], [], []
    for piece in planned:
        two = _two_largest(piece)
        largest.append(two[0])
        second.append(two[1])
        ground, n = piece.ground, len(piece.polygons)
        sector = np.zeros(n, dtype=np.int64)
        sector[piece.part] = ground.sector
        held = effective(ground.graph.load, goal.target)
        load.append(summed_by(ground.sector, held, int(ground.sector.max()) + 1)[sector])
        cells.append(np.bincount(sector)[sector])
    stays = ["locked" if row >= 0 else "earlier" for row in settled.locked_row]
    none = np.zeros(len(stays))
    return _Causes(
        largest=np.concatenate([*largest, none]),
        second=np.concatenate([*second, none]),
        sector_load=np.concatenate([*load, none]),
        sector_cells=np.concatenate([*cells, none]).astype(np.int64),
        settled=[""] * sum(map(len, cells)) + stays,
    )


def _two_largest(piece: PieceCells) -> tuple[Floats, Floats]:
    """Load of the largest and the second largest building of every cell."""
    load, cell = piece.ground.terrain.load, piece.cell_of_cluster
    first, second = np.zeros(len(piece.polygons)), np.zeros(len(piece.polygons))
    for at in np.argsort(load, kind="stable"):
        second[cell[at]] = first[cell[at]]
        first[cell[at]] = load[at]
    return first, second

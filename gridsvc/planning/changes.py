"""What a new plan changes against an earlier one: households moved, codes ended and new."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridsvc.planning.arrays import Geometries, Ints
from gridsvc.planning.plan import CellPlan

#: Codes, one for each building.
Codes = Geometries
#: Households by code, then by the code at the other end of their way.
Flows = dict[str, dict[str, int]]


def plan_changes(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    building_cell: Ints,
) -> dict[str, Any]:
    """Difference of two plans of the same land, JSON-serialisable.

    Parameters
    ----------
    old
        Polygon; columns code (text) and kind, optionally worker (who has the cell).
    new
        Polygon in the same CRS; columns code, kind and previous (row of `old` it carries on, -1).
    buildings
        Polygon; column households.
    building_cell
        Row of `new` of each building, -1 for none.

    Returns
    -------
    dict
        ``households``, ``households_moved`` (whose cell's code is another now),
        ``moved_percent``, ``unchanged_cells`` (nobody came or went), ``kept_codes``, ``ended``
        and ``new`` codes, ``cells`` [{cell, kind ('changed', 'new' or 'ended'),
        households_before, households_after, moved_in, moved_out, from [[code, households]]}],
        and ``workers`` [{code, name, loses, gains}] of those whose cells changed.
    """
    count = buildings["households"].to_numpy(dtype=np.int64)
    was, now = _old_cell(old, buildings), building_cell
    known = (was >= 0) & (now >= 0) & (count > 0)
    was, now, count = was[known], now[known], count[known]
    old_code, new_code = old["code"].to_numpy(dtype=object), new["code"].to_numpy(dtype=object)
    moved = old_code[was] != new_code[now]
    came, went = _flows(old_code[was], new_code[now], count)
    before, after = set(old_code), set(new_code)
    ended, begun = sorted(before - after, key=_in_order), sorted(after - before, key=_in_order)
    cells = [
        _cell(code, _kind(code, before, after), came.get(code, {}), went.get(code, {}))
        for code in sorted(before | after, key=_in_order)
    ]
    told = [cell for cell in cells if cell["moved_in"] or cell["moved_out"]]
    total = int(count.sum())
    return {
        "households": total,
        "households_moved": int(count[moved].sum()),
        "moved_percent": round(100 * float(count[moved].sum()) / max(total, 1), 3),
        "unchanged_cells": len(cells) - len(told),
        "kept_codes": len(before & after),
        "ended": ended,
        "new": begun,
        "cells": told,
        "workers": _workers(old, told),
    }


def changes_in_place(
    old: gpd.GeoDataFrame, plan: CellPlan, buildings: gpd.GeoDataFrame
) -> dict[str, Any]:
    """Changes of a mended plan whose cells have no codes of their own yet.

    A cell is called by the code of the earlier one it carries on, a new one by its number.
    Parameters and result as for `plan_changes`; `old` is what the plan was mended from.
    """
    before = old["code"].to_numpy(dtype=object)
    codes = [
        before[row] if row >= 0 else f"+{number}"
        for number, row in enumerate(carried_on(plan, old), start=1)
    ]
    return plan_changes(old, plan.cells.assign(code=codes), buildings, plan.building_cell)


def carried_on(plan: CellPlan, old: gpd.GeoDataFrame) -> Ints:
    """Row of the earlier cell each cell carries on, -1 for none; dedicated ones by their ground."""
    carried = plan.cells["previous"].to_numpy(dtype=np.int64, copy=True)
    dedicated = (plan.cells["kind"] == "dedicated").to_numpy()
    mine = plan.cells.geometry.to_numpy(dtype=object)[dedicated]
    theirs = old.geometry.to_numpy(dtype=object)
    a, b = shapely.STRtree(theirs).query(mine, predicate="intersects")
    common = shapely.area(shapely.intersection(mine[a], theirs[b]))
    same = 2 * common > shapely.area(shapely.union(mine[a], theirs[b]))
    rows = np.flatnonzero(dedicated)
    carried[rows[a[same]]] = b[same]
    return np.asarray(carried)


def earlier_groups(plan: CellPlan, group: pd.Series) -> Ints:
    """Number of the group, by the old rows' `group`, that each ordinary cell was in; -1 if new."""
    number = pd.factorize(group)[0]
    carried = plan.cells["previous"].to_numpy(dtype=np.int64)
    return np.where(carried >= 0, number[carried], -1).astype(np.int64)


def _in_order(code: str) -> tuple[int, str]:
    """Short codes first, so that numbers come in their order."""
    return len(code), code


def _old_cell(old: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> Ints:
    inner = shapely.point_on_surface(buildings.geometry.to_numpy(dtype=object))
    building, cell = shapely.STRtree(old.geometry.to_numpy(dtype=object)).query(
        inner, predicate="intersects"
    )
    was = np.full(len(buildings), -1, dtype=np.int64)
    was[building] = cell
    return was


def _flows(was: Codes, now: Codes, count: Ints) -> tuple[Flows, Flows]:
    """Households by where they are and whence they came, and by where they were and whither."""
    came: Flows = {}
    went: Flows = {}
    for before, after, households in zip(was, now, count.tolist(), strict=True):
        into, out = came.setdefault(after, {}), went.setdefault(before, {})
        into[before] = into.get(before, 0) + households
        out[after] = out.get(after, 0) + households
    return came, went


def _kind(code: str, before: set[str], after: set[str]) -> str:
    return "ended" if code not in after else "new" if code not in before else "changed"


def _cell(code: str, kind: str, came: dict[str, int], went: dict[str, int]) -> dict[str, Any]:
    stayed = came.get(code, 0)
    return {
        "cell": code,
        "kind": kind,
        "households_before": sum(went.values()),
        "households_after": sum(came.values()),
        "moved_in": sum(came.values()) - stayed,
        "moved_out": sum(went.values()) - stayed,
        "from": [[before, n] for before, n in sorted(came.items()) if before != code],
    }


def _workers(old: gpd.GeoDataFrame, cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if "worker" not in old.columns:
        return []
    name = dict(zip(old["code"], old["worker"], strict=True))
    return [
        {
            "code": cell["cell"],
            "name": name[cell["cell"]],
            "loses": cell["moved_out"],
            "gains": cell["moved_in"],
        }
        for cell in cells
        if isinstance(name.get(cell["cell"]), str)
    ]

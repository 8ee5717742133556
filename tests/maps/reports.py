"""A plan's report made in code, with every part it may have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import geopandas as gpd
import shapely

from tests.maps.frames import make_frames

MADE_AT = datetime(2026, 11, 26, 2, 18, tzinfo=UTC).astimezone(timezone(timedelta(hours=8)))
TITLE = "青云街道杨柳社区微网格方案"


def make_plan(count: int = 30, *, wobble: int = 0) -> gpd.GeoDataFrame:
    """Cells as a plan has them: number, code, households, kind, community and name."""
    cells = make_frames(count, wobble=wobble).micro_grids
    middle = gpd.GeoSeries(shapely.centroid(cells.geometry.to_numpy()))
    cells = cells.assign(
        cell=range(1, count + 1),
        code=[f"320102001001{number:03d}" for number in range(1, count + 1)],
        community=1 + (middle.x > middle.x.median()).astype(int),
        name=[
            f"实验小学{i}" if kind == "dedicated" else None for i, kind in enumerate(cells["kind"])
        ],
    )
    return cells[["cell", "code", "households", "kind", "community", "name", "geometry"]]


def _pair(cells: gpd.GeoDataFrame) -> list[int]:
    """Rows of the first cell and of a neighbour."""
    shapes = cells.geometry.to_numpy()
    return [0, int(shapely.touches(shapes[0], shapes).argmax())]


def plan_before(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The plan before: two neighbours among the cells were one, under a code now ended."""
    first, near = _pair(cells)
    old = cells.copy()
    old.loc[first, "geometry"] = cells.geometry.iloc[[first, near]].union_all()
    old.loc[first, "code"] = "320102001001999"
    return old.drop(index=near)


def make_report(cells: gpd.GeoDataFrame, **changes: Any) -> dict[str, Any]:
    """A report with figures, aims, cells outside, limits, checks, notes; `changes` replaces."""
    ordinary = cells[cells["kind"] == "ordinary"]
    off = ordinary[(ordinary["households"] - 100).abs() > 10]
    reasons = [
        "one_building",
        "sealed",
        "locked",
        "few_households",
        "large_buildings",
        "unexplained",
    ]
    told: dict[str, Any] = {
        "figures": {
            "target": 100,
            "cells": len(cells),
            "households": int(cells["households"].sum()),
            "populated_ordinary_cells": len(ordinary),
            "within_10_percent": round(100 * (1 - len(off) / max(len(ordinary), 1)), 2),
            "mean_absolute_deviation_percent": 8.31,
            "polsby_popper_median": 0.6124,
            "on_barriers_percent": None,
            "inner_border_km": 21.3,
        },
        "aims": [
            {
                "name": "within_10_percent",
                "value": 60.71,
                "wanted": 97,
                "at_least": True,
                "met": False,
            },
            {
                "name": "mean_absolute_deviation_percent",
                "value": 8.31,
                "wanted": 9,
                "at_least": False,
                "met": True,
            },
        ],
        "histogram": {
            "from": [60, 70, 80, 90, 100, 110, 120],
            "to": [70, 80, 90, 100, 110, 120, None],
            "cells": [1, 2, 4, 9, 8, 4, 1],
            "unit": "households",
        },
        "outside": [
            {
                "cell": int(cell.cell),
                "households": int(cell.households),
                "deviation_percent": float(cell.households - 100),
                "reason": reasons[at % len(reasons)],
                "detail": "building in row 812 holds 160 households",
            }
            for at, cell in enumerate(off.itertuples())
        ],
        "limits": [{"constraint": "cells", "asked": 12, "possible": 10, "detail": "too few"}],
        "checks": {"no_overlap": True, "no_building_cut": False},
        "problems": [
            {
                "check": "no_building_cut",
                "cells": [3, 4],
                "detail": "2 cells, each of which cuts a building",
            }
        ],
        "data": {"buildings outside every community": 3},
        "seconds": {"read": 0.7, "plan": 12.1},
    }
    return told | changes


def make_changes(cells: gpd.GeoDataFrame) -> dict[str, Any]:
    """What changed from `plan_before` to the cells."""
    codes = cells["code"].iloc[_pair(cells)].tolist()
    kept = [
        {"cell": code, "kind": "kept", "households_before": 98, "households_after": 98}
        for code in cells["code"]
        if code not in codes
    ]
    new = {
        "kind": "new",
        "households_before": None,
        "households_after": 104,
        "moved_in": 104,
        "moved_out": 0,
        "from": [["320102001001999", 104]],
    }
    ended = {"cell": "320102001001999", "kind": "ended", "households_before": 208, "moved_out": 208}
    return {
        "households": 20000,
        "households_moved": 310,
        "moved_percent": 1.55,
        "unchanged_cells": len(cells) - 2,
        "kept_codes": len(cells) - 2,
        "ended": ["320102001001999"],
        "new": codes,
        "cells": [{"cell": code, **new} for code in codes] + [ended, *kept],
        "workers": [{"name": "王**", "code": "320102001001999", "loses": 208, "gains": 3}],
    }

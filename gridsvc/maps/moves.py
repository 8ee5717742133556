"""A plan compared with the one before: old borders, and households that change their cell."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from gridsvc.geo import WGS84
from gridsvc.maps.compact import Facts, Field, Fill, Line, Symbol
from gridsvc.maps.themes import BLUES, NO_FIGURE, Overlay, Theme, classes, ramp, translated

_OLD = Line("#d55e00", 1.8, 0.95)
_MOVED = Symbol("diamond", "#e69f00", "#7f2704", radius=4.5, line=1.0)


def plans(cells: gpd.GeoDataFrame, old: gpd.GeoDataFrame, homes: pd.DataFrame) -> Theme:
    """Households that came into each micro-grid from another one.

    A cell goes on in the cell that took over most of its households, whatever its number is now;
    whoever is elsewhere has moved.

    Parameters
    ----------
    cells
        Micro-grids in force, Polygon, EPSG:4326; code.
    old
        Micro-grids of the plans before, Polygon, EPSG:4326; code.
    homes
        Buildings with households: cell and old_cell (codes; the second may be none), households,
        lon, lat (degrees, WGS-84).
    """
    codes = cells["code"].to_numpy()
    known = homes[homes["old_cell"].notna()]
    heir = _heirs(known)
    moved = known[known["old_cell"].map(heir) != known["cell"]]
    came = moved["households"].groupby(moved["cell"]).sum().reindex(codes).fillna(0).to_numpy(int)
    of = known["households"].groupby(known["cell"]).sum().reindex(codes).fillna(0).to_numpy(int)
    compared = np.isin(codes, known["cell"].unique())
    level, labels = classes(np.where(came > 0, came, np.nan), " 户")
    level = np.where(came > 0, level, np.where(compared, len(labels), len(labels) + 1))
    all_moved, everybody = int(came.sum()), int(of.sum())
    note = (
        f"换了微网格的住户 {all_moved} 户 ÷ 两次方案都在的住户 {everybody} 户；现行方案与上一方案"
        if len(old)
        else "没有更早的方案可比"
    )
    return Theme(
        "plans",
        pd.Series(level, codes),
        [*map(Fill, ramp(BLUES, len(labels))), Fill("#f7f7f7"), NO_FIGURE],
        [*labels, "没有迁入", "无住户或无更早方案"],
        note,
        (
            ("现行微网格", f"{len(cells)} 个"),
            ("上一方案微网格", f"{len(old)} 个"),
        ),
        pd.DataFrame({"plans_came": came, "plans_of": of}, index=codes),
        (Field("迁入住户", "plans_came", unit=" 户", per="plans_of"),),
        tuple(_overlays(old, moved)),
        translated(labels)
        | {
            note: f"{all_moved} households in another micro-grid ÷ {everybody} of both plans; "
            "the plan in force and the one before"
            if len(old)
            else "There is no earlier plan",
            "没有迁入": "Nobody came",
            "无住户或无更早方案": "Nobody lives here, or no earlier plan",
            "现行微网格": "Micro-grids now",
            "上一方案微网格": "Micro-grids before",
            f"{len(cells)} 个": f"{len(cells)}",
            f"{len(old)} 个": f"{len(old)}",
            "迁入住户": "Households that came",
            "上一方案界线": "Borders before",
            "换微网格的住宅": "Homes in another micro-grid",
            "原微网格": "Before",
            "现微网格": "Now",
        },
    )


def _heirs(homes: pd.DataFrame) -> dict[str, str]:
    """The cell now that took most of each cell before; the lower code where two took as many."""
    shared = homes.groupby(["old_cell", "cell"], as_index=False)["households"].sum()
    ranked = shared.sort_values(["old_cell", "households", "cell"], ascending=[True, False, True])
    first = ranked.drop_duplicates("old_cell")
    return dict(zip(first["old_cell"], first["cell"], strict=True))


def _overlays(old: gpd.GeoDataFrame, moved: pd.DataFrame) -> list[Overlay]:
    told = [
        Field("户数", "households", unit=" 户"),
        Field("原微网格", "old_cell"),
        Field("现微网格", "cell"),
    ]
    places = gpd.points_from_xy(moved["lon"], moved["lat"])
    columns = moved[["households", "old_cell", "cell"]].reset_index(drop=True)
    return [
        Overlay("old_cells", "上一方案界线", old[["geometry"]], line=_OLD),
        Overlay(
            "moved_homes",
            "换微网格的住宅",
            gpd.GeoDataFrame(columns.assign(symbol=0), geometry=places, crs=WGS84),
            (_MOVED,),
            ("换微网格的住宅",),
            facts=Facts("换微网格的住宅", told, told[:1]),
        ),
    ]

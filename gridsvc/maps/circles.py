"""Service circles: households near a service point, and those outside."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridsvc.geo import WGS84, metric_crs
from gridsvc.maps.compact import Facts, Field, Fill, Line, Symbol
from gridsvc.maps.themes import NO_FIGURE, Floats, Overlay, Theme
from gridsvc.roads.modes import WALK_KMH
from gridsvc.roads.travel import Travel, nearest_by_line

#: Kinds of service points: what they are called, their shape, colour and character.
KINDS = {
    "party": ("党群服务中心", "Party and public service centre", "circle", "#b2182b", "党"),
    "affairs": ("便民服务中心", "Public affairs centre", "circle", "#0d3c7a", "便"),
    "station": ("网格服务站", "Grid service station", "square", "#00695c", "网"),
    "health": ("卫生服务站", "Clinic", "square", "#6a1b9a", "医"),
    "elderly": ("养老服务站", "Station for the elderly", "circle", "#8d5a00", "老"),
    "canteen": ("社区食堂", "Canteen", "square", "#33691e", "食"),
    "police": ("警务室", "Police post", "circle", "#1d2b36", "警"),
}
_LABELS = ["全部住户", "75 % 以上", "50 % – 75 %", "不足 50 %", "没有住户在内", "无住户"]
_ENGLISH = [
    "All households",
    "75 % and more",
    "50 % – 75 %",
    "Under 50 %",
    "No household",
    "None live",
]
_FILLS = [*map(Fill, ("#6baed6", "#bdd7e7", "#eff3ff", "#fdd0a2", "#f16913")), NO_FIGURE]
_OUTSIDE = Symbol("square", "#e6550d", "#7f2704", radius=4.0, line=1.0)
_CIRCLE = Line("#00695c", 1.6, 0.9)
#: Corners of a quarter of a circle: it is off by at most 0.2 % of its radius.
_QUARTER = 12


@dataclass(frozen=True)
class Nearness:
    """What counts as near: so many metres, straight or on foot along the roads."""

    radius_m: int = 500
    on_foot: bool = False


def services(
    cells: gpd.GeoDataFrame,
    homes: pd.DataFrame,
    points: gpd.GeoDataFrame,
    near: Nearness,
    walking: Travel,
) -> Theme:
    """Share of each micro-grid's households near a service point.

    Parameters
    ----------
    cells
        Polygon, EPSG:4326; code.
    homes
        Buildings with households: cell (code), households, lon, lat (degrees, WGS-84).
    points
        Point, EPSG:4326; name, kind.
    near
        What counts as near.
    walking
        How people walk, asked only where `near` goes by foot.
    """
    metres = _metres(homes[["lon", "lat"]].to_numpy(float), points, near, walking)
    inside = metres <= near.radius_m
    served = homes["households"].where(inside, 0).groupby(homes["cell"]).sum()
    of = homes["households"].groupby(homes["cell"]).sum()
    codes = cells["code"].to_numpy()
    served, of = (part.reindex(codes).fillna(0).to_numpy(int) for part in (served, of))
    share = np.divide(served, of, out=np.zeros(len(of)), where=of > 0)
    level = np.select(
        [of == 0, share >= 1, share >= 0.75, share >= 0.5, share > 0], [5, 0, 1, 2, 3], 4
    )
    total, reached = int(of.sum()), int(served.sum())
    way, way_english = (
        ("步行（按路网）", "on foot by road") if near.on_foot else ("直线", "in a straight line")
    )
    note = f"{way} {near.radius_m} 米内有服务点的住户 ÷ 全部住户；当前 {len(points)} 处服务点"
    return Theme(
        "services",
        pd.Series(level, codes),
        _FILLS,
        _LABELS,
        note,
        (
            ("范围内住户", f"{reached} / {total} 户"),
            ("范围外住户", f"{total - reached} / {total} 户"),
        ),
        pd.DataFrame({"services_in": served, "services_of": of}, index=codes),
        (Field("范围内住户", "services_in", unit=" 户", per="services_of"),),
        tuple(_overlays(homes[~inside], points, near)),
        dict(zip(_LABELS, _ENGLISH, strict=True))
        | {
            note: f"Households within {near.radius_m} m of a service point {way_english} ÷ all; "
            f"{len(points)} points now",
            "范围内住户": "Households inside",
            "范围外住户": "Households outside",
            f"{reached} / {total} 户": f"{reached} / {total}",
            f"{total - reached} / {total} 户": f"{total - reached} / {total}",
            "服务点": "Service points",
            "服务范围": "Service circles",
            "范围外住宅": "Homes outside",
            **{words[0]: words[1] for words in KINDS.values()},
        },
    )


def _metres(lonlat: Floats, points: gpd.GeoDataFrame, near: Nearness, walking: Travel) -> Floats:
    """Metres from each home to the nearest service point; inf where there is none."""
    if not len(points) or not len(lonlat):
        return np.full(len(lonlat), np.inf)
    if near.on_foot:
        sources = shapely.get_coordinates(points.geometry.array)
        # Times are of a steady walk, so that they stand for metres.
        return walking.seconds_from_nearest(sources, lonlat).eta_s * WALK_KMH / 3.6
    at = gpd.GeoSeries(gpd.points_from_xy(*lonlat.T), crs=WGS84)
    crs = metric_crs(points)
    here, there = (shapely.get_coordinates(part.to_crs(crs)) for part in (at, points.geometry))
    return nearest_by_line(there, here)[0]


def _overlays(outside: pd.DataFrame, points: gpd.GeoDataFrame, near: Nearness) -> list[Overlay]:
    kinds = list(KINDS)
    symbols = [
        Symbol(shape, colour, "#ffffff", radius=8.0, text=text)
        for _, _, shape, colour, text in KINDS.values()
    ]
    words = [name for name, *_ in KINDS.values()]
    told = [Field("名称", "name"), Field("类别", "kind", words={k: v[0] for k, v in KINDS.items()})]
    marks = points.assign(symbol=points["kind"].map(kinds.index).astype(int))
    home = [Field("户数", "households", unit=" 户")]
    found = [
        Overlay(
            "service_outside",
            "范围外住宅",
            gpd.GeoDataFrame(
                {"households": outside["households"].to_numpy(int), "symbol": 0},
                geometry=gpd.points_from_xy(outside["lon"], outside["lat"]),
                crs=WGS84,
            ),
            (_OUTSIDE,),
            ("范围外住宅",),
            facts=Facts("范围外住宅", home, home),
        ),
        Overlay(
            "service_points",
            "服务点",
            marks[["name", "kind", "symbol", "geometry"]],
            tuple(symbols),
            tuple(words),
            facts=Facts("服务点", told, told[:1]),
        ),
    ]
    if not near.on_foot and len(points):
        found.append(Overlay("service_circles", "服务范围", _circles(points, near), line=_CIRCLE))
    return found


def _circles(points: gpd.GeoDataFrame, near: Nearness) -> gpd.GeoDataFrame:
    """Outlines of what all circles cover together, Polygon, EPSG:4326."""
    flat = points.geometry.to_crs(metric_crs(points))
    covered = shapely.union_all(shapely.buffer(flat.array, near.radius_m, quad_segs=_QUARTER))
    return gpd.GeoDataFrame(geometry=[*shapely.get_parts(covered)], crs=flat.crs).to_crs(WGS84)

"""Reach: how soon somebody on duty is in each micro-grid, and where one more would help most.

Bands alone leave this module: minutes to many places would give away where somebody stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridsvc.geo import metric_crs
from gridsvc.maps.compact import Fill
from gridsvc.maps.themes import Theme, translated
from gridsvc.roads.modes import Mode
from gridsvc.roads.travel import Travel

#: Minutes where the bands end; what lies beyond the last is a blind spot.
BANDS = (5, 10, 15, 30)
#: Households count as covered within so many minutes: the third band.
WITHIN = 15
#: Places tried for one more person: those out of reach with most households.
_TRIED = 40

_FILLS = [
    Fill("#5fa8d6"),
    Fill("#a1cce8"),
    Fill("#dcebf7"),
    Fill("#fdd0a2"),
    Fill("#e6550d", hatch="#7f2704"),
]
_MODES = {Mode.WALK: "步行", Mode.EBIKE: "电动自行车", Mode.CAR: "汽车"}
_MODES_ENGLISH = {Mode.WALK: "on foot", Mode.EBIKE: "by e-bike", Mode.CAR: "by car"}


@dataclass(frozen=True)
class _Help:
    """The micro-grid where one more person would cover most households anew."""

    code: str
    households: int


def reach(cells: gpd.GeoDataFrame, people: npt.NDArray[np.float64], travel: Travel) -> Theme:
    """Bands of minutes from the nearest person on duty to a point inside each micro-grid.

    Parameters
    ----------
    cells
        Polygon, EPSG:4326; code, households.
    people
        Longitude and latitude of each person on duty, degrees, shape (n, 2).
    travel
        How they travel.
    """
    places = shapely.get_coordinates(shapely.point_on_surface(cells.geometry.array))
    minutes = travel.seconds_from_nearest(people, places).eta_s / 60
    level = np.searchsorted(BANDS, minutes, side="left")
    homes = cells["households"].to_numpy(int)
    covered = minutes <= WITHIN
    starts = [0, *BANDS[:-1]]
    bands = [f"{low} – {high} 分钟" for low, high in zip(starts, BANDS, strict=True)]
    area = cells.to_crs(metric_crs(cells)).area.to_numpy() / 1e6
    rows = [
        (f"{WITHIN} 分钟内住户", f"{homes[covered].sum()} / {homes.sum()} 户"),
        (f"{WITHIN} 分钟内面积", f"{area[covered].sum():.2f} / {area.sum():.2f} km²"),
    ]
    best = _one_more(cells, places, covered, travel)
    if best is not None:
        rows.append((f"增派一人最有效：{best.code}", f"+{best.households} 户"))
    who = f"在岗且有位置的网格员 {len(people)} 人" if len(people) else "无在岗网格员位置"
    note = f"{who}；{_MODES[travel.mode]}，到微网格内一点；当前"
    return Theme(
        "reach",
        pd.Series(level, cells["code"].to_numpy()),
        _FILLS,
        [*bands, f"{BANDS[-1]} 分钟以外（盲区）"],
        note,
        tuple(rows),
        english=_english(bands, rows, best)
        | {
            note: f"{len(people)} workers on duty whose place is known; "
            f"{_MODES_ENGLISH[travel.mode]}, to a point inside the micro-grid; now"
        },
    )


def _english(bands: list[str], rows: list[tuple[str, str]], best: _Help | None) -> dict[str, str]:
    words = translated([*bands, *(figure for _, figure in rows)])
    words |= {
        f"{BANDS[-1]} 分钟以外（盲区）": f"Beyond {BANDS[-1]} min (blind spots)",
        f"{WITHIN} 分钟内住户": f"Households within {WITHIN} min",
        f"{WITHIN} 分钟内面积": f"Area within {WITHIN} min",
    }
    if best is not None:
        words[f"增派一人最有效：{best.code}"] = f"One more helps most in {best.code}"
    return words


def _one_more(
    cells: gpd.GeoDataFrame,
    places: npt.NDArray[np.float64],
    covered: npt.NDArray[np.bool_],
    travel: Travel,
) -> _Help | None:
    homes = np.where(covered, 0, cells["households"].to_numpy(int))
    tried = np.argsort(-homes, kind="stable")[:_TRIED]
    best = None
    for at in tried[homes[tried] > 0]:
        minutes = travel.seconds_from_nearest(places[at : at + 1], places).eta_s / 60
        gained = int(homes[minutes <= WITHIN].sum())
        if best is None or gained > best.households:
            best = _Help(str(cells["code"].iloc[at]), gained)
    return best

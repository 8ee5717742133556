"""Classes, colours and symbols of the coverage map, for the layers and the legend alike.

Households against target diverge from a pale middle to purple and orange (ColorBrewer PuOr,
Brewer 2003), which readers with any colour blindness tell apart; class limits follow the
tolerances plans are judged by, 10 and 20 percent.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from gridsvc.maps.compact import Fill, Line, Symbol

#: Shares of the target where the lower classes end (not included) ...
BELOW = [0.8, 0.9]
#: ... and where the middle and upper classes end (included).
ABOVE = [1.1, 1.2]
LEVELS = [
    "不足 80 %",
    "80 % 至不足 90 %",
    "90 % – 110 %（达标）",
    "110 % 以上至 120 %",
    "120 % 以上",
]
ON_TARGET = 2
DEDICATED = 5
FILLS = [
    Fill("#8073ac"),
    Fill("#c4bfdd"),
    Fill("#f8f6f1"),
    Fill("#fdc57e"),
    Fill("#e08214"),
    Fill("#dde1e4", hatch="#8d969d"),
]

MICRO_GRID_LINE = Line("#6f7880", 0.8, 0.9)
GRID_LINE = Line("#24323d", 2.0)
GRID_CASING = Line("#ffffff", 4.2, 0.75)

STATES = {
    "REPORTED": "已上报",
    "FILED": "已立案",
    "DISPATCHED": "已派遣",
    "ACCEPTED": "已接单",
    "ON_SITE": "已到场",
    "HANDLED": "已处置",
    "VERIFIED": "已核查",
    "CLOSED": "已结案",
    "REJECTED": "不予受理",
    "RETURNED": "已退回",
    "SUSPENDED": "已挂起",
    "REOPENED": "重新办理",
}

ROLES = ["grid_worker", "liaison", "officer"]
ROLES_WORDS = {"grid_worker": "网格员", "liaison": "微网格联络员", "officer": "执法人员"}
_ROLE_STYLES = [("circle", "#00695c"), ("triangle", "#33691e"), ("square", "#0d3c7a")]
#: On duty (filled) and off duty (hollow), role after role.
PEOPLE = [
    Symbol(shape, colour if on_duty else "#ffffff", colour, radius=5.5)
    for shape, colour in _ROLE_STYLES
    for on_duty in (True, False)
]

#: Events nobody handles yet, and events in hand.
EVENTS = [
    Symbol("diamond", "#c2003c", "#7d0027", radius=7.5, text="!"),
    Symbol("diamond", "#ffd3de", "#c2003c", radius=6.0),
]

NO_WORKER, NO_LIAISON = 0, 1
MARKS = [
    Symbol("circle", "#111111", "#111111", radius=9.0, text="缺"),
    Symbol("circle", "#ffffff", "#111111", radius=8.0, text="联", ink="#111111"),
]


def levels(cells: gpd.GeoDataFrame, target: float) -> npt.NDArray[np.int64]:
    """Class of each cell by households against target; dedicated cells are a class apart."""
    share = cells["households"].to_numpy(float) / target
    below = np.searchsorted(BELOW, share, side="right")
    above = np.searchsorted(ABOVE, share, side="left")
    return np.where(cells["kind"].to_numpy() == "dedicated", DEDICATED, below + above)

"""Themes of the coverage map: one question asked of every micro-grid, with its legend.

A theme is pure: figures by micro-grid go in, a class, a colour and counted legend rows come out.
`gridsvc.maps.theme_queries` reads the figures, `NAMES` is what ``layers=`` may hold. Colours are
single-hue or diverging ramps of ColorBrewer (Brewer 2003) that hold in any colour blindness.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import geopandas as gpd
import mapclassify
import numpy as np
import numpy.typing as npt
import pandas as pd

from gridsvc.errors import BadInput
from gridsvc.maps.compact import Facts, Field, Fill, Line, Symbol

#: The layers a coverage map may be asked for: title in Chinese and in English.
NAMES = {
    "households": ("微网格（户数与目标之比）", "Households against target"),
    "staffing": ("每千户网格员", "Grid workers per 1,000 households"),
    "duty": ("在岗网格员", "Grid workers on duty now"),
    "reach": ("在岗人员到达时间", "Minutes from people on duty"),
    "services": ("服务点覆盖", "Households near a service point"),
    "open": ("未结事件数", "Open events"),
    "overdue": ("超时未结事件数", "Overdue events"),
    "matters": ("事件事项分类", "Events by matter"),
    "density": ("事件密度", "Density of events"),
    "change": ("事件前后期对比", "Events, before and after"),
    "accept": ("接单用时中位数", "Median minutes to accept"),
    "arrive": ("到场用时中位数", "Median minutes to arrive"),
    "pace": ("结案用时中位数", "Median minutes to close"),
    "hotspots": ("事件热点（检验）", "Event hot spots, tested"),
    "plans": ("新旧方案对比", "Plan compared with the one before"),
    "visited": ("走访覆盖率", "Households visited in time"),
    "unvisited": ("逾期未访户数", "Households overdue for a visit"),
    "stars": ("网格星级", "Stars of grids"),
    "groups": ("组织覆盖", "Served by groups"),
    "devices": ("设备与报警", "Devices and alarms"),
}

BLUES = ["#eff3ff", "#bdd7e7", "#6baed6", "#3182bd", "#08519c"]
REDS = ["#fff0e5", "#fdcc8a", "#fc8d59", "#d7301f", "#7f0000"]
PURPLES = ["#f2f0f7", "#cbc9e2", "#9e9ac8", "#756bb1", "#54278f"]
#: What has no figure is hatched, never the palest class: nothing known is not nothing there.
NO_FIGURE = Fill("#dde1e4", hatch="#8d969d")

#: Values up to which classes are natural breaks; finding those takes quadratic time.
_MOST_EXACT = 2000

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: Units as figures carry them, and what they are in English.
UNITS = {
    " 件/km²": " events per km²",
    " 件": " events",
    " 人": " people",
    " 分钟": " min",
    " 户": " households",
    " %": " %",
}


@dataclass(frozen=True)
class Overlay:
    """Places or outlines that belong to a theme and have a layer of their own.

    Attributes
    ----------
    table
        Name of their table in the data block, unique in a map.
    name
        Name in the layer switch.
    frame
        Point or Polygon, EPSG:4326; points have the number of their symbol in ``symbol``.
    symbols, words
        How points look and what each symbol stands for.
    far
        How many points are gathered while the view is wide: ``clusters``, ``density`` or not.
    choose
        Whether one of the symbols may be chosen on the legend, the others then hidden.
    line
        Outline of polygons.
    facts
        What a click tells.
    """

    table: str
    name: str
    frame: gpd.GeoDataFrame
    symbols: tuple[Symbol, ...] = ()
    words: tuple[str, ...] = ()
    far: Literal["clusters", "density"] | None = None
    choose: bool = False
    line: Line | None = None
    facts: Facts | None = None

    @property
    def counts(self) -> list[int]:
        """Points of each symbol; of outlines, how many there are."""
        if self.line is not None:
            return [len(self.frame)]
        return [int((self.frame["symbol"] == i).sum()) for i in range(len(self.symbols))]


@dataclass(frozen=True)
class Theme:
    """A question, its answer for every micro-grid, and how to draw and explain it.

    Attributes
    ----------
    name
        Key in `NAMES`.
    level
        Number of each micro-grid's fill, by micro-grid code.
    fills, labels
        Colour and words of each class.
    note
        What is divided by what, over which time; on the legend.
    rows
        Further figures of the legend: words, figure.
    columns
        What the map tells of each micro-grid, by micro-grid code; column names are unique among
        the themes of a map.
    fields
        How those columns read.
    overlays
        Layers beside the coloured cells.
    english
        The theme's words in English, by the Chinese ones.
    """

    name: str
    level: pd.Series
    fills: list[Fill]
    labels: list[str]
    note: str
    rows: tuple[tuple[str, str], ...] = ()
    columns: pd.DataFrame | None = None
    fields: tuple[Field, ...] = ()
    overlays: tuple[Overlay, ...] = ()
    english: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Title of the layer in Chinese."""
        return NAMES[self.name][0]

    @property
    def counts(self) -> list[int]:
        """Micro-grids in each class."""
        return [int((self.level == i).sum()) for i in range(len(self.fills))]


def chosen(layers: str | None) -> list[str]:
    """Names of layers in a comma-separated list, each once; none = households alone.

    Raises
    ------
    BadInput
        If a name is not among `NAMES` or none is left.
    """
    if layers is None:
        return ["households"]
    asked = list(dict.fromkeys(name.strip() for name in layers.split(",") if name.strip()))
    unknown = [name for name in asked if name not in NAMES]
    if unknown or not asked:
        told = ascii(unknown[0][:40]) if unknown else "''"
        raise BadInput(f"there is no layer {told}; layers are {', '.join(NAMES)}")
    return asked


# ---- people -----------------------------------------------------------------------------


def staffing(figures: pd.DataFrame) -> Theme:
    """Grid workers posted to the grid of each micro-grid, per 1,000 households of that grid.

    Parameters
    ----------
    figures
        By micro-grid code: posted, posted_on_duty, grid_households, grid_code.
    """
    households = figures["grid_households"].to_numpy(float)
    posted = figures["posted"].to_numpy(float)
    rate = np.full(len(figures), np.nan)
    np.divide(1000 * posted, households, out=rate, where=households > 0)
    level, labels = classes(rate, " 人")
    grids = figures.drop_duplicates("grid_code")
    workers, homes = int(grids["posted"].sum()), int(grids["grid_households"].sum())
    vacant = int((grids["posted"] == 0).sum())
    told = pd.DataFrame(
        {
            "staffing_rate": [plain(value) for value in rate],
            "staffing_on_duty": figures["posted_on_duty"].to_numpy(int),
        },
        index=figures.index,
    )
    note = f"网格员岗位 {workers} 个 ÷ 网格住户 {homes} 户 × 1000；当前在任"
    return Theme(
        "staffing",
        pd.Series(level, figures.index),
        fills_of(BLUES, labels),
        [*labels, "所属网格无住户"],
        note,
        (
            ("空缺网格（无网格员）", f"{vacant} / {len(grids)}"),
            ("网格员在岗", f"{int(grids['posted_on_duty'].sum())} / {workers}"),
        ),
        told,
        (
            Field("每千户网格员", "staffing_rate", unit=" 人"),
            Field("其中在岗", "staffing_on_duty", unit=" 人"),
        ),
        english=translated(labels)
        | {
            note: f"{workers} posts ÷ {homes} households of the grids × 1,000; held now",
            "所属网格无住户": "Nobody lives in its grid",
            "空缺网格（无网格员）": "Grids without a worker",
            "网格员在岗": "Workers on duty",
            "其中在岗": "of them on duty",
        },
    )


# ---- events ------------------------------------------------------------------------------


def counted(name: str, figures: pd.DataFrame, note: str, english: str = "") -> Theme:
    """Events of each micro-grid, counted: open ones, or those past a limit.

    Parameters
    ----------
    figures
        By micro-grid code: number.
    note, english
        What is counted, in both languages.
    """
    number = figures["number"].to_numpy(float)
    known = np.where(number > 0, number, np.nan)
    level, labels = classes(known, " 件")
    column = f"{name}_number"
    return Theme(
        name,
        pd.Series(level, figures.index),
        [*[Fill(colour) for colour in ramp(REDS, len(labels))], Fill("#f7f7f7")],
        [*labels, "没有"],
        note,
        (("合计", f"{int(number.sum())} 件"),),
        pd.DataFrame({column: number.astype(int)}, index=figures.index),
        (Field(NAMES[name][0], column, unit=" 件"),),
        english=translated([*labels, f"{int(number.sum())} 件"])
        | {note: english or note, "没有": "None", "合计": "Altogether"},
    )


#: Of each theme of minutes: the stage, its count, what was done, and the same in English.
PACES = {
    "accept": ("accept", "accepted", "接单", "accepted"),
    "arrive": ("arrive", "arrived", "到场", "reached"),
    "pace": ("case", "closed", "结案", "closed"),
}


def pace(
    figures: pd.DataFrame, days: int, name: str = "pace", of: tuple[str, str] = ("", "")
) -> Theme:
    """Median minutes to accept, arrive or close, by micro-grid, with the others told.

    Parameters
    ----------
    figures
        By micro-grid code: closed, accepted, arrived (events), and case, accept and arrive
        (minutes or none).
    days
        Days of the window, back from now.
    name
        accept, arrive or pace.
    of
        Which events, where not all, in Chinese and English.
    """
    stage, count, done, done_english = PACES[name]
    minutes = figures[stage].to_numpy(float)
    level, labels = classes(minutes, " 分钟")
    number = int(figures[count].sum())
    told = figures[["accept", "arrive", "case"]].astype(float)
    note = f"近 {days} 天{done} {number} 件{of[0]}；各微网格用时中位数，扣除挂账"
    nothing, having = f"无已{done}事件", f"有已{done}事件的微网格"
    return Theme(
        name,
        pd.Series(level, figures.index),
        fills_of(PURPLES, labels),
        [*labels, nothing],
        note,
        ((having, f"{int(np.isfinite(minutes).sum())} / {len(figures)}"),),
        pd.DataFrame(
            {f"{name}_{key}": [plain(value) for value in told[key]] for key in told},
            index=figures.index,
        ),
        (
            Field("接单中位数", f"{name}_accept", unit=" 分钟"),
            Field("到场中位数", f"{name}_arrive", unit=" 分钟"),
            Field("结案中位数", f"{name}_case", unit=" 分钟"),
        ),
        english=translated(labels)
        | {
            note: f"{number} events{of[1]} {done_english} in {days} days; "
            "median of each micro-grid, without suspensions",
            nothing: f"No event {done_english}",
            having: f"Micro-grids with events {done_english}",
            "接单中位数": "Median to accept",
            "到场中位数": "Median to arrive",
            "结案中位数": "Median to close",
        },
    )


# ---- classes ----------------------------------------------------------------------------


def classes(values: Floats, unit: str) -> tuple[Ints, list[str]]:
    """Class of every value and the words of each; what is not finite is in a last class.

    Natural breaks (Fisher and Jenks) of up to five classes; as many as there are values where
    those are fewer.
    """
    finite = np.isfinite(values)
    seen = np.unique(values[finite])
    if len(seen) == 0:
        return np.zeros(len(values), dtype=np.int64), []
    if len(seen) <= len(BLUES):
        bounds = seen
    else:
        few = np.count_nonzero(finite) <= _MOST_EXACT
        method = mapclassify.FisherJenks if few else mapclassify.Quantiles
        bounds = np.unique(method(values[finite], k=len(BLUES)).bins)
    level = np.where(finite, np.searchsorted(bounds, values, side="left"), len(bounds))
    # Quantities are told by what a class really holds, so that no two classes meet.
    words = []
    for i in range(len(bounds)):
        inside = values[level == i]
        low, high = plain(inside.min()), plain(inside.max())
        words.append(f"{low}{unit}" if low == high else f"{low} – {high}{unit}")
    return level.astype(np.int64), words


def ramp(colours: list[str], classes: int) -> list[str]:
    """As many colours of a ramp as there are classes, the extremes kept."""
    if classes < 2:
        return colours[2:3] * classes
    at = np.linspace(0, len(colours) - 1, classes).round().astype(int)
    return [colours[i] for i in at]


def fills_of(colours: list[str], labels: Sequence[str]) -> list[Fill]:
    """Fills of the classes along a ramp, and of what has no figure."""
    return [*[Fill(colour) for colour in ramp(colours, len(labels))], NO_FIGURE]


def plain(value: float) -> str:
    """A figure with at most one decimal; a dash where there is none."""
    return f"{value:.1f}".removesuffix(".0") if np.isfinite(value) else "—"


def translated(texts: Iterable[str]) -> dict[str, str]:
    """Figures with their units in English, by the figures as they stand."""
    found = {}
    for said in texts:
        unit = next((unit for unit in UNITS if unit in said), None)
        if unit is not None:
            found[said] = said.replace(unit, UNITS[unit])
    return found

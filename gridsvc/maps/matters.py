"""Events by matter and by place: what is reported most in each micro-grid, and how densely."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from gridsvc.geo import metric_crs
from gridsvc.maps import legend
from gridsvc.maps.compact import Facts, Field, Fill, Symbol
from gridsvc.maps.themes import NAMES, REDS, Overlay, Theme, classes, fills_of, plain, translated

#: Colours told apart with any colour blindness (Okabe and Ito 2008); the last is for the rest.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8d969d")
_SHAPES = ("circle", "diamond", "square", "triangle")
#: The same, half white: cells lie below the points and are far larger.
_PALE = ("#80b8d9", "#f2cf80", "#80cfb9", "#e6bcd3", "#abdaf4", "#eaae80", "#f8f2a1", "#c6cace")
_NOTHING = Fill("#ffffff")
REST = "其他事项"
#: More points than this a page does not hold; the newest stay, and the legend says so.
MOST_POINTS = 50_000


def matters(
    figures: pd.DataFrame, points: gpd.GeoDataFrame, names: Mapping[str, str], said: tuple[str, str]
) -> Theme:
    """The class of matters reported most in each micro-grid, and every event as a point.

    Parameters
    ----------
    figures
        By micro-grid code: one column of numbers for each class of matters, by its code.
    points
        Point, EPSG:4326; class (code), matter (name), state, day.
    names
        Name of each class by its code.
    said
        Which events, over which time, in Chinese and English.
    """
    totals = figures.sum().sort_values(ascending=False, kind="stable")
    totals = totals[totals > 0]
    shown = list(totals.index[: len(_COLOURS) - 1])
    labels = [names[code] for code in shown] + ([REST] if len(totals) > len(shown) else [])
    numbers = figures[shown].to_numpy(float)
    if len(totals) > len(shown):
        rest = figures[totals.index[len(shown) :]].sum(axis=1).to_numpy(float)
        numbers = np.column_stack([numbers, rest])
    total = figures.sum(axis=1).to_numpy(int)
    most = numbers.argmax(axis=1) if numbers.size else np.zeros(len(figures), dtype=int)
    level = np.where(total > 0, most, len(labels))
    told = pd.DataFrame({"matters_number": total}, index=figures.index)
    told["matters_most"] = [int(n) for n in numbers.max(axis=1)] if numbers.size else 0
    note = f"{said[0]}；各微网格最多的一类"
    count = f"{int(total.sum())} 件"
    return Theme(
        "matters",
        pd.Series(level, figures.index),
        [*[Fill(_PALE[i]) for i in range(len(labels))], _NOTHING],
        [*labels, "没有"],
        note,
        (("合计", count),),
        told,
        (
            Field("该类事件", "matters_most", unit=" 件", per="matters_number"),
            Field("全部事件", "matters_number", unit=" 件"),
        ),
        (_points(points, shown, labels),),
        translated([count])
        | {
            note: f"{said[1]}; the class most frequent in each micro-grid",
            "该类事件": "Events of this class",
            "全部事件": "All events",
            "没有": "None",
            "合计": "Altogether",
            REST: "Other matters",
            "事件点（按事项）": "Events (by matter)",
            "全部事项": "All matters",
            "日期": "Day",
        },
    )


def _points(points: gpd.GeoDataFrame, shown: list[str], labels: list[str]) -> Overlay:
    symbol = points["class"].map({code: i for i, code in enumerate(shown)}).fillna(len(shown))
    facts = [
        Field("事项", "matter"),
        Field("状态", "state", words=legend.STATES),
        Field("日期", "day"),
    ]
    return Overlay(
        "matter_points",
        "事件点（按事项）",
        points.assign(symbol=symbol.astype(int))[["matter", "state", "day", "symbol", "geometry"]],
        tuple(
            Symbol(_SHAPES[i % len(_SHAPES)], _COLOURS[i], "#24323d", radius=5.0, line=1.0)
            for i in range(len(labels))
        ),
        tuple(labels),
        far="clusters",
        choose=True,
        facts=Facts("事件", facts, facts[:1]),
    )


def density(cells: gpd.GeoDataFrame, points: gpd.GeoDataFrame, said: tuple[str, str]) -> Theme:
    """Events for each square kilometre, by micro-grid and as a surface that knows no borders.

    Parameters
    ----------
    cells
        Polygon, EPSG:4326; code.
    points
        Point, EPSG:4326; cell (code of the micro-grid it lies in).
    said
        Which events, over which time, in Chinese and English.
    """
    area = cells.to_crs(metric_crs(cells)).area.to_numpy() / 1e6
    number = points["cell"].value_counts().reindex(cells["code"]).fillna(0).to_numpy()
    rate = np.where(number > 0, number / area, np.nan)
    level, labels = classes(rate, " 件/km²")
    fills = fills_of(REDS, labels)[:-1]
    whole = f"{int(number.sum())} 件 ÷ {area.sum():.2f} km²"
    return Theme(
        "density",
        pd.Series(level, cells["code"].to_numpy()),
        [*fills, _NOTHING],
        [*labels, "没有"],
        f"{said[0]} ÷ 微网格面积",
        (("合计", whole),),
        pd.DataFrame(
            {
                "density_number": number.astype(int),
                "density_rate": [plain(value) for value in rate],
            },
            index=cells["code"].to_numpy(),
        ),
        (
            Field("事件", "density_number", unit=" 件"),
            Field(NAMES["density"][0], "density_rate", unit=" 件/km²"),
        ),
        (
            Overlay(
                "density_points",
                "事件密度（连续）",
                points[["geometry"]].assign(symbol=0),
                (Symbol("circle", "#c2003c", "#7d0027", radius=4.0),),
                ("事件（放大后逐点显示）",),
                far="density",
            ),
        ),
        translated([*labels])
        | {
            whole: whole.replace(" 件", " events"),
            f"{said[0]} ÷ 微网格面积": f"{said[1]} ÷ area of the micro-grid",
            "没有": "None",
            "合计": "Altogether",
            "事件密度（连续）": "Density of events (surface)",
            "事件（放大后逐点显示）": "Events (each by itself when near)",
        },
    )

"""How far visits have come, and how grids were rated, as themes of the coverage map."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridsvc.maps.compact import Field, Fill
from gridsvc.maps.themes import (
    BLUES,
    NO_FIGURE,
    REDS,
    Theme,
    classes,
    fills_of,
    plain,
    ramp,
    translated,
)

#: Stars there are.
_STARS = 5


def visited(figures: pd.DataFrame, programme: str, days: int) -> Theme:
    """Share of the households of each micro-grid that were visited within the period.

    Parameters
    ----------
    figures
        By micro-grid code: households and visited.
    programme
        What the programme is called.
    days
        Its period, back from now.
    """
    households = figures["households"].to_numpy(float)
    seen = figures["visited"].to_numpy(float)
    share = np.full(len(figures), np.nan)
    np.divide(100 * seen, households, out=share, where=households > 0)
    level, labels = classes(share, " %")
    note = f"{programme}：近 {days} 天走访 {int(seen.sum())} 户 ÷ 应访 {int(households.sum())} 户"
    nothing = "没有应访的户"
    return Theme(
        "visited",
        pd.Series(level, figures.index),
        fills_of(BLUES, labels),
        [*labels, nothing],
        note,
        (),
        pd.DataFrame(
            {
                "visited_share": [plain(value) for value in share],
                "visited_homes": seen.astype(int),
                "visited_of": households.astype(int),
            },
            index=figures.index,
        ),
        (
            Field("走访覆盖率", "visited_share", unit=" %"),
            Field("已走访", "visited_homes", unit=" 户", per="visited_of"),
        ),
        english=translated(labels)
        | {
            note: f"{programme}: {int(seen.sum())} households visited in {days} days ÷ "
            f"{int(households.sum())} to visit",
            nothing: "Nobody to visit",
            "走访覆盖率": "Households visited in time",
            "已走访": "Visited",
        },
    )


def unvisited(figures: pd.DataFrame, programme: str) -> Theme:
    """Households of each micro-grid whose visit is overdue.

    Parameters
    ----------
    figures
        By micro-grid code: overdue.
    programme
        What the programme is called.
    """
    number = figures["overdue"].to_numpy(float)
    level, labels = classes(np.where(number > 0, number, np.nan), " 户")
    note = f"{programme}：到期还没有走访的户；当前"
    total = f"{int(number.sum())} 户"
    return Theme(
        "unvisited",
        pd.Series(level, figures.index),
        [*[Fill(colour) for colour in ramp(REDS, len(labels))], Fill("#f7f7f7")],
        [*labels, "没有"],
        note,
        (("合计", total),),
        pd.DataFrame({"unvisited_number": number.astype(int)}, index=figures.index),
        (Field("逾期未访户数", "unvisited_number", unit=" 户"),),
        english=translated([*labels, total])
        | {
            note: f"{programme}: households due and not visited; now",
            "没有": "None",
            "合计": "Altogether",
            "逾期未访户数": "Households overdue for a visit",
        },
    )


def stars(figures: pd.DataFrame) -> Theme:
    """Stars of the grid of each micro-grid, as it was rated last.

    Parameters
    ----------
    figures
        By micro-grid code: grid_code, stars (1 to 5 or none), points, since and until (days, or
        none where it was never rated).
    """
    rated = figures["stars"].to_numpy(float)
    level = np.where(np.isfinite(rated), _STARS - np.nan_to_num(rated, nan=0), _STARS)
    grids = figures.drop_duplicates("grid_code")
    known = int(grids["stars"].notna().sum())
    spans = grids.dropna(subset=["since"])
    when = f"{spans['since'].min()} 至 {spans['until'].max()}" if len(spans) else ""
    note = f"最近一次评星 {when}".strip()
    labels = [f"{n} 星" for n in range(_STARS, 0, -1)]
    points = figures["points"].to_numpy(float)
    return Theme(
        "stars",
        pd.Series(level.astype(np.int64), figures.index),
        [*[Fill(colour) for colour in reversed(ramp(BLUES, _STARS))], NO_FIGURE],
        [*labels, "没有评星"],
        note,
        (("已评星网格", f"{known} / {len(grids)}"),),
        pd.DataFrame({"stars_points": [plain(value) for value in points]}, index=figures.index),
        (Field("得分", "stars_points"),),
        english={f"{n} 星": f"{n} stars" if n > 1 else "1 star" for n in range(1, _STARS + 1)}
        | {
            note: f"Last rating {when.replace('至', 'to')}".strip(),
            "没有评星": "Not rated",
            "已评星网格": "Grids rated",
            "得分": "Points",
        },
    )

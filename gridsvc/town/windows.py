"""Windows of a town's service points, and what is done at each."""

from __future__ import annotations

import pandas as pd

OFFICE_HOURS = "08:30-12:00;14:00-17:30"
AGENTS_HOURS = "08:00-20:00"
#: The hall of the town: a window for each station, by the unit whose items it takes.
STATIONS = (
    ("RSJ", "社会保障窗口", "public"),
    ("YBJ", "医疗保障窗口", "public"),
    ("MZJ", "民政救助窗口", "public"),
    ("WJW", "卫生健康窗口", "public"),
    ("", "综合受理窗口", "public"),
    ("NYJ", "农业农村审批窗口", "approval"),
    ("ZJJ", "建设审批窗口", "approval"),
    ("SCJ", "市场准入审批窗口", "approval"),
)


def windows_of(points: pd.DataFrame, items: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Windows and offers: the hall at the first party centre, an agent at every station.

    Parameters
    ----------
    points
        code, kind.
    items
        code, kind, unit_code, by_agent (``true`` or ``false``).

    Returns
    -------
    dict of pandas.DataFrame
        windows: code, point_code, name, kind, opens, hours. offers: window_code, item_code.
    """
    windows, offers = [], []
    for hall in points.loc[points["kind"] == "party", "code"].head(1):
        for number, (unit, name, kind) in enumerate(STATIONS, 1):
            code = f"CK{hall[2:]}{number:02d}"
            windows.append((code, hall, name, kind, "working_days", OFFICE_HOURS))
            taken = items["unit_code"] == unit if unit else items["kind"] == kind
            offers += [(code, item) for item in items.loc[taken, "code"]]
    for station in points.loc[points["kind"] == "station", "code"]:
        code = f"DB{station[2:]}"
        windows.append((code, station, "代办窗口", "agent", "daily", AGENTS_HOURS))
        offers += [(code, item) for item in items.loc[items["by_agent"] == "true", "code"]]
    return {
        "windows": pd.DataFrame(
            windows, columns=["code", "point_code", "name", "kind", "opens", "hours"]
        ),
        "offers": pd.DataFrame(offers, columns=["window_code", "item_code"]),
    }

"""Whom groups of a kind serve, and where devices stand, as themes of the coverage map."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from gridsvc.maps.compact import Facts, Field, Fill, Symbol
from gridsvc.maps.themes import Overlay, Theme

#: Kinds of groups as practices have them, in Chinese and English; others are shown as they are.
KINDS = {
    "volunteer_team": ("志愿队", "volunteers"),
    "centre": ("综治中心", "governance centre"),
    "studio": ("工作室", "studio"),
    "council": ("议事会", "council"),
    "mediation": ("调解组织", "mediation group"),
    "crew": ("维修队", "repair crew"),
    "team": ("队伍", "team"),
}
#: Kinds of devices: what they are called, their shape, colour and character.
DEVICES = {
    "alarm": ("报警器", "Alarm", "circle", "#b2182b", "警"),
    "camera": ("摄像机", "Camera", "square", "#0d3c7a", "视"),
    "loudspeaker": ("大喇叭", "Loudspeaker", "circle", "#8d5a00", "播"),
    "conference": ("视频会商", "Conference room", "square", "#6a1b9a", "会"),
}
_SERVED = ("2 个以上", "1 个", "没有")
_SERVED_ENGLISH = ("2 or more", "1", "None")
_SERVED_FILLS = [Fill("#6baed6"), Fill("#c6dbef"), Fill("#f16913")]
_ALARMED = ("近期报过警", "有设备，近期没有报警", "没有设备")
_ALARMED_ENGLISH = ("Alarms of late", "Devices, no alarm of late", "No device")
_ALARMED_FILLS = [Fill("#fc8d59"), Fill("#c6dbef"), Fill("#f7f7f7")]


def groups(numbers: pd.Series, kind: str | None, day: date) -> Theme:
    """By how many groups of a kind each micro-grid is served.

    Parameters
    ----------
    numbers
        By micro-grid code.
    kind
        Code of the kind; none = there are no groups at all.
    day
        On which they are counted.
    """
    level = np.select([numbers >= 2, numbers == 1], [0, 1], 2)
    served = int((numbers > 0).sum())
    name, english = KINDS.get(kind, (kind, kind)) if kind else ("没有组织", "no groups")
    note = f"{name}：有组织服务的微网格 {served} ÷ 全部 {len(numbers)}；{day}"
    return Theme(
        "groups",
        pd.Series(level, numbers.index),
        _SERVED_FILLS,
        list(_SERVED),
        note,
        (("没有覆盖的微网格", f"{len(numbers) - served} / {len(numbers)}"),),
        pd.DataFrame({"groups_number": numbers.astype(int)}),
        (Field("服务这里的组织", "groups_number", unit=" 个"),),
        english=dict(zip(_SERVED, _SERVED_ENGLISH, strict=True))
        | {
            note: f"{english}: micro-grids served {served} ÷ all {len(numbers)}; {day}",
            "没有覆盖的微网格": "Micro-grids not covered",
            "服务这里的组织": "Groups that serve here",
            " 个": " groups",
        },
    )


def devices(figures: pd.DataFrame, places: gpd.GeoDataFrame, days: int) -> Theme:
    """Where devices stand, and what they raised.

    Parameters
    ----------
    figures
        By micro-grid code: devices in use and alarms of these days.
    places
        Point, EPSG:4326; code, name, kind, alarms and video_url (or none) of each in use.
    days
        Back from now.
    """
    number, alarms = (figures[name].to_numpy(int) for name in ("devices", "alarms"))
    level = np.select([alarms > 0, number > 0], [0, 1], 2)
    note = f"在用设备 {int(number.sum())} 台，近 {days} 天报警 {int(alarms.sum())} 次"
    return Theme(
        "devices",
        pd.Series(level, figures.index),
        _ALARMED_FILLS,
        list(_ALARMED),
        note,
        (("有设备的微网格", f"{int((number > 0).sum())} / {len(figures)}"),),
        pd.DataFrame({"devices_number": number, "devices_alarms": alarms}, figures.index),
        (
            Field("在用设备", "devices_number", unit=" 台"),
            Field("报警", "devices_alarms", unit=" 次"),
        ),
        (_marks(places),),
        english=dict(zip(_ALARMED, _ALARMED_ENGLISH, strict=True))
        | {words[0]: words[1] for words in DEVICES.values()}
        | {
            note: f"{int(number.sum())} devices in use, {int(alarms.sum())} alarms in {days} days",
            "有设备的微网格": "Micro-grids with devices",
            "在用设备": "Devices in use",
            "报警": "Alarms",
            "设备": "Devices",
            "视频": "Video",
            "打开视频": "Open video",
            " 台": "",
            " 次": "",
        },
    )


def _marks(places: gpd.GeoDataFrame) -> Overlay:
    kinds = list(DEVICES)
    name = Field("名称", "name")
    told = [
        *(Field("编码", "code"), name),
        Field("类别", "kind", words={kind: words[0] for kind, words in DEVICES.items()}),
        Field("报警", "alarms", unit=" 次"),
        Field("视频", "video_url", opens="打开视频"),
    ]
    symbol = places["kind"].map(kinds.index).astype(int)
    return Overlay(
        "device_marks",
        "设备",
        places.assign(symbol=symbol)[
            ["code", "name", "kind", "alarms", "video_url", "symbol", "geometry"]
        ],
        tuple(
            Symbol(shape, colour, "#ffffff", radius=8.0, text=text)
            for _, _, shape, colour, text in DEVICES.values()
        ),
        tuple(words[0] for words in DEVICES.values()),
        facts=Facts("设备", told, [name]),
    )

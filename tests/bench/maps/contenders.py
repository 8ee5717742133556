"""The same city drawn by gridsvc, by folium.GeoJson and by GeoDataFrame.explore.

    python -m tests.bench.maps.contenders NAME CELLS FILE.html

Each is used as its manual shows: cells coloured by class with their name and households in a
tooltip where that is the default, events as points. Seconds are of the processor, from frames in
memory to a file on disk; making the city and importing libraries is not counted.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import folium
from matplotlib.colors import ListedColormap

from gridsvc.maps.compact import (
    CellLayer,
    CellStyle,
    CompactData,
    Facts,
    Field,
    Fill,
    Line,
    PointLayer,
    PointStyle,
    Symbol,
)
from gridsvc.maps.inline import self_contained
from tests.bench.maps.city import COLOURS, LEVELS, City, make_city

ZOOM = 12
EVENT_COLOURS = ["#c2003c", "#0d3c7a"]


def gridsvc(city: City, out: Path) -> None:
    """Our layers, in one self-contained file."""
    drawing = folium.Map(city.middle, zoom_start=ZOOM, tiles=None, max_zoom=20)
    drawing.default_js = [link for link in drawing.default_js if link[0] == "leaflet"]
    drawing.default_css = [link for link in drawing.default_css if link[0] == "leaflet_css"]
    data = CompactData({"cells": city.cells}, {"events": city.events})
    data.add_to(drawing)
    fills = [Fill(colour) for colour in COLOURS]
    cell = [Field("名称", "name"), Field("编码", "code"), Field("户数", "households")]
    CellLayer(
        data,
        "cells",
        name="微网格",
        style=CellStyle(Line("#6f7880", 0.8), class_column="level", classes=fills),
        facts=Facts("微网格", cell, [cell[0], cell[2]]),
    ).add_to(drawing)
    symbols = [Symbol("circle", colour, colour) for colour in EVENT_COLOURS]
    PointLayer(
        data,
        "events",
        name="事件",
        style=PointStyle("state", symbols, words=["已逾期", "办理中"]),
        facts=Facts("事件", [Field("事项", "matter")], [Field("", "matter")]),
    ).add_to(drawing)
    out.write_text(self_contained(drawing), encoding="utf-8")


def folium_geojson(city: City, out: Path, *, canvas: bool = False) -> None:
    """``folium.GeoJson`` as its manual has it; its events on canvas if asked."""
    drawing = folium.Map(city.middle, zoom_start=ZOOM, tiles=None, prefer_canvas=canvas)

    def cell_style(feature: dict[str, Any]) -> dict[str, Any]:
        level = feature["properties"]["level"]
        return {"fillColor": COLOURS[level], "color": "#6f7880", "weight": 0.8, "fillOpacity": 1}

    def event_style(feature: dict[str, Any]) -> dict[str, Any]:
        return {"fillColor": EVENT_COLOURS[feature["properties"]["state"]]}

    folium.GeoJson(city.cells, style_function=cell_style).add_to(drawing)
    dot = folium.CircleMarker(radius=3, weight=0, fill_opacity=1)
    folium.GeoJson(city.events, marker=dot, style_function=event_style).add_to(drawing)
    drawing.save(str(out))


def folium_canvas(city: City, out: Path) -> None:
    """The same on canvas."""
    folium_geojson(city, out, canvas=True)


def explore(city: City, out: Path) -> None:
    """``GeoDataFrame.explore`` as its manual has it: canvas and tooltips by default."""
    drawing = city.cells.explore(
        "level",
        cmap=ListedColormap(COLOURS),
        categorical=True,
        categories=list(range(LEVELS)),
        tiles=None,
        location=city.middle,
        zoom_start=ZOOM,
    )
    city.events.explore("state", cmap=ListedColormap(EVENT_COLOURS), categorical=True, m=drawing)
    drawing.save(str(out))


CONTENDERS: dict[str, Callable[[City, Path], None]] = {
    "gridsvc": gridsvc,
    "folium": folium_geojson,
    "explore": explore,
    "folium-canvas": folium_canvas,
}


def main() -> None:
    """Draw one, and print its seconds and bytes."""
    name, count, out = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    city = make_city(count)
    CONTENDERS[name](make_city(50), out)  # what is loaded or compiled on first use
    begin = time.process_time()
    CONTENDERS[name](city, out)
    seconds = time.process_time() - begin
    told = {"seconds": seconds, "bytes": out.stat().st_size, "vertices": city.vertices}
    print(json.dumps(told))


if __name__ == "__main__":
    main()

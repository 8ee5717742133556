"""Folium layers that draw many cells from one small data block.

Folium's own ``GeoJson`` writes every border twice and every attribute's name with every cell.
Here one `CompactData` holds all tables, each shared border once, and the layers draw from it on
canvas, hover and click included::

    data = CompactData({"cells": cells}, {"people": people}).add_to(map)
    CellLayer(data, "cells", name="微网格", style=CellStyle(Line("#555", 0.8))).add_to(map)

Everything a layer shows of the data enters the page as text nodes; names of layers are escaped.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import Any, Literal, cast

import geopandas as gpd
from branca.element import Element, Figure, MacroElement
from folium.map import Layer
from folium.template import Template

from gridsvc.maps.escape import escape
from gridsvc.maps.packing import pack

_SCRIPTS = (
    "decode.js",
    "cells.js",
    "queue.js",
    "canvas.js",
    "layers.js",
    "ground.js",
    "points.js",
    "inspector.js",
    "words.js",
    "finder.js",
    "print.js",
    "page.js",
)

#: Colours of growing density, pale to dark, even to the eye in any colour blindness (YlOrRd).
DENSITY_RAMP = ("#ffffcc", "#fed976", "#fd8d3c", "#e31a1c", "#800026")


@dataclass(frozen=True)
class Fill:
    """Colour of a class of cells, with the colour of its hatching if it has one."""

    colour: str
    hatch: str | None = None


@dataclass(frozen=True)
class Line:
    """Colour, width in pixels and opacity of a border."""

    colour: str
    width: float
    opacity: float = 1.0


@dataclass(frozen=True)
class CellStyle:
    """How cells look: their border, a wider line below it, and fills by class.

    `class_column` holds the number of each row's fill among `classes`.
    """

    line: Line
    casing: Line | None = None
    class_column: str | None = None
    classes: list[Fill] | None = None


@dataclass(frozen=True)
class Symbol:
    """A point symbol: circle, square, triangle or diamond, with one character inside or none."""

    shape: str
    fill: str
    colour: str
    radius: float = 6.0
    line: float = 1.5
    text: str = ""
    ink: str = "#fff"


@dataclass(frozen=True)
class PointStyle:
    """How many points look: a symbol each when near, gathered when far.

    `symbol_column` and `symbols` are as for `SymbolLayer`, and `words` says what each symbol
    stands for. `far` is ``clusters``, or ``density`` coloured by `DENSITY_RAMP`. Points are
    exact from zoom `near` on, and at every zoom while they are no more than `few`.
    """

    symbol_column: str
    symbols: list[Symbol]
    words: list[str] | None = None
    far: Literal["clusters", "density"] = "clusters"
    near: float = 16
    few: int = 60


@dataclass(frozen=True)
class Field:
    """One line of details: a column, its label, and how its values read.

    `words` replaces values by text, `unit` follows a number, and `per` names the column with
    the denominator that turns it into a share; a row without one shows the number alone. A column
    of addresses (https) is a link whose words are `opens`.
    """

    label: str
    column: str
    words: dict[str, str] | None = None
    unit: str = ""
    per: str | None = None
    opens: str = ""


@dataclass(frozen=True)
class Facts:
    """What is told about a row: a hint while hovering, a titled sheet after a click.

    `parent` adds a second section from another table; its ``column`` holds positions of rows.
    """

    title: str
    fields: list[Field]
    hint: list[Field] = field(default_factory=list)
    parent: dict[str, Any] | None = None


@dataclass(frozen=True)
class Label:
    """Text written inside the cells of a table, where it has room."""

    table: str
    column: str
    size: int
    colour: str
    weight: int = 400


class Verbatim(Element):
    """Markup, code or data placed in the document as it is.

    Branca compiles the text of an `Element`, and what a ``script`` macro gives, as a Jinja
    template once more; braces in text from outside would be executed there. As a value of this
    template they are not.
    """

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text


def script_json(value: Any) -> str:
    """JSON that may stand inside a script element: no markup, ASCII only."""
    text = json.dumps(value, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return files("gridsvc").joinpath("maps", "js", name).read_text(encoding="utf-8")


class CompactData(MacroElement):
    """The tables compact layers draw from, packed once; add it to the map before them.

    Parameters
    ----------
    polygons
        Frames of Polygon by table name, EPSG:4326; borders that coincide are stored once.
    points
        Frames of Point by table name, EPSG:4326.
    lines
        Frames of LineString by table name, EPSG:4326.
    """

    def __init__(
        self,
        polygons: dict[str, gpd.GeoDataFrame],
        points: dict[str, gpd.GeoDataFrame],
        lines: dict[str, gpd.GeoDataFrame] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "CompactData"
        self.block = pack(polygons, points, lines)
        #: How much of what lies below cells hide.
        self.fill_opacity = 1.0

    def render(self, **kwargs: Any) -> str:
        """Put scripts, styles and the data block into the figure."""
        figure = cast(Figure, self.get_root())
        scripts = "\n".join(map(_asset, _SCRIPTS))
        figure.header.add_child(Verbatim(f"<script>{scripts}</script>"), name="gridsvc_js")
        figure.header.add_child(Verbatim(f"<style>{_asset('map.css')}</style>"), name="gridsvc_css")
        name = self.get_name()
        block = f'<script type="application/octet-stream" id="{name}">{self.block}</script>'
        figure.html.add_child(Verbatim(block), name=name)
        unpack = f"const {name} = gridsvc.decode(document.getElementById('{name}').textContent);"
        figure.script.add_child(Verbatim(unpack), name=name)
        return cast(str, super().render(**kwargs))  # type: ignore[no-untyped-call]


class CompactLayer(Layer):
    """A layer made by one function of the page's ``gridsvc`` scripts."""

    maker = ""
    _template = Template("")

    def __init__(
        self, data: CompactData, name: str, z_index: int, show: bool, **options: Any
    ) -> None:
        super().__init__(name=escape(name), overlay=True, show=show)
        self.data = data
        self.options = {"pane": f"gridsvc-{z_index}", "zIndex": z_index, **options}

    def render(self, **kwargs: Any) -> str:
        """Put the layer's script into the figure."""
        options = self.options | {"fillOpacity": self.data.fill_opacity}
        name, made = self.get_name(), f"{self.data.get_name()}, {script_json(options)}"
        script = Verbatim(f"const {name} = gridsvc.{self.maker}({made});")
        cast(Figure, self.get_root()).script.add_child(script, name=name)
        return cast(str, super().render(**kwargs))  # type: ignore[no-untyped-call]


class CellLayer(CompactLayer):
    """Cells of one table: filled by class, hatched if asked, borders drawn once.

    Parameters
    ----------
    data
        The data block, already added to the map.
    table
        Name of a polygon table in it.
    name
        Name in the layer switch.
    style
        Borders and fills.
    facts
        What hovering and clicking tell; none leaves the layer silent.
    z_index, show
        Order among the layers of the map, and whether it is shown at first.
    """

    maker = "cells"

    def __init__(
        self,
        data: CompactData,
        table: str,
        *,
        name: str,
        style: CellStyle,
        facts: Facts | None = None,
        z_index: int = 410,
        show: bool = True,
    ) -> None:
        super().__init__(
            data,
            name,
            z_index,
            show,
            table=table,
            style=asdict(style),
            facts=facts and asdict(facts),
        )
        self._name = "CellLayer"


class SymbolLayer(CompactLayer):
    """Symbols at the points of a table, or inside the cells of a polygon table.

    Parameters
    ----------
    data, table, name, facts, z_index, show
        As for `CellLayer`.
    symbol_column, symbols
        Column with the number of each row's symbol, and the symbols by that number; a row
        whose number is not among them has none.
    """

    maker = "symbols"

    def __init__(
        self,
        data: CompactData,
        table: str,
        *,
        name: str,
        symbol_column: str,
        symbols: list[Symbol],
        facts: Facts | None = None,
        z_index: int = 450,
        show: bool = True,
    ) -> None:
        super().__init__(
            data,
            name,
            z_index,
            show,
            table=table,
            symbolColumn=symbol_column,
            symbols=[asdict(symbol) for symbol in symbols],
            facts=facts and asdict(facts),
        )
        self._name = "SymbolLayer"


class PointLayer(CompactLayer):
    """Points by the ten thousand: gathered while the view is wide, exact once it is near.

    Far out, neighbours are gathered into rings that tell their number and, by the colours of
    their symbols, what they are made of; a click goes nearer. Or they are drawn as a density.
    Near, every point stands at its own place, and what lies at one place is told together::

        style = PointStyle("state", [Symbol("circle", "#c2003c", "#7d0027")], words=["未结"])
        PointLayer(data, "events", name="事件", style=style).add_to(map)

    Parameters
    ----------
    data, name, facts, z_index, show
        As for `CellLayer`.
    table
        Name of a point table in the data block.
    style
        Symbols, and how points are gathered.
    """

    maker = "points"

    def __init__(
        self,
        data: CompactData,
        table: str,
        *,
        name: str,
        style: PointStyle,
        facts: Facts | None = None,
        z_index: int = 460,
        show: bool = True,
    ) -> None:
        super().__init__(
            data,
            name,
            z_index,
            show,
            table=table,
            symbolColumn=style.symbol_column,
            symbols=[asdict(symbol) for symbol in style.symbols],
            words=style.words or [],
            facts=facts and asdict(facts),
            far=style.far,
            near=style.near,
            few=style.few,
            ramp=[tuple(bytes.fromhex(colour[1:])) for colour in DENSITY_RAMP],
        )
        self._name = "PointLayer"


class LabelLayer(CompactLayer):
    """Names written inside cells where they fit, earlier labels before later ones."""

    maker = "labels"

    def __init__(
        self,
        data: CompactData,
        labels: list[Label],
        *,
        name: str,
        z_index: int = 430,
        show: bool = True,
    ) -> None:
        texts = [asdict(label) for label in labels]
        super().__init__(data, name, z_index, show, table=labels[0].table, labels=texts)
        self._name = "LabelLayer"

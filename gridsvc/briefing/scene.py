"""What a page is drawn from: shapes and words in millimetres, y downwards; pure.

A scene is painted by Chromium through SVG (`gridsvc.briefing.svg`) or by matplotlib
(`gridsvc.briefing.plotting`); both paint the same items in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import shapely

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Box:
    """A rectangle: left, top, width and height in mm."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge, mm."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Bottom edge, mm."""
        return self.y + self.height

    def inset(self, margin: float) -> Box:
        """The rectangle without a margin on every side."""
        return Box(
            self.x + margin, self.y + margin, self.width - 2 * margin, self.height - 2 * margin
        )

    @property
    def shape(self) -> shapely.Polygon:
        """The rectangle as a polygon."""
        return shapely.box(self.x, self.y, self.right, self.bottom)


@dataclass(frozen=True)
class Style:
    """How a shape looks; colours as #rrggbb, widths in mm, none = not drawn.

    `hatch` is the colour of lines over the fill; `dash` are the lengths of line and gap in mm.
    """

    fill: str | None = None
    line: str | None = None
    width: float = 0.2
    opacity: float = 1.0
    hatch: str | None = None
    dash: tuple[float, float] | None = None


@dataclass(frozen=True)
class Shape:
    """Polygons or lines in page millimetres; `key` tells what it stands for, as ``cell:CODE``."""

    geometry: shapely.Geometry
    style: Style
    key: str = ""


@dataclass(frozen=True)
class Words:
    """One line of text whose baseline begins, is centred or ends at a place.

    Attributes
    ----------
    x, y
        Place on the baseline, mm.
    text
        What is shown.
    size
        Height of an em, mm.
    halo
        Colour of a rim around the letters, so that they read on any ground.
    full
        The text before it was shortened; empty = it was not.
    key
        What it stands for, as ``label:CODE``.
    """

    x: float
    y: float
    text: str
    size: float
    colour: str = "#1d2b36"
    bold: bool = False
    anchor: Anchor = "start"
    halo: str | None = None
    full: str = ""
    key: str = ""


Item = Shape | Words


@dataclass
class Scene:
    """A page: its size in mm, its title for readers of the file, and its items, lowest first."""

    width: float
    height: float
    title: str
    items: list[Item] = field(default_factory=list)

    def add(self, *items: Item) -> None:
        """Put items on top."""
        self.items.extend(items)


def rectangle(box: Box, style: Style, key: str = "") -> Shape:
    """A rectangle as a shape."""
    return Shape(box.shape, style, key)


def rule(x1: float, y1: float, x2: float, y2: float, style: Style) -> Shape:
    """A straight line as a shape."""
    return Shape(shapely.LineString([(x1, y1), (x2, y2)]), style)

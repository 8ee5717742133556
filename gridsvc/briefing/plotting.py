"""Pages painted by matplotlib where there is no browser: the same items in the same order."""

from __future__ import annotations

import io
from functools import cache

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.figure import Figure
from matplotlib.font_manager import FontPath, FontProperties, get_font
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import Normal, Stroke

from gridsvc.briefing import fonts
from gridsvc.briefing.painting import GivenUp, Stopped, never
from gridsvc.briefing.scene import Scene, Shape, Style, Words

_MM_PER_INCH, _POINTS_PER_MM = 25.4, 72 / 25.4
#: Stands for a character that the font does not have, such as an emoji.
_UNKNOWN = "□"


class Matplotlib:
    """Paints with matplotlib.

    Parameters
    ----------
    stopped
        Asked before each page.
    """

    name = "matplotlib"

    def __init__(self, stopped: Stopped = never) -> None:
        self._stopped = stopped
        self._faces = {bold: _Face(bold=bold) for bold in (False, True)}

    def pdf(self, scene: Scene) -> bytes:
        """A document of one page in the size of the scene.

        Raises
        ------
        GivenUp
            If it was stopped.
        """
        return self._saved(scene, "pdf", 72.0, {"Title": scene.title, "CreationDate": None})

    def png(self, scene: Scene, dots_per_mm: float) -> bytes:
        """A picture of the scene.

        Raises
        ------
        GivenUp
            If it was stopped.
        """
        return self._saved(scene, "png", dots_per_mm * _MM_PER_INCH, {"Title": scene.title})

    def _saved(
        self, scene: Scene, kind: str, dots_per_inch: float, told: dict[str, str | None]
    ) -> bytes:
        if self._stopped():
            raise GivenUp
        out = io.BytesIO()
        self._figure(scene).savefig(out, format=kind, dpi=dots_per_inch, metadata=told)
        return out.getvalue()

    def _figure(self, scene: Scene) -> Figure:
        figure = Figure(figsize=(scene.width / _MM_PER_INCH, scene.height / _MM_PER_INCH))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, scene.width)
        axes.set_ylim(scene.height, 0)
        for order, item in enumerate(scene.items):
            if isinstance(item, Words):
                self._write(axes, item, order)
            else:
                for patch in _patches(item):
                    patch.set_zorder(order)
                    axes.add_patch(patch)
        return figure

    def _write(self, axes: mpl.axes.Axes, words: Words, order: int) -> None:
        face = self._faces[words.bold]
        size = words.size * _POINTS_PER_MM
        text = axes.text(
            words.x,
            words.y,
            face.known(words.text),
            fontproperties=face.properties,
            fontsize=size,
            color=words.colour,
            ha={"start": "left", "middle": "center", "end": "right"}[words.anchor],
            va="baseline",
            zorder=order,
            parse_math=False,
        )
        if words.halo:
            rim = Stroke(linewidth=0.28 * size, foreground=words.halo)
            text.set_path_effects([rim, Normal()])


class _Face:
    def __init__(self, *, bold: bool) -> None:
        face = fonts.chinese(bold=bold)
        path = FontPath(face.path, face.index)
        self.properties = FontProperties(fname=path)
        self._characters = _characters(path)

    def known(self, text: str) -> str:
        """A text with a square for what the font does not have."""
        return "".join(c if ord(c) in self._characters else _UNKNOWN for c in text)


@cache
def _characters(path: FontPath) -> frozenset[int]:
    return frozenset(get_font(path).get_charmap())


def _patches(shape: Shape) -> list[PathPatch]:
    outline = _outline(shape.geometry)
    if outline is None:
        return []
    style, patches = shape.style, []
    if style.fill:
        fill = PathPatch(outline, facecolor=style.fill, edgecolor="none", alpha=style.opacity)
        patches.append(fill)
    if style.hatch:
        lines = PathPatch(outline, facecolor="none", edgecolor=style.hatch, linewidth=0)
        lines.set_hatch("/////")
        lines.set_hatch_linewidth(0.6)
        patches.append(lines)
    if style.line:
        patches.append(_line(outline, style))
    return patches


def _line(outline: Outline, style: Style) -> PathPatch:
    width = style.width * _POINTS_PER_MM
    dash = (0, tuple(one * _POINTS_PER_MM for one in style.dash)) if style.dash else "-"
    return PathPatch(
        outline,
        facecolor="none",
        edgecolor=style.line,
        linewidth=width,
        linestyle=dash,
        alpha=style.opacity,
        joinstyle="round",
        capstyle="round",
    )


def _outline(geometry: shapely.Geometry) -> Outline | None:
    """Every ring and line of a geometry as one path."""
    points: list[npt.NDArray[np.float64]] = []
    steps: list[npt.NDArray[np.uint8]] = []
    for part in shapely.get_parts(shapely.get_parts(geometry)):
        area = part.geom_type == "Polygon"
        if not area and part.geom_type not in {"LineString", "LinearRing"}:
            continue
        for ring in shapely.get_rings(part) if area else [part]:
            xy = shapely.get_coordinates(ring)
            codes = np.full(len(xy), Outline.LINETO, dtype=np.uint8)
            codes[0] = Outline.MOVETO
            if area:
                codes[-1] = Outline.CLOSEPOLY
            points.append(xy)
            steps.append(codes)
    return Outline(np.concatenate(points), np.concatenate(steps)) if points else None

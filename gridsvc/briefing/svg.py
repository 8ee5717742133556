"""Scenes as SVG; pure."""

from __future__ import annotations

from collections.abc import Iterable

import shapely

from gridsvc.briefing.scene import Item, Scene, Shape, Style, Words
from gridsvc.maps.escape import escape
from gridsvc.maps.plan_drawing import paths

#: Chinese faces by the names that Linux, Windows and Macs know them by.
FONTS = (
    "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',"
    "sans-serif"
)
#: Whole units of a path in one millimetre.
_UNITS = 50
#: Distance of the lines of a hatch, in those units.
_HATCH = 60


def svg(scene: Scene, *, prefix: str = "p") -> str:
    """A scene as one SVG element, a millimetre each unit.

    Parameters
    ----------
    prefix
        Begins the ids of its patterns, so that several pages can stand in one document.
    """
    hatches = _hatches(scene.items, prefix)
    defs = "".join(_pattern(style, name) for style, name in hatches.items())
    drawn = "".join(_drawn(item, hatches) for item in scene.items)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(scene.width)}'
        f' {_n(scene.height)}" width="{_n(scene.width)}mm" height="{_n(scene.height)}mm"'
        f' role="img" aria-label="{escape(scene.title)}" font-family="{FONTS}">'
        f"<defs>{defs}</defs>{drawn}</svg>"
    )


def _n(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _hatches(items: Iterable[Item], prefix: str) -> dict[tuple[str, str], str]:
    wanted = dict.fromkeys(
        (item.style.fill or "none", item.style.hatch)
        for item in items
        if isinstance(item, Shape) and item.style.hatch
    )
    return {pair: f"{prefix}-hatch{i}" for i, pair in enumerate(wanted)}


def _pattern(style: tuple[str, str], name: str) -> str:
    fill, line = style
    return (
        f'<pattern id="{name}" width="{_HATCH}" height="{_HATCH}" patternUnits="userSpaceOnUse"'
        f' patternTransform="rotate(45)"><rect width="{_HATCH}" height="{_HATCH}" fill="{fill}"/>'
        f'<rect width="{_HATCH // 4}" height="{_HATCH}" fill="{line}"/></pattern>'
    )


def _drawn(item: Item, hatches: dict[tuple[str, str], str]) -> str:
    return _words(item) if isinstance(item, Words) else _shape(item, hatches)


def _shape(shape: Shape, hatches: dict[tuple[str, str], str]) -> str:
    whole = shapely.transform(shape.geometry, lambda xy: xy * _UNITS)
    (path,) = paths([whole])
    if not path:
        return ""
    key = f' data-key="{escape(shape.key)}"' if shape.key else ""
    look = _look(shape.style, hatches)
    return f'<path transform="scale({1 / _UNITS})" d="{path}"{look}{key}/>'


def _look(style: Style, hatches: dict[tuple[str, str], str]) -> str:
    fill = style.fill or "none"
    if style.hatch:
        fill = f"url(#{hatches[(fill, style.hatch)]})"
    told = f' fill="{fill}"'
    if style.line:
        told += f' stroke="{style.line}" stroke-width="{_n(style.width * _UNITS)}"'
        told += ' stroke-linejoin="round" stroke-linecap="round"'
    if style.dash:
        told += f' stroke-dasharray="{" ".join(_n(one * _UNITS) for one in style.dash)}"'
    return told + (f' opacity="{_n(style.opacity)}"' if style.opacity < 1 else "")


def _words(words: Words) -> str:
    told = f' x="{_n(words.x)}" y="{_n(words.y)}" font-size="{_n(words.size)}"'
    told += f' fill="{words.colour}"'
    if words.bold:
        told += ' font-weight="700"'
    if words.anchor != "start":
        told += f' text-anchor="{words.anchor}"'
    if words.halo:
        told += f' stroke="{words.halo}" stroke-width="{_n(0.28 * words.size)}"'
        told += ' stroke-linejoin="round" paint-order="stroke"'
    if words.key:
        told += f' data-key="{escape(words.key)}"'
    full = f"<title>{escape(words.full)}</title>" if words.full else ""
    return f"<text{told}>{full}{escape(words.text)}</text>"

"""The histogram of a plan's report as integers for SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

WIDE, HIGH = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 22, 52


@dataclass(frozen=True)
class Histogram:
    """Bars, bands and ticks of a histogram in units of a `WIDE` by `HIGH` sheet.

    Attributes
    ----------
    bars
        x, y, width, height and count of each class.
    bands
        x and width of the tolerances, the wide one first.
    target
        x of the target, or none.
    across, up
        Position and text of the ticks.
    base, left, right
        Where the axis lies and ends.
    """

    bars: list[tuple[int, int, int, int, int]]
    bands: list[tuple[int, int]]
    target: int | None
    across: list[tuple[int, str]]
    up: list[tuple[int, str]]
    base: int = HIGH - _BOTTOM
    left: int = _LEFT
    right: int = WIDE - _RIGHT


def histogram(
    lower: list[Any], upper: list[Any], counts: list[Any], target: float | None
) -> Histogram | None:
    """Place the classes of a histogram; the last one may be open upwards.

    Returns
    -------
    Histogram or None
        None if no class holds anything.
    """
    rows = [
        (float(a), b, int(n))
        for a, b, n in zip(lower, upper, counts, strict=False)
        if a is not None
    ]
    if not any(n for _, _, n in rows):
        return None
    usual = next((float(b) - a for a, b, _ in rows if b is not None and b > a), 1.0)
    spans = [(a, float(b) if b is not None and b > a else a + usual, n) for a, b, n in rows]
    first, last = min(a for a, _, _ in spans), max(b for _, b, _ in spans)
    top = _nice_top(max(n for _, _, n in spans))

    def x(value: float) -> int:
        inside = min(max(value, first), last)
        return round(_LEFT + (WIDE - _LEFT - _RIGHT) * (inside - first) / (last - first))

    def y(count: float) -> int:
        return round(HIGH - _BOTTOM - (HIGH - _TOP - _BOTTOM) * count / top)

    tolerances = [(x(target * (1 - t)), x(target * (1 + t))) for t in (0.2, 0.1)] if target else []
    inside = target is not None and first <= target <= last
    return Histogram(
        bars=[(x(a) + 1, y(n), max(x(b) - x(a) - 2, 1), y(0) - y(n), n) for a, b, n in spans],
        bands=[(a, b - a) for a, b in tolerances if b > a],
        target=x(target) if target is not None and inside else None,
        across=[(x(value), text) for value, text in _edges(spans, rows[-1][1] is None)],
        up=[(y(count), str(count)) for count in range(0, top + 1, max(top // 4, 1))],
    )


def _nice_top(most: int) -> int:
    """The next of 4, 8, 20, 40, 80, 200 ... at or above a count: quarters are whole."""
    power = 1
    while True:
        for step in (4, 8, 20):
            if step * power >= most:
                return step * power
        power *= 10


def _edges(spans: list[tuple[float, float, int]], is_open: bool) -> list[tuple[float, str]]:
    """Edges of the classes worth a tick, about ten of them; an open end has dots."""
    values = [a for a, _, _ in spans] + ([] if is_open else [spans[-1][1]])
    every = max(1, math.ceil(len(values) / 11))
    ticks = [(value, f"{value:g}") for value in values[::every]]
    return [*ticks, (spans[-1][1], "…")] if is_open else ticks

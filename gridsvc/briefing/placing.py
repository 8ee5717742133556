"""Where labels stand so that none lies on another; pure.

Labels of areas belong into their areas, at the widest place: general label placers (adjustText,
textalloc) push them about until they do not touch, out of their areas and without a promise.
Here the most important come first, each takes the first of its few places that is free, and
what finds none is left out: the table has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from gridsvc.briefing.scene import Box, Words
from gridsvc.briefing.typesetting import shortened, width_of

#: Height of a line's letters above and below the baseline, and room kept about them, in ems.
ABOVE, BELOW, APART = 0.92, 0.22, 0.12
#: Steps from the best place tried, in ems: along the line and across it.
_STEPS = ((0, 0), (0, -1), (0, 1), (-1.5, 0), (1.5, 0), (0, -2), (0, 2), (-2, -1.5), (2, 1.5))


@dataclass(frozen=True)
class Label:
    """What should stand in an area.

    Attributes
    ----------
    key
        What the label stands for.
    text
        What it says; shortened where it is longer than `room`.
    area
        Polygon on the page, mm.
    room
        Width it may take, mm.
    inside
        Whether it must lie wholly in its area, or may reach over its border.
    short
        What it says where there is no room for the text.
    """

    key: str
    text: str
    area: shapely.Geometry
    room: float
    inside: bool = False
    short: str = ""


def extent(words: Words) -> Box:
    """Room that a line takes, with what is kept clear about it."""
    width = width_of(words.text, words.size) + 2 * APART * words.size
    left = {"start": 0.0, "middle": 0.5, "end": 1.0}[words.anchor] * width
    height = (ABOVE + BELOW + 2 * APART) * words.size
    return Box(words.x - left, words.y - (ABOVE + APART) * words.size, width, height)


class Placer:
    """Places labels on one map, one layer after the other."""

    def __init__(self, frame: Box, taken: Sequence[Box] = ()) -> None:
        self._frame = frame
        self._taken = [(box.x, box.y, box.right, box.bottom) for box in taken]

    def place(self, labels: Sequence[Label], like: Words) -> list[Words]:
        """Labels that found room, those of the largest areas first.

        Parameters
        ----------
        like
            Words whose size, colour, weight and halo all take.
        """
        order = np.argsort([-label.area.area for label in labels], kind="stable")
        found = (self._one(labels[i], like) for i in order)
        return [words for words in found if words is not None]

    def _one(self, label: Label, like: Words) -> Words | None:
        if label.area.is_empty:
            return None
        middle = widest_place(label.area)
        for text in filter(None, (label.text, label.short)):
            told = shortened(text, label.room, like.size)
            full = told.full if text == label.text else label.text
            words = replace(like, text=told.text, full=full, key=label.key, anchor="middle")
            placed = self._placed(words, middle, label.area if label.inside else None)
            if told.text and placed is not None:
                return placed
        return None

    def _placed(
        self, words: Words, middle: tuple[float, float], area: shapely.Geometry | None
    ) -> Words | None:
        x, y = middle[0], middle[1] + (ABOVE - BELOW) / 2 * words.size
        for along, across in _STEPS:
            here = replace(words, x=x + along * words.size, y=y + across * words.size)
            box = extent(here)
            if self._free(box) and (area is None or area.contains(box.shape)):
                self._taken.append((box.x, box.y, box.right, box.bottom))
                return here
        return None

    def _free(self, box: Box) -> bool:
        frame = self._frame
        if box.x < frame.x or box.y < frame.y:
            return False
        if box.right > frame.right or box.bottom > frame.bottom:
            return False
        taken = np.array(self._taken).reshape(-1, 4)
        apart = (
            (taken[:, 0] >= box.right)
            | (taken[:, 2] <= box.x)
            | (taken[:, 1] >= box.bottom)
            | (taken[:, 3] <= box.y)
        )
        return bool(apart.all())


def widest_place(area: shapely.Geometry) -> tuple[float, float]:
    """Middle of the largest circle in the largest part of an area."""
    parts = shapely.get_parts(area)
    largest = parts[int(shapely.area(parts).argmax())]
    if largest.area == 0:
        return tuple(shapely.get_coordinates(largest)[0])
    circle = shapely.maximum_inscribed_circle(largest, max(largest.area**0.5 / 50, 1e-3))
    x, y = shapely.get_coordinates(circle)[0]
    return float(x), float(y)

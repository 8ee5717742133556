"""The map of a plan's cells by households against target, ready for the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gridsvc.maps import legend
from gridsvc.maps.plan_drawing import (
    Mark,
    Sheet,
    district_lines,
    marks,
    outlines,
    paths,
    roomy,
    sheet_for,
)
from gridsvc.maps.plan_numbers import plain, signed
from gridsvc.maps.plan_words import Words

#: Class of an ordinary cell without households, after those of the legend.
EMPTY = len(legend.FILLS)


class Place:
    """Cells as the report speaks of them: by number or by code."""

    def __init__(self, cells: gpd.GeoDataFrame) -> None:
        self.cells = cells.reset_index(drop=True)
        count = range(1, len(cells) + 1)
        self.numbers = _texts(self.cells, "cell") or [str(number) for number in count]
        self.codes = _texts(self.cells, "code")
        self.names = _texts(self.cells, "name") or [""] * len(cells)
        by_number = {number: row for row, number in reversed(list(enumerate(self.numbers)))}
        by_code = {code: row for row, code in reversed(list(enumerate(self.codes or [])))}
        self._rows = by_code | by_number
        self._rows_by_code = by_number | by_code
        self.sheet = sheet_for(self.cells)
        self.outlines = outlines(self.cells, self.sheet) if self.sheet else np.array([])

    def row_of(self, cell: Any) -> int | None:
        """Row of a cell by its number, else by its code; None where there is none."""
        return self._rows.get(str(cell))

    def row_of_code(self, code: Any) -> int | None:
        """Row of a cell by its code, else by its number; None where there is none."""
        return self._rows_by_code.get(str(code))

    def code_of(self, cell: Any) -> str:
        """Code of a cell; empty where it has none."""
        row = self.row_of(cell)
        return "" if row is None or self.codes is None else self.codes[row]

    def name_of(self, cell: Any) -> str:
        """Name of a cell; empty where it has none."""
        row = self.row_of(cell)
        return "" if row is None else self.names[row]


def _texts(frame: gpd.GeoDataFrame, column: str) -> list[str] | None:
    """A column as texts, whole numbers without a point and what is missing as nothing."""
    if column not in frame.columns:
        return None
    return ["" if pd.isna(value) else _text(value) for value in frame[column].tolist()]


def _text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)


@dataclass(frozen=True)
class Shape:
    """A cell on the map: its path, class and what it says of itself."""

    row: int
    path: str
    level: int
    told: Words


@dataclass(frozen=True)
class CellsMap:
    """The map of a plan.

    Attributes
    ----------
    sheet
        Its size and scale.
    shapes
        Every cell that has an outline.
    districts
        Path of the communities' outlines.
    flagged
        Mark of each cell outside the tolerance, with the place of its row in the table.
    numbers
        Numbers of other cells that have room for one.
    counts
        Cells of each class.
    """

    sheet: Sheet
    shapes: list[Shape]
    districts: str
    flagged: list[tuple[int, Mark]]
    numbers: list[Mark]
    counts: list[int]


def cells_map(place: Place, target: Any, outside: list[int | None]) -> CellsMap | None:
    """The map of a plan, or none when there is nothing to draw.

    Parameters
    ----------
    place
        The cells.
    target
        Households a cell should have, if known.
    outside
        Row of each cell outside the tolerance, in the order of the table.
    """
    if place.sheet is None:
        return None
    level = _levels(place.cells, target)
    drawn = paths(place.outlines)
    shapes = [
        Shape(row, path, int(level[row]), _told(place, row, target))
        for row, path in enumerate(drawn)
        if path
    ]
    counted = Counter(level.tolist())
    flagged, numbers = _marks(place, outside)
    district = place.cells["community"] if "community" in place.cells else pd.Series(dtype=object)
    return CellsMap(
        sheet=place.sheet,
        shapes=shapes,
        districts=district_lines(place.outlines, district.to_numpy()) if len(district) else "",
        flagged=flagged,
        numbers=numbers,
        counts=[counted[number] for number in range(EMPTY + 1)],
    )


def _levels(cells: gpd.GeoDataFrame, target: Any) -> npt.NDArray[np.int64]:
    """Class of each cell; without a target every ordinary cell counts as on it."""
    ordinary = cells["kind"].to_numpy() != "dedicated"
    held = cells["households"].fillna(0).to_numpy(float)
    level = np.where(ordinary, legend.ON_TARGET, legend.DEDICATED)
    if _is_goal(target):
        level = legend.levels(cells.assign(households=held), target)
    return np.where(ordinary & (held == 0), EMPTY, level)


def _is_goal(target: Any) -> bool:
    return isinstance(target, int | float) and target > 0


def _told(place: Place, row: int, target: Any) -> Words:
    held = place.cells["households"].iloc[row]
    count = plain(None if pd.isna(held) else int(held))
    dedicated = place.cells["kind"].iloc[row] == "dedicated"
    parts = [place.numbers[row], *([place.names[row]] if place.names[row] else [])]
    off = ""
    if not dedicated and _is_goal(target) and not pd.isna(held):
        off = f" · {signed(100 * (held - target) / target)}"
    head = " · ".join(parts)
    return Words(
        f"{head} · {'专属 · ' if dedicated else ''}{count} 户{off}",
        f"{head} · {'dedicated · ' if dedicated else ''}{count} households{off}",
    )


def _marks(place: Place, outside: list[int | None]) -> tuple[list[tuple[int, Mark]], list[Mark]]:
    """Plates of the cells outside the tolerance, and quiet numbers where there is room."""
    listed = [(at, row) for at, row in enumerate(outside) if row is not None]
    rows = [row for _, row in listed]
    plates = marks(place.outlines[rows], [place.numbers[row] for row in rows])
    others = np.setdiff1d(np.arange(len(place.cells)), rows)
    texts = [place.numbers[row] for row in others]
    room = roomy(place.outlines[others], texts)
    quiet = marks(
        place.outlines[others[room]],
        [text for text, fits in zip(texts, room, strict=True) if fits],
        beside=plates,
    )
    flagged = [(at, plate) for (at, _), plate in zip(listed, plates, strict=True)]
    return flagged, [mark for mark in quiet if mark.shown]

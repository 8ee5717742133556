"""Beside the map: where it lies, the legend with its figures, places in a table with bars; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridsvc.briefing.map_part import INK, QUIET, view_of
from gridsvc.briefing.scene import Anchor, Box, Item, Shape, Style, Words, rectangle, rule
from gridsvc.briefing.sheet import Sheet, by_class, by_place
from gridsvc.briefing.typesetting import clean, shortened, width_of, wrapped
from gridsvc.geo import metric_crs
from gridsvc.maps.compact import Fill

_RULE = Style(line="#24323d", width=0.3)
_HAIR = Style(line="#c3c8cc", width=0.12)
_OUTLINE = Style(line="#6f7880", width=0.12)
_AROUND = Style(fill="#cdd4da", line="#ffffff", width=0.2)
_HERE = Style(fill="#c2410c", line="#7c2d12", width=0.25)
_TOP = Style(fill="#e9edf0", line="#c3c8cc", width=0.15)
#: Height of the inset and of one row, in sizes of ordinary text.
_INSET_HEIGHT, _ROW, _WIDEST_ROW = 7.0, 1.62, 1.9
_MOST_NOTE_LINES, _MOST_COLUMNS = 3, 4


def side_part(sheet: Sheet, box: Box, text: float) -> list[Item]:
    """Inset, legend and table, one below the other.

    Parameters
    ----------
    text
        Size of ordinary text, mm.
    """
    inset = Box(box.x, box.y, box.width, _INSET_HEIGHT * text)
    items = _inset(sheet, inset, text)
    legend, bottom = _legend(sheet, Box(box.x, inset.bottom + text, box.width, 0), text)
    top = bottom + 0.9 * text
    table, bottom = _table(sheet, Box(box.x, top, box.width, box.bottom - top), text)
    rest = Box(box.x, bottom + 1.2 * text, box.width, box.bottom - bottom - 1.2 * text)
    return [*items, *legend, *table, *_shares(sheet, rest, text)]


def _heading(told: str, x: float, y: float, width: float, text: float) -> list[Item]:
    """A heading above a rule; `y` is its top, it takes 1.7 texts."""
    words = shortened(told, width, 1.12 * text)
    return [
        Words(x, y + 1.1 * text, words.text, 1.12 * text, INK, True, full=words.full),
        rule(x, y + 1.5 * text, x + width, y + 1.5 * text, _RULE),
    ]


# ---- where it lies ------------------------------------------------------------------------


def _inset(sheet: Sheet, box: Box, text: float) -> list[Item]:
    window = Box(box.x, box.y, 0.46 * box.width, box.height)
    items: list[Item] = [rectangle(window, _TOP, "inset")]
    items += _inset_shapes(sheet, window, text)
    x, room = window.right + 0.9 * text, box.right - window.right - 0.9 * text
    items += _heading("位置与概况", x, box.y - 0.25 * text, room, text)
    for i, (label, figure) in enumerate(_facts(sheet)):
        y = box.y + (2.55 + 1.4 * i) * text
        items.append(Words(x, y, label, 0.92 * text, QUIET))
        left = room - width_of(label, 0.92 * text) - 0.5 * text
        told = shortened(figure, left, 0.92 * text)
        items.append(Words(x + room, y, told.text, 0.92 * text, INK, True, "end", full=told.full))
    return items


def _facts(sheet: Sheet) -> list[tuple[str, str]]:
    homes = int(sheet.cells["households"].sum())
    facts = [("微网格", f"{len(sheet.cells):,} 个"), ("户数", f"{homes:,} 户")]
    if not sheet.empty:
        area = sheet.cells.to_crs(metric_crs(sheet.cells)).area.sum() / 1e6
        west, south, east, north = sheet.cells.total_bounds
        facts.append(("面积", f"{area:.2f} km²"))
        facts.append(("中心", f"{(west + east) / 2:.3f}°, {(south + north) / 2:.3f}°"))
    return facts


def _inset_shapes(sheet: Sheet, window: Box, text: float) -> list[Item]:
    if sheet.empty:
        return []
    around = sheet.around if len(sheet.around) else sheet.places
    everything = pd.concat([around[["geometry"]], sheet.places[["geometry"]]])
    view = view_of(everything, window, 0.5 * text)
    items: list[Item] = [
        Shape(shape, _AROUND, "around") for shape in shapely.simplify(view.shapes(around), 0.1)
    ]
    shapes = shapely.make_valid(view.shapes(sheet.places))
    own = shapely.union_all(shapely.buffer(shapes, 0.08)).buffer(-0.08)
    items.append(Shape(shapely.simplify(own, 0.1), _HERE, "here"))
    left, _, right, _ = own.bounds
    across = right - left
    if across < 1.2 * text:  # too small to be seen: a ring about it
        ring = shapely.boundary(shapely.centroid(own).buffer(0.9 * text))
        items.append(Shape(ring, Style(line="#c2410c", width=0.4), "here-ring"))
    return items


# ---- legend -------------------------------------------------------------------------------


def _legend(sheet: Sheet, box: Box, text: float) -> tuple[list[Item], float]:
    """Classes with what is in each, notes, further figures; and where it ends."""
    items = _heading(f"图例　{sheet.theme.title}", box.x, box.y, box.width, text)
    y = box.y + 1.7 * text
    small = 0.88 * text
    note = f"{sheet.of_whole}：{sheet.theme.note}" if sheet.of_whole else sheet.theme.note
    for line in wrapped(note, box.width, small, most=_MOST_NOTE_LINES):
        y += 1.3 * small
        items.append(Words(box.x, y - 0.1 * small, line, small, QUIET, key="note"))
    columns = (box.right - 6.2 * text, box.right)
    y += 1.35 * text
    items += _figures(("微网格", "户数"), columns, y, small, QUIET)
    figures = by_class(sheet)
    for i, row in enumerate(figures.itertuples(index=False)):
        y += _ROW * text
        swatch = Box(box.x, y - 1.02 * text, 2.1 * text, 1.25 * text)
        items.append(rectangle(swatch, _swatch(sheet.theme.fills[i]), f"swatch:{i}"))
        room = columns[0] - box.x - 2.8 * text - 4.2 * text
        label = shortened(str(row.label), room, text)
        items.append(Words(swatch.right + 0.7 * text, y, label.text, text, full=label.full))
        counts = (f"{row.cells:,}", f"{row.households:,}")
        items += _figures(counts, columns, y, text, INK)
    y += 0.5 * text
    items.append(rule(box.x, y, box.right, y, _HAIR))
    y += 1.25 * text
    items.append(Words(box.x, y, "合计", text, INK, True))
    total = (f"{figures['cells'].sum():,}", f"{figures['households'].sum():,}")
    items += _figures(total, columns, y, text, INK)
    of_whole = f"{sheet.of_whole}：" if sheet.of_whole else ""
    for told, figure in sheet.theme.rows:
        y += 1.4 * text
        items += _pair(f"{of_whole}{told}", figure, box, y, 0.92 * text)
    return items, y + 0.3 * text


def _swatch(fill: Fill) -> Style:
    return Style(fill=fill.colour, line=_OUTLINE.line, width=0.12, hatch=fill.hatch)


def _figures(
    told: Sequence[str], rights: Sequence[float], y: float, size: float, colour: str
) -> list[Item]:
    end: Anchor = "end"
    return [Words(x, y, one, size, colour, anchor=end) for one, x in zip(told, rights, strict=True)]


def _pair(label: str, figure: str, box: Box, y: float, size: float) -> list[Item]:
    """A label at the left and its figure at the right of one line; the figure is kept whole."""
    figure = clean(figure)
    room = box.width - width_of(figure, size) - size
    told = shortened(label, room, size)
    return [
        Words(box.x, y, told.text, size, QUIET, full=told.full),
        Words(box.right, y, figure, size, INK, True, "end"),
    ]


# ---- places -------------------------------------------------------------------------------


def _table(sheet: Sheet, box: Box, text: float) -> tuple[list[Item], float]:
    """Places with their figures and, as a bar, how their micro-grids divide into the classes.

    And where the table ends.
    """
    places = by_place(sheet)
    rows_room = box.height - 1.7 * text - 1.4 * text
    rows = int(rows_room // (_ROW * text))
    if rows < 1 or places.empty:
        return [], box.y
    if sheet.is_index and len(places) > rows:
        return _directory(sheet, box, text), box.bottom
    step = min(rows_room / min(rows, len(places)), _WIDEST_ROW * text)
    heading = f"各{sheet.place_words}统计与分级构成"
    items = _heading(heading, box.x, box.y, box.width, text)
    bar = Box(box.right - 0.36 * box.width, 0, 0.36 * box.width, 0.95 * text)
    columns = (bar.x - 5.4 * text, bar.x - 0.9 * text)
    y = box.y + 1.7 * text + 1.1 * text
    small = 0.88 * text
    items.append(Words(box.x, y, sheet.place_words, small, QUIET))
    items += _figures(("微网格", "户数"), columns, y, small, QUIET)
    items.append(Words(bar.x, y, "微网格按分级（图例色）", small, QUIET))
    told_by = "label" if sheet.is_index or sheet.by_grid else "name"
    for row in _fitting(places, rows).to_dict("records"):
        y += step
        room = columns[0] - box.x - 3.3 * text
        name = shortened(str(row[told_by]), room, text)
        items.append(Words(box.x, y, name.text, text, full=name.full, key=f"row:{row['code']}"))
        items += _figures((f"{row['cells']:,}", f"{row['households']:,}"), columns, y, text, INK)
        items += _bar(sheet, row, Box(bar.x, y - 0.85 * text, bar.width, bar.height))
    return items, y + 0.4 * text


def _directory(sheet: Sheet, box: Box, text: float) -> list[Item]:
    """Page and name of every place, in as many columns as it takes; what is left is counted."""
    items = _heading(f"目录（页码 {sheet.place_words}）", box.x, box.y, box.width, text)
    size = 0.92 * text
    step, top = 1.36 * size, box.y + 1.9 * text
    rows = max(int((box.bottom - top) // step), 1)
    labels = list(sheet.places["label"])
    columns = min(-(-len(labels) // rows), _MOST_COLUMNS)
    rows = min(rows, -(-len(labels) // columns))
    width = box.width / columns
    if len(labels) > rows * columns:
        left = len(labels) - rows * columns + 1
        labels = [*labels[: rows * columns - 1], f"… 另有 {left} 页"]
    for i, label in enumerate(labels):
        column, row = divmod(i, rows)
        told = shortened(label, width - size, size)
        x, y = box.x + column * width, top + (row + 0.75) * step
        items.append(Words(x, y, told.text, size, full=told.full, key=f"row:{i}"))
    return items


def _fitting(places: pd.DataFrame, rows: int) -> pd.DataFrame:
    """At most so many rows; what does not fit is summed up in the last one."""
    if len(places) <= rows:
        return places
    shown, rest = places[: rows - 1], places[rows - 1 :]
    told = f"其余 {len(rest)} 个合计"
    summed = rest.drop(columns=["code", "name", "label"]).sum().to_frame().T
    summed = summed.assign(code="", name=told, label=told)
    return pd.concat([shown, summed[places.columns]], ignore_index=True)


def _bar(sheet: Sheet, row: dict[Any, Any], box: Box) -> list[Item]:
    """One bar for a place: its micro-grids by class, as shares of all of them."""
    counts = np.array([row[i] for i in range(len(sheet.theme.fills))], dtype=np.float64)
    if counts.sum() == 0:
        return []
    ends = np.cumsum(counts) / counts.sum() * box.width
    return [
        rectangle(
            Box(box.x + end - width, box.y, width, box.height),
            _swatch(fill),
            f"bar:{row['code']}:{i}",
        )
        for i, (fill, end, width) in enumerate(
            zip(sheet.theme.fills, ends, np.diff(ends, prepend=0.0), strict=True)
        )
        if width > 0
    ]


def _shares(sheet: Sheet, box: Box, text: float) -> list[Item]:
    """What room is left under the table shows how large each class is, as bars."""
    classes = by_class(sheet)
    whole = int(classes["cells"].sum())
    step = 1.5 * text
    if whole == 0 or box.height < 2.2 * text + step * len(classes):
        return []
    items = _heading("微网格按分级占比", box.x, box.y, box.width, text)
    longest = box.width - 9 * text
    y = box.y + 2.1 * text
    for i, number in enumerate(classes["cells"]):
        width = longest * number / int(classes["cells"].max())
        bar = Box(box.x, y, max(width, 0.2), 1.05 * text)
        items.append(rectangle(bar, _swatch(sheet.theme.fills[i]), f"share:{i}"))
        told = f"{100 * number / whole:.1f}%（{number:,} / {whole:,}）"
        items.append(Words(bar.right + 0.5 * text, y + 0.9 * text, told, 0.88 * text, QUIET))
        y += step
    return items

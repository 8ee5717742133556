"""The figures behind maps as an Excel workbook.

It is kept until it is written: openpyxl's way of writing row by row leaves its own temporary
files behind where somebody gives up half-way, and a row here is small.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.series import DataPoint
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from gridsvc.briefing.list_book import MOST_NAME, NOT_IN_NAME
from gridsvc.briefing.page import approval_words, page_words
from gridsvc.briefing.sheet import Sheet, by_class, by_place
from gridsvc.briefing.typesetting import clean
from gridsvc.maps.coverage_layers import KINDS
from gridsvc.maps.moments import moment

_FACE = "等线"
_HEAD = PatternFill("solid", fgColor="FF24323D")
#: Excel cuts what is longer.
_MOST_TEXT = 32_000
_WIDTHS = {"名称": 34, "编码": 24, "所属网格": 20, "分级": 26, "地区": 34}


class Book:
    """A workbook: a first worksheet about all, then figures of each sheet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book: Any = Workbook()
        self._about: Any = self._book.active
        self._about.title = "说明"
        self._about.column_dimensions["A"].width = 18
        self._about.column_dimensions["B"].width = 90

    def add(self, sheet: Sheet) -> None:
        """Add the figures of a page: its classes, places and micro-grids."""
        self._tell(sheet)
        prefix = f"{sheet.page} " if sheet.pages else ""
        self._classes(sheet, f"{prefix}分级")
        self._places(sheet, f"{prefix}{sheet.place_words}")
        if not sheet.is_index:  # the pages have them
            self._cells(sheet, f"{prefix}微网格")

    def close(self) -> None:
        """Write the file."""
        # In memory first: a ZIP file whose disk is full cannot be closed in order.
        packed = io.BytesIO()
        self._book.save(packed)
        self._path.write_bytes(packed.getvalue())

    def _tell(self, sheet: Sheet) -> None:
        told = [
            ("标题", sheet.title),
            ("页码", page_words(sheet)),
            ("统计时间", moment(sheet.imprint.made_at)),
            ("资料来源", sheet.imprint.source),
            ("审图号", approval_words(sheet.imprint.approval)),
            ("主题", sheet.theme.title),
            ("口径", sheet.theme.note),
            *sheet.theme.rows,
        ]
        for label, value in told:
            if value:
                self._about.append([self._text(label, bold=True), self._text(value)])
        self._about.append([])

    def _page(self, name: str, heads: Sequence[str]) -> Any:
        page = self._book.create_sheet(name.translate(NOT_IN_NAME)[:MOST_NAME])
        page.freeze_panes = "A2"
        for i, head in enumerate(heads, start=1):
            width = _WIDTHS.get(head, max(11.0, 2.2 * len(head)))
            page.column_dimensions[get_column_letter(i)].width = width
        page.append([self._head(page, head) for head in heads])
        return page

    def _classes(self, sheet: Sheet, name: str) -> None:
        page = self._page(name, ("分级", "微网格", "户数"))
        told = by_class(sheet)
        for row in told.itertuples(index=False):
            page.append([self._text(row.label, page), row.cells, row.households])
        totals = [int(told[column].sum()) for column in ("cells", "households")]
        page.append([self._text("合计", page, bold=True), *totals])
        page.add_chart(_chart(page, sheet, len(told) + 1), "E2")

    def _places(self, sheet: Sheet, name: str) -> None:
        heads = ("编码", "名称", "微网格", "户数", *sheet.theme.labels)
        page = self._page(name, heads)
        for row in by_place(sheet).drop(columns="label").itertuples(index=False):
            page.append([self._text(row[0], page), self._text(row[1], page), *map(int, row[2:])])

    def _cells(self, sheet: Sheet, name: str) -> None:
        fields = sheet.theme.fields if sheet.theme.columns is not None else ()
        heads = (
            *("编码", "名称", "所属网格", "类别", "户数", "分级"),
            *(f"{field.label}（{field.unit.strip()}）" if field.unit else field.label
              for field in fields),
        )  # fmt: skip
        page = self._page(name, heads)
        labels = [*sheet.theme.labels, ""]  # -1: what the theme knows nothing of
        told = self._told(sheet)
        for i, (level, cell) in enumerate(
            zip(sheet.levels, sheet.cells.itertuples(index=False), strict=True)
        ):
            page.append(
                [
                    self._text(cell.code, page),
                    self._text(cell.name, page),
                    self._text(cell.grid_code, page),
                    self._text(KINDS[cell.kind], page),
                    int(cell.households),
                    self._text(labels[level], page),
                    *(self._figure(told[field.column].iloc[i], page) for field in fields),
                ]
            )

    @staticmethod
    def _told(sheet: Sheet) -> pd.DataFrame:
        columns = sheet.theme.columns
        return pd.DataFrame() if columns is None else columns.reindex(sheet.cells["code"])

    def _figure(self, value: Any, page: Any) -> Any:
        """A number where it is one: themes tell figures as they are to be read."""
        if pd.isna(value) or value == "—":
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            return self._text(str(value), page)

    def _text(self, value: Any, page: Any = None, *, bold: bool = False) -> WriteOnlyCell:
        """Text from outside stays text: one that begins with = is no formula."""
        cell = WriteOnlyCell(page or self._about, value=clean(str(value))[:_MOST_TEXT])
        cell.data_type = "s"
        cell.font = Font(name=_FACE, bold=bold)
        return cell

    def _head(self, page: Any, value: str) -> WriteOnlyCell:
        cell = self._text(value, page)
        cell.font = Font(name=_FACE, bold=True, color="FFFFFFFF")
        cell.fill = _HEAD
        return cell


def _chart(page: Any, sheet: Sheet, last: int) -> BarChart:
    """Micro-grids in each class, in its colour."""
    chart = BarChart()
    chart.type, chart.legend, chart.title = "bar", None, "各分级微网格数"
    chart.add_data(Reference(page, min_col=2, min_row=1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(page, min_col=1, min_row=2, max_row=last))
    chart.y_axis.delete = chart.x_axis.delete = False
    chart.x_axis.scaling.orientation = "maxMin"
    for i, fill in enumerate(sheet.theme.fills):
        point = DataPoint(idx=i)
        point.graphicalProperties.solidFill = fill.colour[1:]
        chart.series[0].data_points.append(point)
    return chart

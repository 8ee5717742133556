"""Lists of figures as an Excel workbook: a worksheet each, its title, heads and rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from gridsvc.briefing.typesetting import clean

#: Excel takes so many characters as the name of a worksheet, without some.
MOST_NAME, NOT_IN_NAME = 31, str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


class Lists:
    """A workbook to which lists are added."""

    def __init__(self) -> None:
        self._book: Any = Workbook()
        self._book.remove(self._book.active)

    def add(
        self, title: str, name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        """Add a list.

        Parameters
        ----------
        title
            First line of its worksheet.
        name
            Of the worksheet; what Excel does not take is left out.
        """
        page = self._book.create_sheet(clean(name).translate(NOT_IN_NAME)[:MOST_NAME])
        page.append([clean(title)])
        page.append(list(heads))
        for row in rows:
            page.append([clean(one) if isinstance(one, str) else one for one in row])
        for cells in page.iter_rows():
            for cell in cells:
                if isinstance(cell.value, str):
                    # Text from outside stays text: one that begins with = is no formula.
                    cell.data_type = "s"
        for cell in (*page[1], *page[2]):
            cell.font = Font(bold=True)
        page.freeze_panes = "A3"
        for i, head in enumerate(heads, start=1):
            page.column_dimensions[get_column_letter(i)].width = max(12.0, 2.4 * len(head))
        page.column_dimensions["B"].width = 24

    def packed(self) -> bytes:
        """The file (XLSX)."""
        packed = io.BytesIO()
        self._book.save(packed)
        return packed.getvalue()

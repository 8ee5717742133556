"""Lines of CSV and XLSX files as text, read in a process apart."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from gridsvc.config import FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.apart import read_apart
from gridsvc.exchange.guard import check_archive, check_size
from gridsvc.exchange.text import plain

#: More columns than any list of people, matters or events has.
MOST_COLUMNS = 1000

#: What openpyxl lets through from the archive, the XML and its own reading of damaged books.
_XLSX_ERRORS = (
    *(BadZipFile, InvalidFileException, ParseError, zlib.error),
    *(AttributeError, EOFError, IndexError, KeyError, OSError, TypeError, ValueError),
)

#: Number of a line and its cells.
Line = tuple[int, list[str]]


def lines_of(path: Path, limits: FileLimits) -> list[Line]:
    """Header and rows with their line numbers; rows without any value are left out.

    Raises
    ------
    BadInput
        If the file is missing, empty or unreadable, or asks for more than it may.
    """
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    lines = read_apart(path.name, limits, _lines_checked, path, limits)
    if not lines:
        raise BadInput(f"{path.name} is empty; its first line must name the columns")
    return lines


def _lines_checked(path: Path, limits: FileLimits) -> list[Line]:
    check_size(path, limits.table_bytes)
    book = path.suffix.lower() == ".xlsx"
    lines: list[Line] = []
    for number, cells in _from_xlsx(path, limits) if book else _from_csv(path):
        if number > limits.rows + 1:
            raise BadInput(f"{path.name} has over {limits.rows} rows; divide it")
        if len(cells) > MOST_COLUMNS:
            raise BadInput(f"{path.name} has over {MOST_COLUMNS} columns in line {number}")
        if any(cells):
            lines.append((number, cells))
    return lines


def _from_csv(path: Path) -> Iterator[Line]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            begins = 1
            for row in reader:
                yield begins, [plain(cell.strip()) for cell in row]
                begins = reader.line_num + 1  # a cell in quotes may hold line breaks
    except UnicodeDecodeError as failure:
        raise BadInput(f"{path.name} is not UTF-8 text; save it as CSV UTF-8") from failure
    except csv.Error as failure:
        raise BadInput(f"{path.name} is not a readable CSV file: {failure}") from failure


def _from_xlsx(path: Path, limits: FileLimits) -> Iterator[Line]:
    check_archive(path, limits.table_bytes, limits.unpacked_ratio)
    try:
        book = load_workbook(path, read_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what a sheet says of its size may be far off
            for number, row in enumerate(sheet.iter_rows(), start=1):
                yield number, [_value(cell, f"{path.name}: line {number}") for cell in row]
        finally:
            book.close()
    except _XLSX_ERRORS as failure:
        raise BadInput(f"{path.name} is not a readable XLSX file; save it anew") from failure


def _value(cell: Any, where: str) -> str:
    """Text of a workbook's cell; what a formula gives depends on who computed it last."""
    if cell.data_type in {"f", "e"}:
        what = "a formula" if cell.data_type == "f" else "an error"
        raise BadInput(f"{where} holds {what}; copy the sheet and paste its values only")
    return plain(text_of(cell.value))


def text_of(cell: Any) -> str:
    """Text of a cell, nothing for a missing value; whole numbers without a point."""
    if cell is None or (pd.api.types.is_scalar(cell) and pd.isna(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()

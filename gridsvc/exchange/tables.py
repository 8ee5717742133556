"""Tables of people, lists and households from CSV and XLSX, checked row by row.

A table is taken whole or not at all; every bad row is named with its line and the reason.
"""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

import geopandas as gpd
import pandas as pd
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from gridsvc.codes import DIGITS
from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.apart import read_apart
from gridsvc.exchange.guard import check_archive, check_size
from gridsvc.exchange.text import fault_of, plain
from gridsvc.geo import Datum
from gridsvc.people.schemas import CapturedAt

#: More columns than any list of people, matters or events has.
MOST_COLUMNS = 1000
#: So many bad rows are named in the message; all of them are in the error's ``rows``.
ROWS_NAMED = 5

#: What openpyxl lets through from the archive, the XML and its own reading of damaged books.
_XLSX_ERRORS = (
    *(BadZipFile, InvalidFileException, ParseError, zlib.error),
    *(AttributeError, EOFError, IndexError, KeyError, OSError, TypeError, ValueError),
)


#: Number of a line and its cells.
Line = tuple[int, list[str]]
Row = TypeVar("Row", bound=BaseModel)


def _padded(value: Any) -> Any:
    """A division code of 2, 4, 6 or 9 digits, as published, with its zeros."""
    text = str(value).strip()
    return text.ljust(12, "0") if text.isdigit() and len(text) in DIGITS.values() else value


def _listed(value: Any) -> Any:
    return [part.strip() for part in str(value).split(";") if part.strip()]


Code = Annotated[str, Field(min_length=1, max_length=64)]
DivisionCode = Annotated[str, BeforeValidator(_padded), Field(pattern=r"^[0-9]{12}$")]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Short = Annotated[str, Field(max_length=100)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class DivisionRow(BaseModel):
    """Division: code of 2 to 12 digits, name."""

    code: DivisionCode
    name: Annotated[str, Field(min_length=1, max_length=200)]


class HouseholdRow(BaseModel):
    """Registered household at an address in a building."""

    address_code: Code
    building_id: Code
    unit: Short | None = None
    floor: Annotated[int, Field(ge=-10, le=300)] | None = None
    room: Short | None = None
    residents: Annotated[int, Field(ge=0, le=100)]


class PowerRow(BaseModel):
    """Power with its legal basis and time of validity."""

    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]
    legal_basis: Annotated[str, Field(min_length=1, max_length=1000)]
    valid_from: date
    valid_to: date | None = None


class MatterRow(BaseModel):
    """Matter in the tree of matters."""

    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]
    parent: Code | None = None
    kind: Annotated[str, Field(pattern="^(grid|enforcement)$")]
    power_code: Code | None = None
    valid_to: date | None = None


class PersonRow(BaseModel):
    """Grid worker, liaison or officer; phone and identity number may be left out."""

    code: Code
    name: Name
    phone: Annotated[str, Field(pattern=r"^[0-9+ -]{5,20}$")] | None = None
    id_number: Annotated[str, Field(pattern=r"^[0-9]{17}[0-9X]$")] | None = None
    role: Annotated[str, Field(pattern="^(grid_worker|liaison|officer)$")]
    division_code: DivisionCode
    on_duty: bool
    capacity: Annotated[int, Field(ge=0, le=1000)]
    powers: Annotated[list[str], BeforeValidator(_listed)] = []
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum | None = None


class EventRow(BaseModel):
    """Event to be reported."""

    client_key: Code
    matter_code: Code
    lon: Lon
    lat: Lat
    datum: Datum
    description: Annotated[str, Field(min_length=1, max_length=4000)]
    captured_at: CapturedAt | None = None


#: What the rows of a kind of table are, and the columns that give it away.
Kind = tuple[type[BaseModel], frozenset[str]]

KINDS: dict[str, Kind] = {
    "events": (EventRow, frozenset({"client_key", "matter_code"})),
    "households": (HouseholdRow, frozenset({"address_code", "building_id"})),
    "people": (PersonRow, frozenset({"role", "division_code"})),
    "powers": (PowerRow, frozenset({"legal_basis", "valid_from"})),
    "matters": (MatterRow, frozenset({"kind", "power_code"})),
    "divisions": (DivisionRow, frozenset({"code", "name"})),
}


def kind_of(path: Path, limits: FileLimits = USUAL, kinds: Mapping[str, Kind] = KINDS) -> str:
    """Kind of table a file is, told by its columns; the first of the kinds that fits.

    Raises
    ------
    BadInput
        If it has the columns of no kind.
    """
    columns = set(_lines(path, limits)[0][1])
    for kind, (_, tell) in kinds.items():
        if tell <= columns:
            return kind
    known = "; ".join(f"{kind}: {', '.join(sorted(tell))}" for kind, (_, tell) in kinds.items())
    raise BadInput(f"{path.name} is no table gridsvc knows; it tells a table by columns: {known}")


def read_table(path: Path, row_type: type[Row], limits: FileLimits = USUAL) -> list[Row]:
    """Rows of a table, as `read_lines` reads them, without their lines."""
    return list(read_lines(path, row_type, limits).values())


def read_lines(path: Path, row_type: type[Row], limits: FileLimits = USUAL) -> dict[int, Row]:
    """Rows of a CSV (UTF-8) or XLSX file (first sheet) by line, every one of them valid.

    Empty cells are missing values; columns the kind does not know are ignored.

    Raises
    ------
    BadInput
        If the file cannot be read, has no rows, lacks a column, or holds bad rows; the
        message names their lines and reasons; or if it asks for more than it may.
    """
    (number, header), *lines = _lines(path, limits)
    if fault := _fault(header, len(header)):
        raise BadInput(f"{path.name} names a column in line {number} that {fault}; rename it")
    if twice := sorted(name for name, count in Counter(header).items() if name and count > 1):
        raise BadInput(f"{path.name} has the column {twice[0]} twice; keep one")
    needed = {name for name, field in row_type.model_fields.items() if field.is_required()}
    if missing := sorted(needed - set(header)):
        raise BadInput(f"{path.name} lacks the column {', '.join(missing)}; add it")
    if not lines:
        raise BadInput(f"{path.name} has a header but no rows; nothing to load")
    good: dict[int, Row] = {}
    bad: list[str] = []
    for number, cells in lines:
        if fault := _fault(cells, len(header)):
            bad.append(f"line {number}: {fault}")
            continue
        values = {name: cell for name, cell in zip(header, cells, strict=False) if cell != ""}
        try:
            good[number] = row_type.model_validate(values)
        except ValidationError as failure:
            bad += [f"line {number}: {reason}" for reason in reasons(failure)]
    if bad:
        refuse(path.name, bad)
    return good


def rows_of_layer(frame: gpd.GeoDataFrame, name: str, row_type: type[Row]) -> list[Row]:
    """Attributes of a layer's features, every one of them valid; geometry is left out.

    Raises
    ------
    BadInput
        If features are bad; the message numbers them from 1 and gives the reasons.
    """
    good: list[Row] = []
    bad: list[str] = []
    records = frame.drop(columns=frame.geometry.name).to_dict("records")
    for number, values in enumerate(records, start=1):
        known = {str(column): _text(value) for column, value in values.items()}
        try:
            good.append(row_type.model_validate({c: v for c, v in known.items() if v != ""}))
        except ValidationError as failure:
            bad += [f"feature {number}: {reason}" for reason in reasons(failure)]
    if bad:
        refuse(name, bad)
    return good


def _fault(cells: Sequence[str], columns: int) -> str | None:
    """What is wrong with a row as such."""
    if any(cells[columns:]):
        return f"{len(cells)} cells under {columns} columns; put text with commas in quotes"
    return next((fault for cell in cells if (fault := fault_of(cell))), None)


def refuse(name: str, bad: Sequence[str]) -> None:
    """Refuse a file for its bad rows, each given as ``line N: reason``.

    Raises
    ------
    BadInput
        Always.
    """
    shown = "; ".join(bad[:ROWS_NAMED])
    more = f"; and {len(bad) - ROWS_NAMED} more" if len(bad) > ROWS_NAMED else ""
    raise BadInput(f"{name}: nothing was loaded, mend {shown}{more}", rows=list(bad))


def reasons(failure: ValidationError) -> Iterator[str]:
    """Why a row is bad, one sentence per field; the values themselves stay out of it."""
    for error in failure.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in error["loc"])
        yield f"{where}: {error['msg']}"


def _lines(path: Path, limits: FileLimits) -> list[Line]:
    """Header and rows with their line numbers; rows without any value are left out."""
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
    return plain(_text(cell.value))


def _text(cell: Any) -> str:
    if cell is None or (pd.api.types.is_scalar(cell) and pd.isna(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()

"""Tables of people, lists and households from CSV and XLSX, checked row by row.

A table is taken whole or not at all; every bad row is named with its line and the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

import geopandas as gpd
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from gridsvc.codes import DIGITS
from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.sheets import lines_of, text_of
from gridsvc.exchange.text import fault_of
from gridsvc.geo import Datum
from gridsvc.people.schemas import CapturedAt

#: So many bad rows are named in the message; all of them are in the error's ``rows``.
ROWS_NAMED = 5

Row = TypeVar("Row", bound=BaseModel)


def _padded(value: Any) -> Any:
    """A division code of 2, 4, 6 or 9 digits, as published, with its zeros."""
    text = str(value).strip()
    return text.ljust(12, "0") if text.isdigit() and len(text) in DIGITS.values() else value


def _listed(value: Any) -> Any:
    return [part.strip() for part in str(value).split(";") if part.strip()]


def _of_words(**words: str) -> BeforeValidator:
    """What Chinese lists say, and how it is written here."""
    known = {said: word for word, all_said in words.items() for said in all_said.split()}
    return BeforeValidator(lambda value: known.get(str(value).strip(), value))


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
    """Matter in the tree of matters; `photo_after` asks for a photo of the work."""

    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]
    parent: Code | None = None
    kind: Annotated[str, Field(pattern="^(grid|enforcement)$")]
    power_code: Code | None = None
    valid_to: date | None = None
    photo_after: bool = False


class PersonRow(BaseModel):
    """Grid worker, liaison or officer; phone and identity number may be left out."""

    code: Code
    name: Name
    phone: Annotated[str, Field(pattern=r"^[0-9+ -]{5,20}$")] | None = None
    id_number: Annotated[str, Field(pattern=r"^[0-9]{17}[0-9X]$")] | None = None
    role: Annotated[
        str,
        _of_words(
            grid_worker="网格员 专职网格员",
            liaison="联络员 微网格联络员",
            officer="执法员 执法人员",
        ),
        Field(pattern="^(grid_worker|liaison|officer)$"),
    ]
    division_code: DivisionCode
    on_duty: Annotated[bool, _of_words(true="是 在岗", false="否 不在岗 离岗")]
    capacity: Annotated[int, Field(ge=0, le=1000)]
    powers: Annotated[list[str], BeforeValidator(_listed)] = []
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum | None = None


class ServiceRow(BaseModel):
    """Service point, where people are served."""

    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["party", "affairs", "station", "health", "elderly", "canteen", "police"]
    lon: Lon
    lat: Lat
    datum: Datum


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
    "services": (ServiceRow, frozenset({"kind", "lon", "lat"})),
    "matters": (MatterRow, frozenset({"kind", "power_code"})),
    "divisions": (DivisionRow, frozenset({"code", "name"})),
}


class RowFault(NamedTuple):
    """What is wrong with a row: its line and why; for programs the field, code and cell."""

    line: int
    reason: str
    field: str = ""
    code: str = ""
    cell: str = ""

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True)
class Columns:
    """Which column of a table says what, where it is not named as the field is.

    Attributes
    ----------
    taken
        Column by field; empty = every field from the column of its name.
    given
        What holds for every row, by field.
    """

    taken: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)


AS_NAMED = Columns()


def kind_of(path: Path, limits: FileLimits = USUAL, kinds: Mapping[str, Kind] = KINDS) -> str:
    """Kind of table a file is, told by its columns; the first of the kinds that fits.

    Raises
    ------
    BadInput
        If it has the columns of no kind.
    """
    columns = set(lines_of(path, limits)[0][1])
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
    good, bad = judged_lines(path, row_type, limits)
    if bad:
        refuse(path.name, bad)
    return good


def judged_lines(
    path: Path, row_type: type[Row], limits: FileLimits = USUAL, columns: Columns = AS_NAMED
) -> tuple[dict[int, Row], list[RowFault]]:
    """Rows as `read_lines` reads them: the good ones by line, and what is wrong with others.

    Raises
    ------
    BadInput
        If the file cannot be read, has no rows, lacks a column or asks for more than it may.
    """
    (number, header), *lines = lines_of(path, limits)
    if fault := _fault(header, len(header)):
        raise BadInput(f"{path.name} names a column in line {number} that {fault}; rename it")
    place = _places(path.name, header, row_type, columns)
    if not lines:
        raise BadInput(f"{path.name} has a header but no rows; nothing to load")
    good: dict[int, Row] = {}
    bad: list[RowFault] = []
    for number, cells in lines:
        if fault := _fault(cells, len(header)):
            bad.append(RowFault(number, fault))
            continue
        said = {name: cells[at] for name, at in place.items() if at < len(cells)}
        values = dict(columns.given) | {name: cell for name, cell in said.items() if cell != ""}
        try:
            good[number] = row_type.model_validate(values)
        except ValidationError as failure:
            bad += _faults(number, failure, values)
    return good, bad


def _places(
    name: str, header: Sequence[str], row_type: type[BaseModel], columns: Columns
) -> dict[str, int]:
    """Where in a line each field stands."""
    wanted = columns.taken or {column: column for column in header if column}
    doubled = {column for column, count in Counter(header).items() if column and count > 1}
    if twice := sorted(doubled & set(wanted.values())):
        raise BadInput(f"{name} has the column {twice[0]} twice; keep one")
    if lost := sorted(set(wanted.values()) - set(header)):
        raise BadInput(f"{name} has no column {lost[0]}; choose one of {', '.join(header)}")
    needed = {one for one, told in row_type.model_fields.items() if told.is_required()}
    if missing := sorted(needed - set(wanted) - set(columns.given)):
        raise BadInput(f"{name} lacks the column {', '.join(missing)}; add it")
    return {told: header.index(column) for told, column in wanted.items()}


def head_of(path: Path, limits: FileLimits, most: int) -> tuple[list[str], list[list[str]]]:
    """Names of a table's columns, and its first rows.

    Raises
    ------
    BadInput
        If the file cannot be read, or asks for more than it may.
    """
    (_, header), *lines = lines_of(path, limits)
    return header, [cells for _, cells in lines[:most]]


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
        known = {str(column): text_of(value) for column, value in values.items()}
        try:
            good.append(row_type.model_validate({c: v for c, v in known.items() if v != ""}))
        except ValidationError as failure:
            bad += [f"feature {number}: {one.reason}" for one in _faults(number, failure, known)]
    if bad:
        refuse(name, bad)
    return good


def _fault(cells: Sequence[str], columns: int) -> str | None:
    """What is wrong with a row as such."""
    if any(cells[columns:]):
        return f"{len(cells)} cells under {columns} columns; put text with commas in quotes"
    return next((fault for cell in cells if (fault := fault_of(cell))), None)


def refuse(name: str, faults: Sequence[RowFault | str]) -> None:
    """Refuse a file for its bad rows, each as ``line N: reason``.

    Raises
    ------
    BadInput
        Always.
    """
    bad = [str(fault) for fault in faults]
    shown = "; ".join(bad[:ROWS_NAMED])
    more = f"; and {len(bad) - ROWS_NAMED} more" if len(bad) > ROWS_NAMED else ""
    raise BadInput(f"{name}: nothing was loaded, mend {shown}{more}", rows=bad)


def _faults(line: int, failure: ValidationError, values: Mapping[str, str]) -> Iterator[RowFault]:
    """Why a row is bad, field by field; the values themselves stay out of the reasons."""
    for error in failure.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in error["loc"])
        name = str(error["loc"][0]) if error["loc"] else ""
        yield RowFault(line, f"{where}: {error['msg']}", name, error["type"], values.get(name, ""))

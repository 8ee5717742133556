"""Lists of who may, who must and by when, from CSV and XLSX: what their rows are, and loading.

Codes that a list names must be known; every row that names an unknown one, or says again what
another row says, is named with its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.config import FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.tables import Code, DivisionCode, Kind, Name, read_lines, refuse
from gridsvc.grids import service_point_queries
from gridsvc.grids.queries import existing_divisions
from gridsvc.mandates import office_queries, queries, service
from gridsvc.mandates.calendar import TimeUnit, sessions_of
from gridsvc.mandates.lists import KEYS
from gridsvc.mandates.service import Edition

UnitKind = Literal["department", "street", "centre", "enterprise", "team"]
Level = Literal["province", "city", "county", "street", "community"]
LongName = Annotated[str, Field(min_length=1, max_length=200)]
Basis = Annotated[str, Field(min_length=1, max_length=1000)]
Metres = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, le=31_536_000, allow_inf_nan=False)]


def _readable(hours: str | None) -> str | None:
    try:
        sessions_of(hours or "")
    except BadInput as failure:
        raise ValueError(failure.detail) from failure
    return hours


class _Valid(BaseModel):
    """What holds from a day until another."""

    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to must be after valid_from")
        return self


class UnitRow(_Valid):
    """Department, street office, centre, enterprise or team."""

    code: Code
    name: LongName
    kind: UnitKind
    level: Level
    parent: Code | None = None
    division_code: DivisionCode


class DelegationRow(_Valid):
    """Power given to a street or town, by whom and on what ground."""

    power_code: Code
    division_code: DivisionCode
    from_unit: LongName
    legal_basis: Basis


class LimitRow(BaseModel):
    """Time limit of a matter at a stage; several of a stage carry a name and a sequence."""

    matter_code: Code
    stage: Literal["file", "dispatch", "accept", "arrive", "handle", "verify", "close"]
    sequence: Annotated[int, Field(ge=1, le=99)] = 1
    name: Annotated[str, Field(max_length=100)] = ""
    amount: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
    time_unit: TimeUnit


class PolicyRow(BaseModel):
    """How somebody is found for a matter."""

    matter_code: Code
    first: Literal["own_grid", "nearest", "own_then_nearest"]
    reach: Literal["grid", "street", "county", "anywhere"]
    max_radius_m: Metres | None = None
    max_position_age_s: Seconds | None = None
    accept_within_s: Seconds
    travel_mode: Literal["walk", "ebike", "car"]
    rest_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0.0


class DutyRow(BaseModel):
    """Who leads or assists in a matter at a level: a unit, or the nearest one of its kind."""

    matter_code: Code
    level: Level
    part: Literal["lead", "assist"]
    unit_kind: UnitKind
    unit_code: Code | None = None
    task: Annotated[str, Field(max_length=500)] = ""


class CalendarRow(BaseModel):
    """Days of a year: office hours, days off, or weekends that are worked."""

    first: date
    last: date
    kind: Literal["hours", "off", "make_up"]
    name: Name
    hours: Annotated[str, AfterValidator(_readable)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.last < self.first or self.last.year != self.first.year:
            raise ValueError("last must not be before first, and in the same year")
        if (self.kind == "hours") != (self.hours is not None):
            raise ValueError("rows of the kind hours have hours, and no others")
        return self


class ProofRow(BaseModel):
    """Proof that a village or community may issue, or may not and what serves instead."""

    code: Code
    name: LongName
    allowed: bool
    basis: Annotated[str, Field(max_length=1000)] = ""
    instead: Annotated[str, Field(max_length=500)] = ""

    @model_validator(mode="after")
    def _something_serves(self) -> Self:
        if not self.allowed and not self.instead:
            raise ValueError("a proof that is not allowed says in instead what serves in its place")
        return self


class ItemRow(BaseModel):
    """Service item, the unit that does it, and whether agents take it along."""

    code: Code
    name: LongName
    kind: Literal["approval", "public"]
    unit_code: Code
    by_agent: bool


class WindowRow(BaseModel):
    """Window at a service point, and when it is open."""

    code: Code
    point_code: Code
    name: LongName
    kind: Literal["approval", "public", "agent"]
    opens: Literal["working_days", "daily"]
    hours: Annotated[str, AfterValidator(_readable)]


class OfferRow(BaseModel):
    """That an item is done at a window."""

    window_code: Code
    item_code: Code


class FormRow(BaseModel):
    """Something that a form asks of workers of a role, and how often."""

    form_code: Code
    form_name: LongName
    unit_code: Code
    role: Literal["grid_worker", "liaison", "officer"]
    every: Literal["once", "day", "week", "month", "quarter", "year"]
    field: Annotated[str, Field(min_length=1, max_length=200)]


class AdmissionRow(BaseModel):
    """What a department may bring into our grids: a kind of grids of its own, and for what."""

    code: Code
    name: LongName
    unit_code: Code
    admitted_for: Annotated[str, Field(min_length=1, max_length=500)]


#: Lists; a list of delegations also has the columns of one of powers, so these are asked first.
KINDS: dict[str, Kind] = {
    "delegations": (DelegationRow, frozenset({"power_code", "division_code", "from_unit"})),
    "limits": (LimitRow, frozenset({"matter_code", "stage", "amount"})),
    "policies": (PolicyRow, frozenset({"matter_code", "reach", "travel_mode"})),
    "duties": (DutyRow, frozenset({"matter_code", "level", "part"})),
    "units": (UnitRow, frozenset({"kind", "level", "division_code"})),
    "calendars": (CalendarRow, frozenset({"first", "last", "kind"})),
    "proofs": (ProofRow, frozenset({"allowed", "instead"})),
    "items": (ItemRow, frozenset({"unit_code", "by_agent"})),
    "windows": (WindowRow, frozenset({"point_code", "opens", "hours"})),
    "offers": (OfferRow, frozenset({"window_code", "item_code"})),
    "forms": (FormRow, frozenset({"form_code", "field"})),
    "admissions": (AdmissionRow, frozenset({"unit_code", "admitted_for"})),
}
#: What a column refers to, and where to look when it does not exist.
_REFERENCES = {
    "matter_code": "matter",
    "power_code": "power",
    "unit_code": "unit",
    "division_code": "division",
    "point_code": "service point",
    "window_code": "window",
    "item_code": "service item",
}


async def load_list(
    session: AsyncSession, kind: str, path: Path, limits: FileLimits, edition: Edition
) -> int:
    """Load a list from a file as a version of it; how many entries.

    Raises
    ------
    BadInput
        If rows are bad, name what is not known, or repeat each other; each with its line.
    """
    rows = {
        line: row.model_dump(mode="python")
        for line, row in read_lines(path, KINDS[kind][0], limits).items()
    }
    bad = await _unknown(session, rows)
    told: dict[tuple[Any, ...], int] = {}
    for line, row in rows.items():
        key = tuple(row[name] for name in KEYS[kind])
        if key in told:
            bad.append(f"line {line}: says again what line {told[key]} says; keep one")
        told.setdefault(key, line)
    if bad:
        refuse(path.name, bad)
    if kind == "units":
        units = [{**row, "parent_code": row.pop("parent")} for row in rows.values()]
        return await service.load_units(session, units, edition)
    return await service.load_list(session, kind, list(rows.values()), edition)


async def _unknown(session: AsyncSession, rows: Mapping[int, dict[str, Any]]) -> list[str]:
    """Rows that name a code nobody knows."""
    named = {row["division_code"] for row in rows.values() if "division_code" in row}
    points = {row["point_code"] for row in rows.values() if "point_code" in row}
    known = {
        "matter_code": await queries.matter_codes(session),
        "power_code": await queries.power_codes(session),
        "unit_code": await queries.unit_codes(session),
        "division_code": await existing_divisions(session, sorted(named)),
        "point_code": await service_point_queries.known(session, sorted(points)),
        "window_code": await office_queries.listed_codes(session, "windows"),
        "item_code": await office_queries.listed_codes(session, "items"),
    }
    return [
        f"line {line}: there is no {what} {row[column]}; load it first or correct the code"
        for line, row in rows.items()
        for column, what in _REFERENCES.items()
        if row.get(column) is not None and row[column] not in known[column]
    ]

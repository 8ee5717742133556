"""What a field worker's phone shows of the visits that are theirs, and of their own work."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from gridsvc.outreach.schemas import ResultChoice


class FieldHousehold(BaseModel):
    """A household to visit; coordinates are those of its building, degrees, WGS-84."""

    household: int
    address: str = Field(description="address code")
    unit: str | None
    room: str | None
    micro_grid_code: str
    lon: float
    lat: float
    last_at: datetime | None
    due_at: datetime
    overdue: bool


class FieldProgramme(BaseModel):
    """What a programme has somebody visit, in the order of the shortest way."""

    id: int
    name: str
    every_days: int
    results: list[ResultChoice]
    total: int = Field(description="households due within the days that are looked ahead")
    overdue: int
    by: Literal["road", "line"]
    travel_s: float
    saved_s: float = Field(description="against the order of the addresses")
    households: list[FieldHousehold] = Field(description="of the total, first due first chosen")


class FieldVisits(BaseModel):
    """Whom somebody is to visit, programme by programme."""

    ahead_days: int
    sees_warnings: bool = Field(description="whether there may be warnings for them to check")
    programmes: list[FieldProgramme]


class FieldWeek(BaseModel):
    """Somebody's own work in a week."""

    since: date
    until: date = Field(description="not included")
    in_grid_s: float = Field(description="seconds between positions in the own cells")
    tracked_s: float = Field(description="seconds between positions anywhere")
    visits: int = Field(description="that count")
    doubted: int = Field(description="that wait for a judgement, or were refused")
    handled: int = Field(description="events")
    on_time: int = Field(description="of those handled, within their limit")
    limited: int = Field(description="of those handled, with a limit")


class FieldFigures(BaseModel):
    """Somebody's own work, oldest week first; the last one goes on."""

    person: str
    weeks: list[FieldWeek]

"""What the dispatcher's desk takes and sends over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gridsvc.events.stages import Stage
from gridsvc.events.states import State
from gridsvc.plain_text import PlainText


class DeskEvent(BaseModel):
    """A line of the desk's list; coordinates are WGS-84."""

    id: int
    state: State
    matter: str
    matter_name: str
    description: str = Field(description="its beginning")
    lon: float
    lat: float
    division_code: str
    division_name: str
    micro_grid_code: str
    handler: str | None = Field(description="code of who has it")
    handler_name: str | None = Field(description="masked")
    waiting_reason: str | None
    received_at: datetime
    due_stage: Stage | None = Field(description="what is due next; none where nothing has a limit")
    due_at: datetime | None
    overdue: bool
    urgent: bool = Field(description="nobody can be found, or its time is over or nearly so")


class DeskPage(BaseModel):
    """Events of a desk, and how many there are of them in all."""

    events: list[DeskEvent]
    total: int
    waiting: int
    overdue: int
    at: datetime = Field(description="by the database's clock")


class CellPoint(BaseModel):
    """A point inside a micro-grid, WGS-84."""

    code: str
    lon: float
    lat: float


class OnDuty(BaseModel):
    """People of a role."""

    role: str
    on_duty: int
    everybody: int


class HourFigures(BaseModel):
    """What came and went in an hour."""

    hour: datetime
    reported: int
    closed: int


class AreaFigures(BaseModel):
    """What is open in a community."""

    code: str
    name: str
    events: int
    overdue: int


class DeskFigures(BaseModel):
    """The figures of the wall: what is open now, and what was done since midnight."""

    since: datetime = Field(description="midnight where the service stands")
    at: datetime
    open: int
    waiting: int
    in_hand: int
    overdue: int
    states: dict[str, int]
    reported: int = Field(description="since midnight")
    closed: int = Field(description="since midnight")
    handled: int = Field(description="since midnight, of what had a time limit")
    handled_in_time: int
    people: list[OnDuty]
    hours: list[HourFigures]
    areas: list[AreaFigures]


#: What somebody is called at the desk, for whoever has to ask them later.
DeskName = Annotated[PlainText, Field(min_length=1, max_length=50, pattern=r"\S")]


class HandoverIn(BaseModel):
    """A shift that ends: what whoever comes next must know."""

    model_config = ConfigDict(extra="forbid")

    division: PlainText = Field(description="12-digit code of the area the desk answers for")
    name: DeskName = Field(description="of who hands over")
    notes: PlainText = Field(max_length=4000)
    client_key: PlainText = Field(
        min_length=1, max_length=100, description="the same key and body are the same handover"
    )


class HandoverTakingIn(BaseModel):
    """Somebody takes over, by name."""

    model_config = ConfigDict(extra="forbid")

    name: DeskName


class HandoverOut(BaseModel):
    """A shift that was handed over, and who took over."""

    id: int
    division_code: str
    division_name: str
    written_by: str = Field(description="name the account signs in by")
    name: str
    notes: str
    open_events: int
    waiting_events: int
    overdue_events: int
    urgent_events: list[int] = Field(description="ids of what could not wait, first due first")
    written_at: datetime
    taken_by: str | None
    taken_name: str | None
    taken_at: datetime | None

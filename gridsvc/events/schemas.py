"""What the events room takes and sends over HTTP."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from gridsvc.events.states import State
from gridsvc.geo import Datum
from gridsvc.people.schemas import CapturedAt
from gridsvc.plain_text import PlainText


class EventIn(BaseModel):
    """A report of something at a place."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "matter": "E0102",
                    "lon": 118.7812,
                    "lat": 32.0413,
                    "datum": "gcj02",
                    "description": "小区东门垃圾桶满溢，影响通行",
                    "client_key": "6f1c2f5e-7a58-4f0e-9a53-1f2f6f4a9c11",
                }
            ]
        },
    )

    matter: PlainText = Field(min_length=1, max_length=64, description="code of a matter")
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    datum: Datum = Field(description="datum of lon and lat; there is no default")
    description: PlainText = Field(min_length=1, max_length=4000)
    client_key: PlainText = Field(
        min_length=1,
        max_length=100,
        description="chosen by the client; the same key and body give the same event",
    )
    captured_at: CapturedAt | None = Field(None, description="when it was seen; none = now")
    contact_name: PlainText | None = Field(
        None, min_length=1, max_length=100, description="who saw it; stored sealed, never listed"
    )
    contact_phone: PlainText | None = Field(
        None, pattern=r"^[0-9+ -]{5,20}$", description="their phone; stored sealed, never listed"
    )


class Handler(BaseModel):
    """Who has an event; the name is masked."""

    code: str = Field(examples=["GW0001"])
    name: str = Field(examples=["王**"])
    role: str = Field(examples=["grid_worker"])
    distance_m: float | None = Field(None, examples=[182.4])
    reason: str = Field(examples=["本网格网格员，在岗，在办 0/5"])


class Contact(BaseModel):
    """How to reach whoever saw an event; every reading is recorded."""

    name: str | None
    phone: str | None


class Move(BaseModel):
    """One line of an event's history."""

    at: datetime
    from_state: State | None
    to_state: State
    actor: str
    note: str


class EventOut(BaseModel):
    """An event, where it is and who has it; coordinates are WGS-84."""

    id: int
    state: State
    matter: str
    matter_name: str
    description: str
    lon: float
    lat: float
    division_code: str
    grid_code: str
    micro_grid_code: str
    handler: Handler | None
    waiting_reason: str | None = Field(
        description="why nobody has it yet; it is taken up when somebody becomes eligible"
    )
    has_contact: bool = Field(description="whether whoever saw it can be reached")
    captured_at: datetime
    received_at: datetime


class EventWithHistory(EventOut):
    """An event with every move it has made."""

    history: list[Move]


class EventPage(BaseModel):
    """Some events and how many there are."""

    events: list[EventOut]
    total: int


class PhotoOut(BaseModel):
    """A photo of an event; the picture itself is at ``/api/events/{id}/photos/{photo}``."""

    id: int
    purpose: str = Field(examples=["report"], description="report, before or after")
    width_px: int
    height_px: int
    size_bytes: int
    captured_at: datetime | None
    received_at: datetime


class PublicEvent(BaseModel):
    """A closed event as everybody may see it: no text, nobody's name, no exact place or hour."""

    matter: str = Field(examples=["暴露垃圾"])
    grid_code: str
    lon: float = Field(description="of a point in the grid, the same for all its events; WGS-84")
    lat: float
    reported_on: date
    closed_on: date


class PublicEvents(BaseModel):
    """Closed events, newest first."""

    events: list[PublicEvent]


class MoveIn(BaseModel):
    """A move to another state."""

    model_config = ConfigDict(extra="forbid")

    to_state: State
    note: PlainText = Field("", max_length=1000)

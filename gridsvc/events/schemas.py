"""What the events room takes and sends over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

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

    at: datetime = Field(description="by the database's clock")
    captured_at: datetime | None = Field(description="by the clock of whoever did it, if told")
    from_state: State | None
    to_state: State
    actor: str
    reason: str | None = Field(description="code of the list the move takes its reason from")
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
    owner: str | None = Field(
        description="code of the first receiver (首问负责), who stays whoever handles it"
    )
    cancel_number: str | None = Field(
        examples=["320106-2026-000001"], description="销号; of the last closing, never given again"
    )
    duplicate_of: int | None = Field(description="the event that counts, if this is a repetition")
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
    captured_at: datetime | None = Field(description="what the camera said, if it named its zone")
    away_m: float | None = Field(
        description="metres from the event to where the camera says it stood; none = not known"
    )
    far_away: bool = Field(description="taken farther from the event than an error explains")
    received_at: datetime


class PublicEvent(BaseModel):
    """A published event as everybody may see it: no text, no name, no exact place or hour."""

    matter: str = Field(examples=["暴露垃圾"])
    grid_code: str
    lon: float = Field(description="of a point in the grid, the same for all its events; WGS-84")
    lat: float
    reported_on: date
    verified_on: date
    closed_on: date | None = Field(description="none while it is verified and not closed yet")


class PublicEvents(BaseModel):
    """Published events, newest first."""

    events: list[PublicEvent]


#: Why, in the words of whoever does it.
Note = Annotated[PlainText, Field(min_length=1, max_length=1000)]


class MoveIn(BaseModel):
    """A move to another state, with what that state asks for.

    REJECTED and RETURNED need a reason of their list and a note; an unknown reason is answered
    with the list.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "to_state": "RETURNED",
                    "reason": "no_power",
                    "note": "属水务部门管辖",
                    "client_key": "0d6a4f0e-2c1b-4b58-9c0e-7f1f6a3c8a55",
                }
            ]
        },
    )

    to_state: State
    reason: PlainText | None = Field(None, max_length=64)
    note: PlainText = Field("", max_length=1000)
    captured_at: CapturedAt | None = Field(None, description="when it was done, by the phone")
    client_key: PlainText | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="chosen by the client; the same key and body are the same move of this event",
    )


class SuspensionIn(BaseModel):
    """Asking to put an event off (挂账)."""

    model_config = ConfigDict(extra="forbid")

    until: AwareDatetime = Field(description="when it comes back by itself")
    reason: PlainText = Field(max_length=64, examples=["materials"])
    note: Note


class DecisionIn(BaseModel):
    """Approving or refusing what somebody else asked for."""

    model_config = ConfigDict(extra="forbid")

    approve: bool
    note: PlainText = Field("", max_length=1000)


class WithdrawalIn(BaseModel):
    """Withdrawing what was published."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["privacy", "wrong", "objection"]
    note: Note


class DuplicateIn(BaseModel):
    """Which event another one repeats."""

    model_config = ConfigDict(extra="forbid")

    of: int = Field(ge=1, le=2**63 - 1, description="id of the event that counts")
    note: Note


class DuplicateSuggestion(BaseModel):
    """An event that may be the same as another, and what speaks for it."""

    id: int
    state: State
    matter: str
    matter_name: str
    description: str
    received_at: datetime
    distance_m: float
    hours_apart: float
    same_matter: bool = Field(description="false = a sibling of it")
    similarity: float = Field(ge=0, le=1, description="of the words, by trigrams")
    score: float = Field(ge=0, le=1, description="of all four together")

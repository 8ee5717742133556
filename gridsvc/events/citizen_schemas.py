"""What people without an account send, and what they are told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gridsvc.events.schemas import EventIn
from gridsvc.events.states import State
from gridsvc.geo import Datum
from gridsvc.people.schemas import CapturedAt, LatIn, LonIn
from gridsvc.plain_text import PlainText

#: Random, so that the tracking number that comes of it cannot be guessed (UUID).
ClientKey = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        description="random UUID chosen by the client; the same key is the same report",
    ),
]
Kind = Literal["problem", "suggestion", "praise"]


class ReportIn(BaseModel):
    """What somebody without an account reports."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "problem",
                    "matter": "E0102",
                    "lon": 118.7812,
                    "lat": 32.0413,
                    "datum": "wgs84",
                    "description": "小区东门垃圾桶满溢",
                    "client_key": "6f1c2f5e-7a58-4f0e-9a53-1f2f6f4a9c11",
                }
            ]
        },
    )

    kind: Kind
    matter: PlainText = Field(min_length=1, max_length=64, description="code of a matter")
    lon: LonIn
    lat: LatIn
    datum: Datum
    description: PlainText = Field(min_length=1, max_length=1000)
    client_key: ClientKey
    captured_at: CapturedAt | None = Field(None, description="when it was seen; none = now")
    phone: PlainText | None = Field(
        None, pattern=r"^[0-9+ -]{5,20}$", description="to be told by; stored sealed, never listed"
    )

    def as_event(self) -> EventIn:
        """The same as the desk takes it in."""
        told = self.model_dump(exclude={"kind", "phone"})
        return EventIn(**told, contact_phone=self.phone)


class FollowIn(BaseModel):
    """Following what somebody else reported near by."""

    model_config = ConfigDict(extra="forbid")

    event: int = Field(ge=1, le=2**63 - 1, description="as told by what is near by")
    lon: LonIn
    lat: LatIn
    datum: Datum
    client_key: ClientKey


class RatingIn(BaseModel):
    """How content somebody is with what was done."""

    model_config = ConfigDict(extra="forbid")

    score: int = Field(ge=1, le=5)
    comment: PlainText = Field("", max_length=1000)


class ReopeningIn(BaseModel):
    """Why what was closed is not done."""

    model_config = ConfigDict(extra="forbid")

    note: PlainText = Field(min_length=1, max_length=1000)


class Step(BaseModel):
    """A state it came to, and when."""

    state: State
    at: datetime


class ReportProgress(BaseModel):
    """How a report goes, as its tracking number tells: no name, no text, no exact place."""

    number: str = Field(examples=["7K3M-QX9D-2HVB"], description="tracking number: keep it")
    kind: Kind
    follows: bool = Field(description="whether it was somebody else's report first")
    matter: str
    state: State
    photos: int
    voices: int
    steps: list[Step]
    score: int | None
    may_rate: bool
    may_reopen: bool


class NearbyEvent(BaseModel):
    """Something open that was reported near by."""

    event: int
    matter: str
    distance_m: float = Field(description="to the next 10 m")
    reported_on: date
    followers: int


class NearbyEvents(BaseModel):
    """What is open near by, nearest first."""

    events: list[NearbyEvent]

"""What whistle calls take and send over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from gridsvc.dispatch.calls import CallKind, CallState, Channel
from gridsvc.events.life_schemas import Rate, Window
from gridsvc.events.schemas import Note
from gridsvc.geo import Datum
from gridsvc.plain_text import PlainText

#: Called at once; with more nobody leads.
MOST_UNITS = 20

UnitCode = Annotated[PlainText, Field(min_length=1, max_length=64, examples=["CGJ"])]
ClientKey = Annotated[
    PlainText,
    Field(
        min_length=1,
        max_length=100,
        description="chosen by the client; the same key and body are the same deed",
    ),
]


class WhistleIn(BaseModel):
    """A call of units, about an event or about a place."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "unit": "WX-STREET",
                    "units": ["CGJ", "GAJ"],
                    "kind": "ordinary",
                    "event": 17,
                    "description": "夜市占道反复，请城管、公安到场联合处置",
                    "client_key": "0a1de7c5-6bd7-4c61-8c53-6a4a3c1de001",
                }
            ]
        },
    )

    unit: UnitCode = Field(description="unit that calls: a street, a centre or an enterprise")
    units: list[UnitCode] = Field(
        min_length=1, max_length=MOST_UNITS, description="units that are called; the first leads"
    )
    kind: CallKind = CallKind.ORDINARY
    channel: Channel = Channel.DESK
    event: int | None = Field(None, ge=1, le=2**63 - 1, description="event it is about")
    matter: PlainText | None = Field(
        None, min_length=1, max_length=64, description="matter, where it is about no event"
    )
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    datum: Datum | None = Field(None, description="datum of lon and lat; there is no default")
    description: PlainText = Field(min_length=1, max_length=4000)
    check_in_by: AwareDatetime | None = Field(
        None, description="none = by the time limits of the matter, else within the usual hours"
    )
    client_key: ClientKey

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        place = (self.lon, self.lat, self.datum)
        if self.event is not None and any(one is not None for one in (*place, self.matter)):
            raise ValueError("an event has its place and matter; leave lon, lat, datum, matter out")
        if self.event is None and any(one is None for one in place):
            raise ValueError("give the event the call is about, or lon, lat and datum of a place")
        if len(set(self.units)) < len(self.units) or self.unit in self.units:
            raise ValueError("each unit is called once, and none calls itself")
        return self


class SignatureIn(BaseModel):
    """The leader of the calling unit, or of the unit that leads, signs a tackling call."""

    model_config = ConfigDict(extra="forbid")

    unit: UnitCode
    note: PlainText = Field("", max_length=1000)


class CheckInIn(BaseModel):
    """A called unit is there (报到)."""

    model_config = ConfigDict(extra="forbid")

    unit: UnitCode
    note: PlainText = Field("", max_length=1000)
    client_key: ClientKey


class WhistleNoteIn(BaseModel):
    """What a unit writes down of the joint handling."""

    model_config = ConfigDict(extra="forbid")

    unit: UnitCode
    note: Note


class JudgementIn(BaseModel):
    """The caller's word: resolved or not."""

    model_config = ConfigDict(extra="forbid")

    resolved: bool
    note: Note


class ScoreIn(BaseModel):
    """What the caller thinks of a unit that was called."""

    model_config = ConfigDict(extra="forbid")

    unit: UnitCode
    score: int = Field(ge=1, le=5)
    comment: PlainText = Field("", max_length=1000)


class ClosingIn(BaseModel):
    """Closing a call with a score for every unit that was called."""

    model_config = ConfigDict(extra="forbid")

    scores: list[ScoreIn] = Field(min_length=1, max_length=MOST_UNITS)
    note: PlainText = Field("", max_length=1000)


class WhistleWithdrawalIn(BaseModel):
    """Taking a call back before anybody came."""

    model_config = ConfigDict(extra="forbid")

    note: Note


class CalledUnit(BaseModel):
    """A unit that was called."""

    unit: str
    name: str
    leads: bool
    due_at: datetime
    due_by: str = Field(description="given, limit (of the matter), or usual (the setting)")
    signed_at: datetime | None
    checked_in_at: datetime | None
    unanswered: bool = Field(description="awaited still, and too late")
    score: int | None
    comment: str


class WhistleDeed(BaseModel):
    """One line of a call's history."""

    at: datetime
    deed: str = Field(examples=["check_in"])
    from_state: CallState | None
    to_state: CallState
    unit: str
    actor: str
    note: str


class WhistleEscalationOut(BaseModel):
    """That a unit did not check in by a time, and who above it was told."""

    unit: str
    rung: str
    told_unit: str | None = Field(description="none = who supervises the area")
    due_at: datetime
    at: datetime


class WhistleOut(BaseModel):
    """A call; coordinates are WGS-84."""

    id: int
    state: CallState
    kind: CallKind
    called_as: str = Field(examples=["街道吹哨"], description="what the caller's kind makes it")
    channel: Channel
    unit: str
    unit_name: str
    event: int | None
    matter: str | None
    matter_name: str | None
    description: str
    lon: float
    lat: float
    division_code: str
    called_at: datetime
    signed_at: datetime | None = Field(description="by the caller's leader")
    judged_at: datetime | None
    resolved: bool | None = Field(description="by the caller's word alone")
    units: list[CalledUnit]


class WhistleWithHistory(WhistleOut):
    """A call with all that was done."""

    history: list[WhistleDeed]
    escalations: list[WhistleEscalationOut]


class WhistlePage(BaseModel):
    """Some calls and how many there are."""

    whistles: list[WhistleOut]
    total: int


class UnitFigures(BaseModel):
    """How one unit answers."""

    unit: str
    name: str
    called: int = Field(description="calls made in the window")
    due: int = Field(description="calls whose time to check in ran out in the window")
    in_time: int
    late: int
    unanswered: int = Field(description="of those due, not there by the end of the window")
    scored: int
    score_sum: int


class WhistleFigures(BaseModel):
    """Counts of whistle calls in a window, as they stood at its end, with every rate's parts."""

    window: Window
    counts: dict[str, int]
    channels: dict[str, int]
    rates: list[Rate]
    units: list[UnitFigures]

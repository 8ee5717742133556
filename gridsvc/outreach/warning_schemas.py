"""What goes over HTTP of warnings from outside models."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.geo import Datum
from gridsvc.outreach.schemas import ClientKey, Code, Division, Name
from gridsvc.people.schemas import LatIn, LonIn, PastTime
from gridsvc.plain_text import PlainText

State = Literal["UNROUTED", "OPEN", "ESCALATED", "CLOSED"]


class Outcome(BaseModel):
    """Something that can be found on the spot."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(examples=["true_alarm"])
    name: Name = Field(examples=["属实，需处置"])
    escalates: bool = Field(False, description="goes up to who supervises, who closes it")


class SceneIn(BaseModel):
    """What a model warns of in an area, by when it is checked, and what can be found."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    code: Code = Field(examples=["rental"], description="the same again changes the scene")
    name: Name = Field(examples=["出租房屋风险"])
    limit_h: int = Field(ge=1, le=8760, description="hours in which it is checked", examples=[24])
    outcomes: list[Outcome] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        codes = [one.code for one in self.outcomes]
        if len(set(codes)) < len(codes):
            raise ValueError("two outcomes have the same code; give each its own")
        return self


class SceneOut(BaseModel):
    """A scene as it is."""

    id: int
    division_code: str
    code: str
    name: str
    limit_h: int
    outcomes: list[Outcome]


class WarningRow(BaseModel):
    """A warning as a model sends it."""

    model_config = ConfigDict(extra="forbid")

    ref: PlainText = Field(
        min_length=1, max_length=100, description="the model's own number; the same is the same"
    )
    scene: Code
    address: PlainText = Field(
        min_length=1, max_length=200, description="address code of a household; stored sealed"
    )
    subject: PlainText | None = Field(
        None, min_length=1, max_length=100, description="whom it is about; stored sealed"
    )
    detail: PlainText = Field(min_length=1, max_length=2000, description="stored sealed")


class WarningsIn(BaseModel):
    """Warnings for an area."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    warnings: list[WarningRow] = Field(min_length=1, max_length=500)


class WarningTaken(BaseModel):
    """What became of one warning that was sent."""

    row: int = Field(description="its place among those sent, from 1; of a file, its line")
    ref: str
    warning: int | None = Field(description="none = not taken")
    state: State | None
    error: str | None = Field(description="what is wrong with it, if something is")


class WarningsTaken(BaseModel):
    """What became of each warning that was sent."""

    taken: int
    unrouted: int
    refused: int
    warnings: list[WarningTaken]


class WarningOut(BaseModel):
    """A warning without what is sealed: seen by whoever answers for its cell, or supervises."""

    id: int
    scene: str
    scene_name: str
    micro_grid_code: str | None
    division_code: str
    state: State
    outcome: str | None
    received_at: datetime
    due_at: datetime | None
    checked_at: datetime | None
    closed_at: datetime | None
    late: bool = Field(description="not checked, or not checked in time")


class WarningPage(BaseModel):
    """Some warnings, first due first, and how many there are; the reading is recorded."""

    warnings: list[WarningOut]
    total: int
    late: int


class WarningDeed(BaseModel):
    """Something that was done about a warning."""

    deed: Literal["receive", "route", "check", "close"]
    from_state: State | None
    to_state: State
    actor: str
    note: str | None
    captured_at: datetime | None
    at: datetime


class WarningInFull(WarningOut):
    """A warning with what is sealed; every reading is recorded with its purpose."""

    address: str
    subject: str | None
    detail: str
    outcomes: list[Outcome]
    history: list[WarningDeed]


class WarningCheckIn(BaseModel):
    """What was found on the spot."""

    model_config = ConfigDict(extra="forbid")

    lon: LonIn
    lat: LatIn
    datum: Datum = Field(description="datum of lon and lat; there is no default")
    captured_at: PastTime
    outcome: Code = Field(description="code of one of the scene's outcomes")
    note: PlainText = Field(min_length=1, max_length=2000, description="stored sealed")
    client_key: ClientKey


class RoutingIn(BaseModel):
    """Where a warning with an unknown address belongs."""

    model_config = ConfigDict(extra="forbid")

    address: PlainText = Field(min_length=1, max_length=200, description="of a household")
    note: PlainText = Field(min_length=1, max_length=1000)


class ConclusionIn(BaseModel):
    """What was done about a warning that went up."""

    model_config = ConfigDict(extra="forbid")

    note: PlainText = Field(min_length=1, max_length=2000, description="stored sealed")

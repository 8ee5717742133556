"""What the people room takes and sends over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from gridsvc.geo import Datum
from gridsvc.people.pings import CLOCK_AHEAD, CLOCKS_BEGIN, CLOCKS_END, Unused
from gridsvc.plain_text import PlainText


def _clock_is_set(captured_at: datetime) -> datetime:
    if not CLOCKS_BEGIN < captured_at < CLOCKS_END:
        raise ValueError("time lies outside the years 2000 to 2099; set the clock")
    return captured_at


def _clock_is_right(captured_at: datetime) -> datetime:
    if captured_at > datetime.now(UTC) + CLOCK_AHEAD:
        raise ValueError("time lies in the future; set the clock")
    return captured_at


#: When something was seen, by the clock of whoever saw it.
CapturedAt = Annotated[AwareDatetime, AfterValidator(_clock_is_set)]
#: The same where a time ahead of ours would hide every later one.
PastTime = Annotated[CapturedAt, AfterValidator(_clock_is_right)]

LonIn = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[118.7812])]
LatIn = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[32.0413])]
AccuracyM = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False, examples=[8.0])]
SpeedMps = Annotated[float, Field(ge=0, le=1e4, allow_inf_nan=False, examples=[1.2])]


class PersonOut(BaseModel):
    """A grid worker, liaison or officer; the name is masked, numbers are not shown at all."""

    code: str = Field(examples=["WG00001"])
    name: str = Field(examples=["王**"])
    role: str = Field(examples=["grid_worker"])
    division_code: str
    on_duty: bool
    open_count: int = Field(description="events in hand")
    capacity: int


class PeoplePage(BaseModel):
    """Some people and how many there are."""

    people: list[PersonOut]
    total: int


class UnmaskedPerson(BaseModel):
    """Personal data of a grid worker, liaison or officer; every reading is recorded."""

    code: str
    name: str
    phone: str | None
    id_number: str | None = Field(description="shown with its middle masked")


class Whereabouts(BaseModel):
    """Where somebody was last seen; every reading is recorded."""

    code: str
    lon: float = Field(description="degrees, WGS-84")
    lat: float = Field(description="degrees, WGS-84")
    captured_at: datetime


class PositionIn(BaseModel):
    """Where a person is, as a phone tells it."""

    model_config = ConfigDict(extra="forbid")

    person: PlainText = Field(min_length=1, max_length=64, examples=["GW0001"])
    lon: LonIn
    lat: LatIn
    datum: Datum
    captured_at: PastTime | None = Field(
        None, description="when the phone took the position; none = now"
    )
    accuracy_m: AccuracyM | None = None
    speed_mps: SpeedMps | None = None


class PositionOut(BaseModel):
    """What became of a position, and the events that came to the person by it."""

    person: str
    stored: bool = Field(description="whether this is now where they are looked for")
    reason: Unused | None = Field(description="why it is kept in the track alone, if it is")
    captured_at: datetime
    taken_up: list[int] = Field(description="ids of waiting events now given to this person")


class DutyIn(BaseModel):
    """Going on or off duty."""

    model_config = ConfigDict(extra="forbid")

    on_duty: bool


class DutyOut(BaseModel):
    """Duty after the change, and the events that came to the person by it."""

    person: str
    on_duty: bool
    taken_up: list[int] = Field(description="ids of waiting events now given to this person")


class ShiftIn(BaseModel):
    """Time somebody is to be on duty."""

    model_config = ConfigDict(extra="forbid")

    begins: CapturedAt = Field(examples=["2026-12-01T08:30:00+08:00"])
    ends: CapturedAt = Field(examples=["2026-12-01T17:30:00+08:00"])


class ShiftOut(BaseModel):
    """A shift; `begun_at` and `ended_at` say when duty followed it."""

    id: int
    person: str
    begins: datetime
    ends: datetime
    begun_at: datetime | None
    ended_at: datetime | None


class DutyChangeOut(BaseModel):
    """Somebody went on or off duty."""

    at: datetime
    on_duty: bool
    cause: str = Field(examples=["shift"], description="shift or hand")
    actor: str


_UnitCode = Annotated[PlainText, Field(min_length=1, max_length=64, examples=["CG-3201"])]
_Day = Annotated[date, Field(ge=date(1949, 10, 1), le=date(2099, 12, 31))]


class PostingIn(BaseModel):
    """Where somebody is to belong and who is to command them."""

    model_config = ConfigDict(extra="forbid")

    home_unit: _UnitCode = Field(description="unit that pays them")
    commanding_unit: _UnitCode = Field(description="unit that commands and judges them")
    begins: _Day
    ends: _Day | None = Field(None, description="first day on which it is over; none = open")


class PostingOut(BaseModel):
    """Where somebody belongs and who commands them, within some days."""

    id: int
    person: str
    home_unit: str
    home_unit_name: str | None = Field(description="none where the unit is beyond your area")
    commanding_unit: str
    commanding_unit_name: str | None = Field(description="none where the unit is beyond your area")
    begins: date
    ends: date | None


_ThingCode = Annotated[PlainText, Field(min_length=1, max_length=64, examples=["SB-01"])]


class TrainingIn(BaseModel):
    """What somebody was trained for: a service item or a matter."""

    model_config = ConfigDict(extra="forbid")

    item: _ThingCode | None = Field(None, description="code of a service item")
    matter: _ThingCode | None = Field(None, description="code of a matter")
    course: PlainText = Field(min_length=1, max_length=200, examples=["养老待遇资格认证培训"])
    trained_on: _Day
    valid_until: _Day | None = Field(
        None, description="first day on which it no longer holds; none = for good"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.item is None) == (self.matter is None):
            raise ValueError("name an item or a matter; one of them")
        if self.valid_until is not None and self.valid_until <= self.trained_on:
            raise ValueError("it ends before it begins; give valid_until after trained_on")
        return self


class TrainingOut(BaseModel):
    """A course of somebody."""

    id: int
    person: str
    item: str | None
    matter: str | None
    course: str
    trained_on: date
    valid_until: date | None
    holds: bool = Field(description="today")


class TrainedPerson(BaseModel):
    """Somebody of a grid who is trained; the name is masked."""

    code: str
    name: str
    role: str
    on_duty: bool
    course: str
    trained_on: date
    valid_until: date | None


class TrainedOut(BaseModel):
    """Who in a grid is trained for an item or a matter on a day."""

    grid_code: str
    item: str | None
    matter: str | None
    day: date
    people: list[TrainedPerson]

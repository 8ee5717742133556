"""What goes over HTTP of positions in batches, tracks, hours in the grid and devices."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.accounts.schemas import PurposeIn
from gridsvc.geo import Datum
from gridsvc.people.pings import Source, Unused
from gridsvc.people.schemas import AccuracyM, CapturedAt, LatIn, LonIn, SpeedMps
from gridsvc.plain_text import PlainText

#: Most positions in a batch, and days of a track that are read at a time.
MOST_PINGS, MOST_DAYS = 1000, 31

Code = Annotated[PlainText, Field(min_length=1, max_length=64, examples=["GW0001"])]


class PingIn(BaseModel):
    """Where a person was, one of a batch."""

    model_config = ConfigDict(extra="forbid")

    person: Code
    lon: LonIn
    lat: LatIn
    datum: Datum
    captured_at: CapturedAt
    accuracy_m: AccuracyM | None = None
    speed_mps: SpeedMps | None = None


class PositionBatchIn(BaseModel):
    """Positions of any people, in any order; the key makes that sending twice is sending once."""

    model_config = ConfigDict(extra="forbid")

    client_key: PlainText = Field(min_length=1, max_length=100, examples=["gateway-7/000123"])
    pings: list[PingIn] = Field(min_length=1, max_length=MOST_PINGS)


class UnusedPing(BaseModel):
    """A position of a batch that is kept and does not say where the person is."""

    number: int = Field(description="its place in the batch, from 0")
    person: str
    reason: Unused


class PositionBatchOut(BaseModel):
    """What became of a batch: every position is used, not used for a reason, or known already."""

    client_key: str
    used: int = Field(description="positions that may be used, of which the latest counts")
    repeated: int = Field(description="positions that were known already")
    unused: list[UnusedPing]
    taken_up: list[int] = Field(description="ids of waiting events now given to these people")


class TrackAsked(PurposeIn):
    """Which part of a track is asked for, and what for."""

    begins: CapturedAt
    ends: CapturedAt

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.begins < self.ends <= self.begins + timedelta(days=MOST_DAYS):
            raise ValueError(f"ends must come after begins, by at most {MOST_DAYS} days")
        return self


class TrackPoint(BaseModel):
    """Where somebody was, by their phone."""

    at: datetime = Field(description="when it counts")
    captured_at: datetime
    received_at: datetime
    lon: float = Field(description="degrees, WGS-84")
    lat: float = Field(description="degrees, WGS-84")
    datum: Datum = Field(description="datum it arrived in")
    accuracy_m: float | None
    speed_mps: float | None
    source: Source
    unused: Unused | None = Field(description="why it was not used, if it was not")


class TrackOut(BaseModel):
    """Where somebody was, oldest first; every reading is recorded."""

    person: str
    points: list[TrackPoint]
    more: bool = Field(description="whether later points were left out; ask from the last one on")


class HoursOfPerson(BaseModel):
    """How long somebody was in their own cells."""

    code: str
    name: str = Field(examples=["王**"], description="masked")
    role: str
    division_code: str
    in_grid_s: float = Field(description="numerator: seconds between positions in the own cells")
    tracked_s: float = Field(description="denominator: seconds between positions anywhere")
    reached: bool


class HoursOut(BaseModel):
    """Hours in the grid of a day, and how many of those who answer for a cell reached them."""

    begins: datetime
    ends: datetime
    required_s: float
    gap_s: float = Field(description="longer pauses between positions are not counted")
    reached: int = Field(description="numerator: people with at least the hours required")
    obliged: int = Field(description="denominator: people who answer for a cell")
    people: list[HoursOfPerson]


class DeviceIn(BaseModel):
    """A phone that is to tell where a person is."""

    model_config = ConfigDict(extra="forbid")

    person: Code
    label: PlainText = Field(min_length=1, max_length=100, examples=["华为 Mate 60"])
    datum: Datum = Field(description="datum in which its app tells positions")


class DeviceOut(BaseModel):
    """A phone, without its key."""

    id: int
    person: str
    label: str
    datum: Datum
    beginning: str = Field(description="how its key begins")
    created_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None


class NewDevice(BaseModel):
    """A phone and its key, which is shown this once."""

    key: str
    device: DeviceOut

"""What goes over HTTP of visits."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.geo import Datum
from gridsvc.outreach.doubts import Doubt
from gridsvc.people.schemas import LatIn, LonIn, PastTime
from gridsvc.plain_text import PlainText

Code = Annotated[PlainText, Field(min_length=1, max_length=64)]
Name = Annotated[PlainText, Field(min_length=1, max_length=200)]
Division = Annotated[PlainText, Field(pattern=r"^[0-9]{12}$", examples=["320104000000"])]
ClientKey = Annotated[
    PlainText,
    Field(
        min_length=1,
        max_length=100,
        description="chosen by the client; the same key and body are the same thing",
    ),
]
Whom = Literal["households", "linked", "key_people"]
Visitor = Literal["grid_worker", "liaison", "officer"]


class ResultChoice(BaseModel):
    """Something that can come of a visit."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(examples=["hidden_danger"])
    name: Name = Field(examples=["发现隐患"])
    matter: Code | None = Field(None, description="of the event that follows; none = no event")


class ProgrammeIn(BaseModel):
    """Who visits whom in an area, how often, and what can come of it."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    code: Code = Field(examples=["lianxihu"], description="the same again changes the programme")
    name: Name = Field(examples=["干部联系户"])
    whom: Whom
    visitor: Visitor
    every_days: int = Field(ge=1, le=3660, examples=[30])
    results: list[ResultChoice] = Field(min_length=1, max_length=50)
    least_each: int | None = Field(None, ge=1, le=10_000, description="households a visitor has")
    most_each: int | None = Field(None, ge=1, le=10_000)
    starts: date = Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))
    ends: date | None = Field(None, description="day from which it is over; none = goes on")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        codes = [one.code for one in self.results]
        if len(set(codes)) < len(codes):
            raise ValueError("two results have the same code; give each its own")
        if self.ends is not None and self.ends <= self.starts:
            raise ValueError("the programme ends before it starts; give a later day")
        if self.least_each and self.most_each and self.least_each > self.most_each:
            raise ValueError("least_each is more than most_each")
        if self.whom == "households" and (self.visitor == "officer" or self.least_each):
            raise ValueError(
                "every household is visited by whoever answers for its cell: a grid_worker or a "
                "liaison, without a least number of households each"
            )
        return self


class ProgrammeOut(BaseModel):
    """A programme as it is."""

    id: int
    division_code: str
    code: str
    name: str
    whom: Whom
    visitor: Visitor
    every_days: int
    results: list[ResultChoice]
    least_each: int | None
    most_each: int | None
    starts: date
    ends: date | None


class LinksIn(BaseModel):
    """All the households that somebody is linked to in a programme, in place of those before."""

    model_config = ConfigDict(extra="forbid")

    households: list[Code] = Field(max_length=10_000, description="their address codes")
    reason: PlainText | None = Field(
        None, min_length=1, max_length=200, description="why; stored sealed, shown to who visits"
    )


class LinksOut(BaseModel):
    """How many households somebody is linked to now."""

    programme: int
    person: str
    households: int


class LinkReason(BaseModel):
    """Why somebody is linked to a household; every reading is recorded."""

    programme: int
    household: int
    reason: str


class DueHousehold(BaseModel):
    """A household that is to be visited, by when, and by whom."""

    household: int
    address: str = Field(description="address code")
    micro_grid_code: str
    lon: float = Field(description="of its building, degrees, WGS-84")
    lat: float
    people: list[str] = Field(description="codes of those who are to visit; none = nobody is")
    last_at: datetime | None = Field(description="latest visit that counts")
    due_at: datetime
    overdue: bool


class DuePage(BaseModel):
    """What is due next, first due first, and how much there is in all."""

    households: list[DueHousehold]
    total: int
    overdue: int


class CellCoverage(BaseModel):
    """How much of a micro-grid was visited within the programme's period."""

    micro_grid_code: str
    visited: int
    households: int
    overdue: int


class Coverage(BaseModel):
    """Coverage by cell, with its window."""

    programme: int
    since: datetime
    until: datetime
    visited: int
    households: int
    overdue: int
    cells: list[CellCoverage]


class VisitIn(BaseModel):
    """A visit as the phone tells it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "programme": 1,
                    "household": 42,
                    "lon": 118.7812,
                    "lat": 32.0413,
                    "datum": "gcj02",
                    "captured_at": "2026-11-06T09:30:00+08:00",
                    "result": "well",
                    "client_key": "b1946ac9-2f63-4a0e-8c8a-2d6a2f1c5a10",
                }
            ]
        },
    )

    programme: int = Field(ge=1, le=2**63 - 1)
    household: int = Field(ge=1, le=2**63 - 1)
    lon: LonIn
    lat: LatIn
    datum: Datum = Field(description="datum of lon and lat; there is no default")
    captured_at: PastTime = Field(description="when the door was opened, by the phone")
    result: Code = Field(description="code of one of the programme's results")
    note: PlainText = Field("", max_length=4000)
    explained: PlainText | None = Field(
        None,
        min_length=2,
        max_length=500,
        description="why a visit that is doubted should count; it then waits for a judgement",
    )
    client_key: ClientKey


class VisitOut(BaseModel):
    """A visit as it is kept."""

    id: int
    programme: int
    household: int | None
    micro_grid_code: str
    person: str
    captured_at: datetime
    received_at: datetime
    result: str
    note: str
    doubts: list[Doubt]
    explained: str | None
    state: Literal["counted", "doubted", "accepted", "refused"]
    judged_at: datetime | None
    judgement: str
    event: int | None = Field(description="the event that followed")


class VisitPage(BaseModel):
    """Some visits, latest first, and how many there are."""

    visits: list[VisitOut]
    total: int


class VisitJudgementIn(BaseModel):
    """Whether a doubted visit counts."""

    model_config = ConfigDict(extra="forbid")

    accept: bool
    note: PlainText = Field(min_length=1, max_length=1000)


class Stop(BaseModel):
    """A building of a round, with those of its households that are due."""

    lon: float
    lat: float
    households: list[int]
    addresses: list[str]
    leg_s: float = Field(description="seconds from the stop before; of the first, none")


class Round(BaseModel):
    """The shortest way past the households that are due, beside the way in order of address."""

    programme: int
    person: str
    mode: str
    by: Literal["road", "line"] = Field(description="what the seconds go by")
    travel_s: float
    naive_s: float = Field(description="the same stops in the order of their addresses")
    saved_s: float
    stops: list[Stop]

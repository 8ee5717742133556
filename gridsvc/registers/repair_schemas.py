"""What goes over HTTP of small repairs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from gridsvc.events.life_schemas import Rate
from gridsvc.events.life_schemas import Window as Span
from gridsvc.geo import Datum
from gridsvc.ledger.schemas import AccountCode
from gridsvc.people.schemas import CapturedAt, LatIn, LonIn, PastTime
from gridsvc.registers.repairs import RepairState
from gridsvc.registers.schemas import (
    MOST_AT_ONCE,
    ClientKey,
    Code,
    Day,
    Division,
    Line,
    Name,
    RegisterDeed,
)

Care = Literal["unowned", "unmanaged", "managed"]
Key = Annotated[int, Field(ge=1, le=2**63 - 1)]
#: A crew is booked for hours, not for weeks.
LONGEST_BOOKING = timedelta(days=7)


class BuildingCareIn(BaseModel):
    """Who looks after a building."""

    model_config = ConfigDict(extra="forbid")

    building: Code = Field(description="its number in the prepared area")
    care: Care
    keeper: Name | None = Field(None, description="property company or unit of a managed one")
    since: Day

    @model_validator(mode="after")
    def _kept(self) -> Self:
        if (self.care == "managed") != (self.keeper is not None):
            raise ValueError("a managed building has a keeper, and no other has one")
        return self


class BuildingCaresIn(BaseModel):
    """Buildings of a community and who looks after them, all or none."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    buildings: list[BuildingCareIn] = Field(min_length=1, max_length=MOST_AT_ONCE)


class BuildingCareOut(BuildingCareIn):
    """Who looks after a building, and where it is."""

    division: str
    lon: float = Field(description="degrees, WGS-84")
    lat: float


class RepairItem(BaseModel):
    """Something a pack mends, in some months or all year."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(examples=["pipe"])
    name: Name = Field(examples=["水管抢修"])
    months: list[Annotated[int, Field(ge=1, le=12)]] = Field(default=[], max_length=12)


class Question(BaseModel):
    """Something a survey answers."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    name: Name = Field(examples=["是否影响通行"])


class RepairPackIn(BaseModel):
    """Small repairs that a place does itself."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    code: Code = Field(description="the same again changes the pack")
    name: Name = Field(examples=["宁海路应急包"])
    items: list[RepairItem] = Field(min_length=1, max_length=100)
    questions: list[Question] = Field(default=[], max_length=50)
    covers: list[Care] = Field(
        default=["unowned", "unmanaged"],
        min_length=1,
        max_length=3,
        description="whose buildings; one that nobody has said it of is taken, too",
    )
    fund: AccountCode = Field(description="account of the division in the ledger that pays")
    expense: AccountCode = Field(description="account that shows what was spent")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for named in (self.items, self.questions):
            codes = [one.code for one in named]
            if len(set(codes)) < len(codes):
                raise ValueError("two items or questions have the same code; give each its own")
        if self.fund == self.expense:
            raise ValueError("fund and expense are the same account; give two")
        return self


class RepairPackOut(RepairPackIn):
    """A pack as it is."""

    id: int


class RepairIn(BaseModel):
    """That something is broken."""

    model_config = ConfigDict(extra="forbid")

    pack: Key
    item: Code
    lon: LonIn
    lat: LatIn
    datum: Datum = Field(description="datum of lon and lat; there is no default")
    description: Line
    called_at: PastTime
    client_key: ClientKey


class RepairSurveyIn(BaseModel):
    """What was found when somebody looked at it."""

    model_config = ConfigDict(extra="forbid")

    visited_at: PastTime
    answers: dict[Code, Line] = Field(description="by code of the pack's questions; all of them")


class RepairBookingIn(BaseModel):
    """Which crew comes, from when to when."""

    model_config = ConfigDict(extra="forbid")

    crew: Key = Field(description="a group; its members of that day are booked with it")
    begins: CapturedAt
    ends: AwareDatetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.begins < self.ends <= self.begins + LONGEST_BOOKING:
            raise ValueError("a booking ends after it begins, and within seven days")
        return self


class RepairDoneIn(BaseModel):
    """That it is mended."""

    model_config = ConfigDict(extra="forbid")

    done_at: PastTime
    note: Line


class RepairCostIn(BaseModel):
    """What it cost; the fund of the pack pays."""

    model_config = ConfigDict(extra="forbid")

    cost_fen: int = Field(ge=1, le=10**12)


class RepairCancelIn(BaseModel):
    """Why nothing is mended."""

    model_config = ConfigDict(extra="forbid")

    note: Line


class RepairOut(BaseModel):
    """A small repair as it is."""

    id: int
    pack: int
    division: str
    building: str | None
    care: Care | None = Field(description="none = nobody has said who looks after it")
    item: str
    description: str
    state: RepairState
    called_at: datetime
    visited_at: datetime | None
    answers: dict[str, str] | None
    crew: int | None
    begins: datetime | None = Field(description="of the booking")
    ends: datetime | None
    done_at: datetime | None
    cost_fen: int | None
    transaction: int | None = Field(description="of the ledger")


class RepairWithHistory(RepairOut):
    """A small repair with all that was done."""

    history: list[RegisterDeed]


class RepairPage(BaseModel):
    """Some repairs, newest first, and how many there are."""

    repairs: list[RepairOut]
    total: int


class PackFigures(BaseModel):
    """A pack within a span: what was called, mended and paid, how fast, and how much of its fund.

    What the fund had is what lay in it when the span began and what came in since.
    """

    pack: int
    span: Span
    done: Rate
    by_item: dict[str, int] = Field(description="repairs called, by item")
    median_h: float | None = Field(description="hours from the call until it was mended")
    spent_fen: int
    fund_had_fen: int
    fund_used: Rate = Field(description="of what the fund had, in fen")

"""What indicators, counters and declared figures take and send over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.accounts.roles import Role
from gridsvc.plain_text import PlainText
from gridsvc.registers.schemas import CountIn

Code = Annotated[PlainText, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$", examples=["on_time_handle"])]
Division = Annotated[PlainText, Field(pattern=r"^[0-9]{12}$", examples=["990101000000"])]
Label = Annotated[PlainText, Field(min_length=1, max_length=100)]
Term = Annotated[PlainText, Field(min_length=3, max_length=60, examples=["handle.on_time"])]
ClientKey = Annotated[PlainText, Field(min_length=1, max_length=100)]
Group = Literal["none", "area", "stage", "role", "unit", "day", "month"]


class IndicatorIn(BaseModel):
    """An indicator: counters above the line, counters below it, and what is aimed at."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "division": "990101000000",
                    "name": "按期处置率",
                    "numerator": ["handle.on_time"],
                    "denominator": ["handle.due"],
                    "source": "事件历史",
                    "responsible_role": "grid_worker",
                }
            ]
        }
    )

    division: Division
    name: Label
    numerator: list[Term] = Field(
        min_length=1, max_length=20, description="stage.counter; a leading minus takes away"
    )
    denominator: list[Term] = Field(
        default_factory=list, max_length=20, description="none = the numerator is the value"
    )
    share: bool = Field(default=True, description="the numerator is part of the denominator")
    higher_is_better: bool = True
    per: Literal["day", "week", "month", "quarter", "year"] = "month"
    source: Label = "事件历史"
    responsible_role: Role
    target: float | None = Field(default=None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _share_of_something(self) -> Self:
        if self.share and not self.denominator:
            raise ValueError("a share needs a denominator; give one, or say share: false")
        return self


class IndicatorOut(BaseModel):
    """An indicator that holds somewhere, and for which division it was laid down."""

    code: str
    division: str
    name: str
    numerator: list[str]
    denominator: list[str]
    share: bool
    higher_is_better: bool
    per: str
    source: str
    responsible_role: str
    target: float | None
    changed_at: datetime


class ValueOut(BaseModel):
    """What an indicator is for one of a group, with what it is made of."""

    key: str = Field(description="code of an area or unit, a role, stage, day or month")
    name: str = Field(description="of an area or unit; else empty")
    numerator: float
    denominator: float | None
    value: float | None = Field(description="none where there is nothing to divide by")
    low: float | None = Field(description="of a share, bounds with 95 % confidence (Wilson)")
    high: float | None
    best_place: int | None = Field(description="in the league of its group, as its bounds leave it")
    worst_place: int | None
    reached: bool | None = Field(description="the target; none where there is none or no value")


class ValuesOut(BaseModel):
    """An indicator over a window; `counted_at` is up to when history was counted."""

    indicator: IndicatorOut
    division: str | None
    since: date
    until: date = Field(description="not included")
    by: Group
    counted_at: datetime | None
    values: list[ValueOut]


class SummaryLine(BaseModel):
    """An indicator among all that hold for a division, over a window."""

    indicator: IndicatorOut
    value: ValueOut | None = Field(description="none where it cannot be, which is then said")
    refused: str | None


class CountsOut(BaseModel):
    """Counters of a stage, for one of a group."""

    key: str
    stage: str
    counts: dict[str, float]


class CountersOut(BaseModel):
    """Every counter of every stage over a window."""

    division: str | None
    since: date
    until: date = Field(description="not included")
    by: Group
    counted_at: datetime | None
    rows: list[CountsOut]


class RefreshedOut(BaseModel):
    """What was counted: days of communities, or everything."""

    anew: bool
    number: int


class QuotedIn(BaseModel):
    """A rate that is quoted of two counts, or asked for where none is quoted."""

    part: Code
    of: Code
    percent: Annotated[PlainText, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4})?$")] | None = Field(
        default=None, examples=["96.78"]
    )


class DeclarationIn(BaseModel):
    """Figures of a place: counts as a funnel, each part of the one before, and quoted rates."""

    division: Division
    title: Label
    source: Label
    since: date
    until: date = Field(description="not included")
    counts: list[CountIn] = Field(min_length=1, max_length=20)
    rates: list[QuotedIn] = Field(default_factory=list, max_length=20)
    client_key: ClientKey

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until <= self.since:
            raise ValueError("the window ends before it begins; give since before until")
        return self


class CheckedRate(BaseModel):
    """A rate of declared figures."""

    part: str
    of: str
    numerator: int
    denominator: int
    percent: str | None
    value: float
    quoted_as: Literal["rounded", "truncated", "not_quoted", "open"]


class DeclarationOut(BaseModel):
    """Figures that can be, with who gave them."""

    id: int
    division: str
    title: str
    source: str
    since: date
    until: date
    counts: list[CountIn]
    rates: list[CheckedRate]
    declared_by: str
    declared_at: datetime

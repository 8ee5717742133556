"""What spot checks and stars take and send over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from gridsvc.appraisal.schemas import Code, Division, Label
from gridsvc.plain_text import PlainText

CheckKind = Literal["no_track", "elsewhere", "instant", "reused_photo", "unchanged_photo"]
Measure = Literal["on_time_handle", "closed", "rework", "satisfaction"]
#: How far weights may be from one.
_OFF = 1e-6


class SearchIn(BaseModel):
    """Where and when to look for sham work, and what looks like it."""

    division: Division
    since: AwareDatetime
    until: AwareDatetime
    within_m: float = Field(
        default=200, gt=0, le=5000, description="of the place whoever handled it must have been"
    )
    instant_s: float = Field(
        default=60, ge=0, le=3600, description="from being given to being done is too soon"
    )
    share_of_way: float = Field(
        default=0.25, ge=0, le=1, description="of the time of the way; done sooner is too soon"
    )
    alike_bits: int = Field(
        default=8, ge=0, le=16, description="of 64 that two pictures of one thing may differ in"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until <= self.since:
            raise ValueError("the window ends before it begins; give since before until")
        return self


class FoundOut(BaseModel):
    """How much was found now that was not known, by kind."""

    found: dict[CheckKind, int]
    photos: int = Field(description="looked at for the first time")


class SpotCheckOut(BaseModel):
    """Something that looks like sham work; whether it is, somebody says."""

    id: int
    event_id: int
    division: str
    kind: CheckKind
    person: str | None = Field(description="code of whoever handled it")
    detail: dict[str, Any]
    found_at: datetime
    verdict: Literal["confirmed", "dismissed"] | None
    judged_by: str | None
    judged_at: datetime | None
    note: str


class VerdictIn(BaseModel):
    """What was found on looking."""

    verdict: Literal["confirmed", "dismissed"]
    note: Annotated[PlainText, Field(min_length=1, max_length=500)]


class CriterionIn(BaseModel):
    """A measure and what it is worth: nothing at `bad`, its whole weight at `good`."""

    measure: Measure
    bad: float = Field(ge=0, le=1)
    good: float = Field(ge=0, le=1)
    weight: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.bad == self.good:
            raise ValueError(f"{self.measure}: bad and good must differ")
        return self


class StarRuleIn(BaseModel):
    """How grids earn stars."""

    division: Division
    code: Code
    name: Label
    criteria: list[CriterionIn] = Field(min_length=1, max_length=4)
    thresholds: list[Annotated[float, Field(ge=0, le=100)]] = Field(
        default=[40, 55, 70, 85], min_length=4, max_length=4, description="points of 2 to 5 stars"
    )
    least_cases: int = Field(default=10, ge=1, le=100_000)
    most_with_sham: int = Field(
        default=2, ge=1, le=5, description="stars at most where sham work was confirmed"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        weights = sum(one.weight for one in self.criteria)
        if abs(weights - 1) > _OFF:
            raise ValueError(f"the weights sum to {weights:.6g}, not to 1")
        if len({one.measure for one in self.criteria}) != len(self.criteria):
            raise ValueError("a measure comes twice; give its whole weight once")
        if sorted(set(self.thresholds)) != self.thresholds:
            raise ValueError("thresholds must rise: more stars take more points")
        return self


class StarRuleOut(StarRuleIn):
    """A rule that holds somewhere."""

    laid_down_at: datetime


class StarRatingIn(BaseModel):
    """Which grids to rate, by which rule, over which days."""

    division: Division
    rule: Code
    since: date
    until: date = Field(description="not included")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until <= self.since:
            raise ValueError("the window ends before it begins; give since before until")
        return self


class StarsOut(BaseModel):
    """Stars of a grid, with all they were made of."""

    grid: str
    division: str
    rule: str
    since: date
    until: date
    stars: int | None = Field(description="none = too little to go by")
    points: float | None
    measures: dict[str, Any]
    rated_at: datetime

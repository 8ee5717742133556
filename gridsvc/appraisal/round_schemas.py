"""What rounds in which units judge each other take and send over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.appraisal.schemas import Code, Division, Label
from gridsvc.appraisal.survey_schemas import Score, Weight
from gridsvc.plain_text import PlainText

UnitCode = Annotated[PlainText, Field(min_length=1, max_length=64, examples=["320104-ZJ"])]
#: Where an aspect's points come from: raters, or what was counted of whistle calls.
Source = Literal["raters", "whistles_in_time", "whistles_score"]
#: How far weights may be from one: they are written with a few decimals.
_OFF = 1e-6


class Units(BaseModel):
    """Which units: every one of a kind and level in the division, or those that are named."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["department", "street", "centre", "enterprise", "team"] | None = None
    level: Literal["province", "city", "county", "street", "community"] | None = None
    codes: list[UnitCode] | None = Field(None, min_length=1, max_length=500)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.kind is None) == (self.codes is None):
            raise ValueError("name a kind of units or their codes; one of them")
        return self


class Aspect(BaseModel):
    """What is judged, and its weight among the others."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    name: Label
    weight: Weight
    source: Source = "raters"


class SideIn(BaseModel):
    """One direction of a scheme: who scores whom, by which aspects; weights sum to one."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    name: Label
    raters: Units
    ratees: Units
    aspects: list[Aspect] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        weights = sum(one.weight for one in self.aspects)
        if abs(weights - 1) > _OFF:
            raise ValueError(f"the weights of {self.code} sum to {weights:.6g}, not to 1")
        if len({one.code for one in self.aspects}) < len(self.aspects):
            raise ValueError(f"two aspects of {self.code} have the same code; give each its own")
        return self


class AppraisalSchemeIn(BaseModel):
    """Who scores whom, by which aspects and weights; rounds that were opened keep theirs."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    code: Code
    name: Label
    sides: list[SideIn] = Field(min_length=1, max_length=10)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len({one.code for one in self.sides}) < len(self.sides):
            raise ValueError("two sides have the same code; give each its own")
        return self


class AppraisalSchemeOut(AppraisalSchemeIn):
    """A scheme as it is laid down."""

    laid_down_at: datetime


class RoundIn(BaseModel):
    """When a scheme is applied; whistle calls of these days count."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    scheme: Code
    name: Label = Field(examples=["2026年度"])
    since: date
    until: date = Field(description="not included")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until <= self.since:
            raise ValueError("the round ends before it begins; give since before until")
        return self


class NamedUnit(BaseModel):
    """A unit as it was called when the round was opened."""

    code: str
    name: str


class SideOut(BaseModel):
    """One direction of a round: its units, and how many scores were given of all there can be."""

    code: str
    name: str
    aspects: list[Aspect]
    raters: list[NamedUnit]
    ratees: list[NamedUnit]
    given: int = Field(description="scores that you may see")
    expected: int


class RoundOut(BaseModel):
    """A round and how far it got."""

    id: int
    division: str
    scheme: str
    name: str
    since: date
    until: date
    state: Literal["OPEN", "CLOSED"]
    opened_at: datetime
    closed_at: datetime | None
    sides: list[SideOut]


class ScoreIn(BaseModel):
    """What a unit thinks of another in one aspect."""

    model_config = ConfigDict(extra="forbid")

    ratee: UnitCode
    aspect: Code
    score: Score


class ScoresIn(BaseModel):
    """Scores that a unit gives; given again before the round is closed they replace the others."""

    model_config = ConfigDict(extra="forbid")

    side: Code
    rater: UnitCode
    scores: list[ScoreIn] = Field(min_length=1, max_length=5000)

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({(one.ratee, one.aspect) for one in self.scores}) < len(self.scores):
            raise ValueError("a unit is scored twice in one aspect; give one score each")
        return self


class CountedShare(BaseModel):
    """Points of an aspect that were counted, not given."""

    aspect: str
    numerator: float
    denominator: int


class RankedUnit(BaseModel):
    """Points and place of a unit, with what they rest on."""

    unit: str
    name: str
    points: float | None = Field(description="of 100; none where nobody scored and nothing counts")
    low: float | None = Field(description="bounds with 95 % confidence; none of fewer than two")
    high: float | None
    raters: int = Field(description="how many scored it")
    counted: list[CountedShare]
    place: int | None = Field(description="shared where points are equal")
    tied: bool
    best_place: int | None = Field(description="that the bounds leave open")
    worst_place: int | None


class SideResult(BaseModel):
    """Ranking of one direction, most points first."""

    code: str
    name: str
    ranking: list[RankedUnit]


class RoundResults(BaseModel):
    """Results of a round; final once it is closed."""

    round: int
    final: bool
    sides: list[SideResult]

"""What surveys and orders to put right take and send over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from gridsvc.appraisal.schemas import Code, Division, Label
from gridsvc.plain_text import PlainText

Weight = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Score = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Words = Annotated[PlainText, Field(min_length=1, max_length=1000)]
#: How far weights may be from one: they are written with a few decimals.
_OFF = 1e-6


class IndicatorAsked(BaseModel):
    """One question of a survey and its weight within its dimension."""

    code: Code
    name: Label
    weight: Weight
    question: Annotated[PlainText, Field(min_length=1, max_length=300)]


def _one(weights: list[float], what: str) -> None:
    if abs(sum(weights) - 1) > _OFF:
        raise ValueError(f"the weights of {what} sum to {sum(weights):.6g}, not to 1")


class Dimension(BaseModel):
    """A side of the work that is judged, with what is asked of it."""

    code: Code
    name: Label
    weight: Weight
    indicators: list[IndicatorAsked] = Field(min_length=1, max_length=50)

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        _one([one.weight for one in self.indicators], f"the indicators of {self.code}")
        return self


class SchemeIn(BaseModel):
    """A survey: dimensions of indicators, whose weights sum to one at each level."""

    division: Division
    code: Code
    name: Label
    dimensions: list[Dimension] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _one([one.weight for one in self.dimensions], "the dimensions")
        codes = [one.code for one in self.dimensions]
        codes += [one.code for dimension in self.dimensions for one in dimension.indicators]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice or "all" in codes:
            raise ValueError(f"codes must differ, and none be 'all': {', '.join(twice) or 'all'}")
        return self


class SchemeOut(SchemeIn):
    """A survey that can be asked."""

    laid_down_at: datetime


class WaveIn(BaseModel):
    """When a survey is asked, and of how many households; days are those of the office."""

    division: Division
    scheme: Code
    name: Label
    opens: date
    closes: date = Field(description="the last day, included")
    sample: int = Field(ge=1, le=10**6, description="households to ask, shared out over streets")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes < self.opens:
            raise ValueError("a wave cannot close before it opens")
        return self


class StratumOut(BaseModel):
    """A street of a sample."""

    division: str
    name: str
    population: int = Field(description="households")
    planned: int
    answered: int


class WaveOut(BaseModel):
    """A wave, with how far it got."""

    id: int
    division: str
    scheme: str
    name: str
    opens: date
    closes: date
    strata: list[StratumOut]


class SurveyLinksIn(BaseModel):
    """So many links for households of a street."""

    division: Division
    count: int = Field(ge=1, le=1000)


class SurveyLinksOut(BaseModel):
    """Links that let one household answer once each; told once, kept only as digests."""

    paths: list[str]


class AnswerIn(BaseModel):
    """Scores from 0 to 100 by indicator; what somebody cannot judge is left out."""

    respondent: Literal["resident", "unit"] = "resident"
    scores: dict[Code, Score] = Field(min_length=1, max_length=1000)


class PhoneAnswerIn(AnswerIn):
    """Scores told on the phone; the number is not kept."""

    division: Division
    phone: Annotated[PlainText, Field(pattern=r"^[0-9+ -]{5,20}$")]


class AnsweredOut(BaseModel):
    """That an answer was taken."""

    taken: Literal[True] = True


class QuestionsOut(BaseModel):
    """What a link asks."""

    name: str
    closes: date
    dimensions: list[Dimension]


class EstimateOut(BaseModel):
    """A score with how sure it is; none where too few answered for nobody to be known."""

    key: str = Field(description="all, a dimension, an indicator or a street")
    name: str
    number: int = Field(description="answers")
    mean: float | None
    low: float | None = Field(description="bounds with 95 % confidence")
    high: float | None
    difference: float | None = Field(default=None, description="to the wave compared with")
    p: float | None = Field(
        default=None, description="of such a difference by chance, for all comparisons at once"
    )
    significant: bool | None = Field(default=None, description="p below 0.05")


class ResultsOut(BaseModel):
    """What a wave says: of the whole, of each dimension and indicator, and of each street."""

    wave: WaveOut
    against: int | None
    whole: EstimateOut
    dimensions: list[EstimateOut]
    indicators: list[EstimateOut]
    streets: list[EstimateOut]


class RectificationIn(BaseModel):
    """An order to put something right by a day."""

    division: Division
    wave: int | None = Field(default=None, ge=1, le=2**63 - 1)
    indicator: Code | None = None
    problem: Words
    opinion: Words
    responsible: Label
    deadline: date


class RectificationMove(BaseModel):
    """What was done about an order: measures, then the result, then its publication."""

    to_state: Literal["UNDER_WAY", "DONE", "PUBLISHED"]
    note: Annotated[PlainText, Field(max_length=1000)] = ""


class RectificationOut(BaseModel):
    """An order, with how far it got."""

    id: int
    division: str
    division_name: str
    wave: int | None
    indicator: str | None
    problem: str
    opinion: str
    responsible: str
    deadline: date
    measures: str
    result: str
    state: Literal["ORDERED", "UNDER_WAY", "DONE", "PUBLISHED"]
    ordered_at: datetime
    done_on: date | None
    published_at: datetime | None
    overdue: bool


class PublicRectification(BaseModel):
    """What everybody may know of an order whose result was published."""

    division_name: str
    problem: str
    opinion: str
    deadline: date
    measures: str
    result: str
    done_on: date
    published_at: datetime

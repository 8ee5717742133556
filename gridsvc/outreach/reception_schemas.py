"""What goes over HTTP of reception cycles."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.events.schemas import Note
from gridsvc.events.states import State
from gridsvc.outreach.schemas import Code, Division, Name
from gridsvc.plain_text import PlainText

#: Every month has these.
LAST_DAY = 28
Attendee = Annotated[PlainText, Field(min_length=1, max_length=50, examples=["党政主要负责人"])]
Points = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Votes = Annotated[int, Field(ge=0, le=100_000)]


class MilestoneRule(BaseModel):
    """A day of every month: what happens, and who must come."""

    model_config = ConfigDict(extra="forbid")

    day: int = Field(ge=1, le=31, examples=[6])
    name: Name = Field(examples=["现场接访"])
    attendees: list[Attendee] = Field(min_length=1, max_length=20)


class WeightsIn(BaseModel):
    """Points by which open events are ranked: for each day, limit passed, voice, reopening."""

    model_config = ConfigDict(extra="forbid")

    days_open: Points = 0
    overdue: Points = 0
    voices: Points = 0
    reopened: Points = 0
    classes: dict[Code, Points] = Field(default={}, max_length=50)


class CycleIn(BaseModel):
    """Days of every month on which leaders hear, push on and look back."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    code: Code = Field(description="the same again changes the cycle")
    name: Name = Field(examples=["逢6必访"])
    milestones: list[MilestoneRule] = Field(min_length=1, max_length=10)
    weights: WeightsIn

    @model_validator(mode="after")
    def _fits(self) -> Self:
        days = [one.day for one in self.milestones]
        if len(set(days)) < len(days):
            raise ValueError("two milestones are on the same day; give each its own")
        if max(days) > LAST_DAY:
            raise ValueError(
                f"day {max(days)} is none of every month; choose days up to {LAST_DAY}"
            )
        return self


class CycleOut(BaseModel):
    """A cycle as it is."""

    id: int
    division_code: str
    code: str
    name: str
    milestones: list[MilestoneRule]
    weights: WeightsIn


class AgendaItem(BaseModel):
    """An open event with its points and what they are made of."""

    event: int
    village: str
    village_name: str
    matter_name: str
    class_code: str | None
    days_open: float
    overdue: int
    voices: int
    reopened: int
    score: float


class VillageScore(BaseModel):
    """A village with the points of its open events together."""

    village: str
    name: str
    events: int
    score: float


class Agenda(BaseModel):
    """What is open, most urgent first, and the villages, most urgent first."""

    cycle: int
    items: list[AgendaItem]
    villages: list[VillageScore]
    total: int


class ReceptionIn(BaseModel):
    """A month to begin."""

    model_config = ConfigDict(extra="forbid")

    month: date = Field(description="any day of it")
    theme: Division | None = Field(None, description="theme village; none = the most urgent one")
    most: int = Field(20, ge=1, le=200, description="events on the agenda at most")


class MilestoneOut(BaseModel):
    """A planned day; when it was held, and who came and who did not."""

    planned_on: date
    name: str
    expected: list[str]
    held_on: date | None
    attended: list[str] | None
    absent: list[str] | None
    note: str


class ItemOut(BaseModel):
    """An event on the agenda."""

    event: int
    place: int
    score: float
    matter_name: str
    description: str
    state: State
    photos: int
    decision: str | None
    votes_for: int | None
    votes_against: int | None
    adopted: bool | None
    budget_yuan: Decimal | None
    lead_unit: str | None
    passed: bool | None
    satisfaction: int | None


class ReceptionDeed(BaseModel):
    """Something that was done."""

    deed: str
    event: int | None
    actor: str
    note: str
    at: datetime


class ReceptionOut(BaseModel):
    """A month of a cycle."""

    id: int
    cycle: int
    name: str
    division_code: str
    month: date
    theme: str
    theme_name: str


class ReceptionInFull(ReceptionOut):
    """A month with its milestones, agenda and all that was done: what its day's deck holds."""

    milestones: list[MilestoneOut]
    items: list[ItemOut]
    history: list[ReceptionDeed]


class HoldingIn(BaseModel):
    """That a milestone was held."""

    model_config = ConfigDict(extra="forbid")

    held_on: date = Field(description="may be another day than the planned one")
    attended: list[Attendee] = Field(max_length=20)
    note: PlainText = Field("", max_length=1000, description="needed when somebody did not come")


class ResolutionIn(BaseModel):
    """What was decided about an event, by how many votes."""

    model_config = ConfigDict(extra="forbid")

    decision: Note
    votes_for: Votes
    votes_against: Votes
    budget_yuan: Decimal | None = Field(None, ge=0, le=Decimal("1e11"), decimal_places=2)
    lead_unit: Code | None = None

    @model_validator(mode="after")
    def _voted(self) -> Self:
        if self.votes_for + self.votes_against == 0:
            raise ValueError("nobody voted; give the votes")
        return self


class InspectionIn(BaseModel):
    """What was found when somebody looked back at it."""

    model_config = ConfigDict(extra="forbid")

    passed: bool
    note: Note


class SatisfactionIn(BaseModel):
    """What the people it is about think of it."""

    model_config = ConfigDict(extra="forbid")

    score: int = Field(ge=1, le=5)
    note: PlainText = Field("", max_length=1000)

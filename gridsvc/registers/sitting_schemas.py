"""What goes over HTTP of mediation and deliberation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.events.life_schemas import Rate
from gridsvc.events.life_schemas import Window as Span
from gridsvc.plain_text import PlainText
from gridsvc.registers.schemas import ClientKey, Code, Day, Division, Name, RegisterDeed

Key = Annotated[int, Field(ge=1, le=2**63 - 1)]
Words = Annotated[PlainText, Field(min_length=1, max_length=4000)]
Votes = Annotated[int, Field(ge=0, le=100_000)]
MediationState = Literal["OPEN", "SETTLED", "FAILED"]


class PartyIn(BaseModel):
    """Somebody on a side of a dispute."""

    model_config = ConfigDict(extra="forbid")

    name: PlainText = Field(min_length=1, max_length=50, description="stored sealed, shown masked")
    phone: Annotated[PlainText, Field(min_length=5, max_length=20)] | None = None


class MediationIn(BaseModel):
    """A dispute that a group takes in."""

    model_config = ConfigDict(extra="forbid")

    division: Division = Field(description="where it is")
    group: Key = Field(description="who mediates it")
    kind: Code = Field(examples=["邻里纠纷"])
    subject: Words = Field(description="what it is about; stored sealed")
    parties: list[PartyIn] = Field(min_length=2, max_length=50)
    client_key: ClientKey


class MediationResultIn(BaseModel):
    """How a mediation ended."""

    model_config = ConfigDict(extra="forbid")

    settled: bool
    result: Words = Field(description="what was agreed, or why nothing was; stored sealed")


class MediationOut(BaseModel):
    """A mediation as anybody at the desk sees it: nobody is named."""

    id: int
    division: str
    group: int
    group_name: str
    level: str
    kind: str
    state: MediationState
    raised: int = Field(description="how often it was passed up")
    parties: list[str] = Field(description="masked")
    opened_at: datetime
    closed_at: datetime | None


class MediationWithHistory(MediationOut):
    """A mediation with all that was done."""

    history: list[RegisterDeed]


class MediationPage(BaseModel):
    """Some mediations, newest first, and how many there are."""

    mediations: list[MediationOut]
    total: int


class PartyInFull(BaseModel):
    """Somebody on a side of a dispute, by name."""

    name: str
    phone: str | None


class MediationInFull(BaseModel):
    """What a mediation is about and whom; every reading is recorded."""

    subject: str
    result: str | None
    parties: list[PartyInFull]


class LevelFigures(BaseModel):
    """Mediations that are, or ended, at a level."""

    level: str
    taken: int
    settled: int
    failed: int


class MediationFigures(BaseModel):
    """Mediations taken in within a span: how many are settled, and how many where they began."""

    span: Span
    settled: Rate
    not_raised: Rate = Field(description="of those settled, where they were taken in")
    levels: list[LevelFigures]


class MotionIn(BaseModel):
    """A motion and its votes."""

    model_config = ConfigDict(extra="forbid")

    proposal: Words
    votes_for: Votes
    votes_against: Votes
    abstained: Votes = 0
    event: Key | None = Field(None, description="the event it is about")

    @property
    def votes(self) -> int:
        """How many voted or abstained."""
        return self.votes_for + self.votes_against + self.abstained


class DeliberationIn(BaseModel):
    """A meeting of a group, with what was moved and how it was voted."""

    model_config = ConfigDict(extra="forbid")

    group: Key
    title: Name
    held_on: Day
    invited: int = Field(ge=1, le=100_000)
    attended: int = Field(ge=1, le=100_000)
    motions: list[MotionIn] = Field(default=[], max_length=100)
    client_key: ClientKey

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.attended > self.invited:
            raise ValueError("more came than were invited; count those invited again")
        for number, motion in enumerate(self.motions, 1):
            if motion.votes > self.attended:
                raise ValueError(f"motion {number} has more votes than people who came")
            if not motion.votes:
                raise ValueError(f"nobody voted on motion {number}; give the votes")
        return self


class MotionOut(MotionIn):
    """A motion, its votes, and whether it was adopted: more for it than against it."""

    number: int
    adopted: bool


class DeliberationOut(BaseModel):
    """A meeting of a group."""

    id: int
    division: str
    group: int
    group_name: str
    title: str
    held_on: date
    participation: Rate
    motions: list[MotionOut]


class DeliberationPage(BaseModel):
    """Some meetings, latest first, and how many there are."""

    deliberations: list[DeliberationOut]
    total: int

"""What goes over HTTP of standards and of what was found."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.codes import DIGITS
from gridsvc.events.life_schemas import Rate
from gridsvc.plain_text import PlainText
from gridsvc.registers.schemas import MOST_AT_ONCE, Code, Day, Division, Name

Subject = Literal["division", "grid", "micro_grid", "group"]


class StandardItem(BaseModel):
    """Something a standard asks for."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(examples=["strong-team"])
    name: Name = Field(examples=["队伍强"])
    part: PlainText = Field(
        "", max_length=64, examples=["三强"], description="what it is shown under"
    )


class StandardIn(BaseModel):
    """A checklist for cells, groups or divisions."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    code: Code = Field(description="the same again changes the standard")
    name: Name = Field(examples=["三强三有三统一"])
    subject: Subject
    kind: Code | None = Field(
        None, description="level of divisions, kind of groups or cells; none = all of them"
    )
    items: list[StandardItem] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        codes = [one.code for one in self.items]
        if len(set(codes)) < len(codes):
            raise ValueError("two items have the same code; give each its own")
        if self.subject == "division" and self.kind not in DIGITS:
            raise ValueError(f"kind says which divisions: one of {', '.join(DIGITS)}")
        return self


class StandardOut(BaseModel):
    """A standard as it is."""

    id: int
    division: str
    code: str
    name: str
    subject: Subject
    kind: str | None
    items: list[StandardItem]


class FindingIn(BaseModel):
    """Whether a subject meets an item."""

    model_config = ConfigDict(extra="forbid")

    subject: PlainText = Field(
        min_length=1,
        max_length=80,
        description="code of the division or cell; of a group: division/code",
    )
    item: Code
    met: bool
    note: PlainText = Field("", max_length=1000, description="needed where it is not met")

    @model_validator(mode="after")
    def _said_why(self) -> Self:
        if not self.met and not self.note.strip():
            raise ValueError("say in the note what is missing")
        return self


class FindingsIn(BaseModel):
    """What was found on a day, all or none."""

    model_config = ConfigDict(extra="forbid")

    found_on: Day
    findings: list[FindingIn] = Field(min_length=1, max_length=MOST_AT_ONCE * 2)


class ItemResult(BaseModel):
    """How many of the subjects meet an item."""

    code: str
    part: str
    rate: Rate


class SubjectResult(BaseModel):
    """A subject that does not meet the standard: items not met, and items nobody looked at."""

    code: str
    name: str
    unmet: list[str]
    unseen: list[str]


class StandardResult(BaseModel):
    """How many of all the subjects met all of a standard on a day; who was not seen does not."""

    standard: StandardOut
    on: date
    rate: Rate
    items: list[ItemResult]
    short_of_it: list[SubjectResult] = Field(description="those that do not, up to the limit")

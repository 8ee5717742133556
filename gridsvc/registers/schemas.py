"""What goes over HTTP of groups, and what every register's schemas are made of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.events.life_schemas import Rate
from gridsvc.plain_text import PlainText

Code = Annotated[PlainText, Field(min_length=1, max_length=64)]
Name = Annotated[PlainText, Field(min_length=1, max_length=200)]
Line = Annotated[PlainText, Field(min_length=1, max_length=1000)]
Division = Annotated[PlainText, Field(pattern=r"^[0-9]{12}$", examples=["320104000000"])]
ClientKey = Annotated[
    PlainText,
    Field(
        min_length=1,
        max_length=100,
        description="chosen by the client; the same key and body are the same thing",
    ),
]
Day = Annotated[date, Field(ge=date(1949, 10, 1), lt=date(2100, 1, 1))]
#: Entries that are taken at a time, all or none.
MOST_AT_ONCE = 1000


class CountIn(BaseModel):
    """A count that a place or group tells of itself."""

    code: Annotated[PlainText, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    label: Annotated[PlainText, Field(min_length=1, max_length=100)]
    number: int = Field(ge=0, le=10**12)
    at_least: bool = Field(default=False, description="only a bound is known: 余")


class Period(BaseModel):
    """From a day on, and to a day if it ended."""

    model_config = ConfigDict(extra="forbid")

    begins: Day
    ends: Day | None = Field(None, description="first day on which it is over; none = goes on")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends is not None and self.ends <= self.begins:
            raise ValueError("it ends before it begins; give ends after begins, or leave it out")
        return self


class MemberIn(Period):
    """Somebody in a group."""

    person: Code
    duty: Code = Field("成员", examples=["队长"])


class GroupRef(BaseModel):
    """A group by its division and code."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    code: Code


class GroupIn(Period):
    """A group as it is from a day on; a later day leaves the past as it was."""

    division: Division
    code: Code = Field(description="with the same first day: changes it; with a later one: follows")
    kind: Code = Field(examples=["volunteer_team", "centre", "studio", "council", "crew"])
    name: Name = Field(examples=["邱哥工作室"])
    level: Code = Field(examples=["village"], description="whatever levels the place has")
    parent: GroupRef | None = None
    areas: list[Code] = Field(
        default=[],
        max_length=MOST_AT_ONCE,
        description="codes of divisions, grids and micro-grids it serves; none = its division",
    )
    counts: list[CountIn] = Field(default=[], max_length=50)
    members: list[MemberIn] = Field(default=[], max_length=MOST_AT_ONCE)


class GroupsIn(BaseModel):
    """Groups to set, all or none."""

    model_config = ConfigDict(extra="forbid")

    groups: list[GroupIn] = Field(min_length=1, max_length=MOST_AT_ONCE)

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        keys = [(one.division, one.code) for one in self.groups]
        if len(set(keys)) < len(keys):
            raise ValueError("a group comes twice; tell each once")
        return self


class RegisterSet(BaseModel):
    """Numbers of what was set, in the order it was sent."""

    ids: list[int]


class HowMany(BaseModel):
    """How many were set."""

    how_many: int


class GroupOut(BaseModel):
    """A group as it was on the day asked for."""

    id: int
    division: str
    code: str
    kind: str
    name: str
    level: str
    parent: GroupRef | None
    counts: list[CountIn]
    areas: list[str]
    members: int = Field(description="people in it on that day")
    begins: date
    ends: date | None


class GroupPage(BaseModel):
    """Some groups, how many there are in all, and how many on each level."""

    groups: list[GroupOut]
    total: int
    by_level: dict[str, int]


class MemberOut(BaseModel):
    """Somebody in a group; where they belong if they are posted to it from elsewhere."""

    person: str | None = Field(description="code; none where they are beyond the caller's areas")
    duty: str
    home_unit: str | None = Field(description="unit that pays them that day (派驻)")
    begins: date
    ends: date | None


class RegisterDeed(BaseModel):
    """Something that was done."""

    deed: str
    actor: str
    note: str
    at: datetime


class GroupInFull(GroupOut):
    """A group with who is in it on the day, and what was done."""

    people: list[MemberOut]
    history: list[RegisterDeed]


class Covered(BaseModel):
    """A division or cell, and by how many groups it is served."""

    code: str
    name: str
    groups: int


class GroupCoverage(BaseModel):
    """Which divisions of a level, or cells, are served by groups of a kind on a day."""

    kind: str
    of: str
    on: date
    rate: Rate
    uncovered: list[Covered]
    covered: list[Covered]

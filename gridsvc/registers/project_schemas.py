"""What goes over HTTP of projects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gridsvc.events.life_schemas import Rate
from gridsvc.geo import Datum
from gridsvc.people.schemas import LatIn, LonIn
from gridsvc.plain_text import PlainText
from gridsvc.registers.schemas import (
    MOST_AT_ONCE,
    ClientKey,
    Code,
    Day,
    Division,
    Line,
    Name,
    Period,
    RegisterDeed,
)

Key = Annotated[int, Field(ge=1, le=2**63 - 1)]
Year = Annotated[int, Field(ge=2000, le=2099, examples=[2026])]


class ProjectRole(BaseModel):
    """A role that somebody has in each project."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(examples=["officer"])
    name: Name = Field(examples=["护航警官"])
    needed: bool = Field(True, description="a project without one is not complete")


class ProjectQuota(BaseModel):
    """What each project owes a year."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(examples=["items"])
    name: Name = Field(examples=["办实事"])
    least: int = Field(ge=1, le=10**6)


class ProjectProgrammeIn(BaseModel):
    """What projects of a sort have: roles, and what is owed each year."""

    model_config = ConfigDict(extra="forbid")

    division: Division
    code: Code = Field(description="the same again changes the programme")
    name: Name = Field(examples=["双结对双提升"])
    roles: list[ProjectRole] = Field(default=[], max_length=20)
    quotas: list[ProjectQuota] = Field(default=[], max_length=20)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for named in (self.roles, self.quotas):
            codes = [one.code for one in named]
            if len(set(codes)) < len(codes):
                raise ValueError("two roles or quotas have the same code; give each its own")
        return self


class ProjectProgrammeOut(ProjectProgrammeIn):
    """A programme as it is."""

    id: int


class HolderIn(Period):
    """Who has a role, from a day on: exactly one of person, unit, group and name."""

    role: Code
    person: Code | None = Field(None, description="code of a grid worker, liaison or officer")
    unit: Code | None = None
    group: Key | None = None
    name: Annotated[PlainText, Field(min_length=1, max_length=50)] | None = Field(
        None, description="of somebody who is not in the register; stored sealed, shown masked"
    )

    @model_validator(mode="after")
    def _one_of_four(self) -> Self:
        told = [one for one in (self.person, self.unit, self.group, self.name) if one is not None]
        if len(told) != 1:
            raise ValueError("give exactly one of person, unit, group and name")
        return self


class ProjectIn(Period):
    """A project of a programme."""

    programme: Key
    division: Division
    code: Code = Field(description="the same again changes the project")
    name: Name
    ring: list[tuple[LonIn, LatIn]] | None = Field(
        None, min_length=3, max_length=1000, description="border of its ground"
    )
    datum: Datum | None = Field(None, description="datum of the ring; there is no default")
    holders: list[HolderIn] = Field(default=[], max_length=100)

    @model_validator(mode="after")
    def _of_a_datum(self) -> Self:
        if (self.ring is None) != (self.datum is None):
            raise ValueError("give ring and datum together, or neither")
        return self


class ProjectsIn(BaseModel):
    """Projects to set, all or none."""

    model_config = ConfigDict(extra="forbid")

    projects: list[ProjectIn] = Field(min_length=1, max_length=MOST_AT_ONCE)

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        keys = [(one.programme, one.division, one.code) for one in self.projects]
        if len(set(keys)) < len(keys):
            raise ValueError("a project comes twice; tell each once")
        return self


class ProjectOut(BaseModel):
    """A project, in short."""

    id: int
    programme: int
    division: str
    code: str
    name: str
    begins: date
    ends: date | None
    geometry: dict[str, Any] | None = Field(description="GeoJSON Polygon, WGS-84")


class ProjectPage(BaseModel):
    """Some projects and how many there are."""

    projects: list[ProjectOut]
    total: int


class HolderOut(BaseModel):
    """Who has a role on the day asked for."""

    role: str
    person: str | None
    unit: str | None
    group: int | None
    name: str | None = Field(description="masked")
    begins: date
    ends: date | None


class QuotaDone(BaseModel):
    """How much of a quota was done in the year."""

    code: str
    name: str
    done: int
    least: int
    reached: bool


class ProjectEntryOut(BaseModel):
    """Something that was done."""

    id: int
    quota: str | None
    amount: int
    done_on: date
    note: str
    file_ref: str | None
    actor: str
    at: datetime


class ProjectInFull(ProjectOut):
    """A project with who answers for it, its entries and what they come to in the day's year."""

    complete: bool = Field(description="whether somebody has every needed role")
    holders: list[HolderOut]
    quotas: list[QuotaDone]
    entries: list[ProjectEntryOut]
    history: list[RegisterDeed]


class ProjectEntryIn(BaseModel):
    """Something that was done."""

    model_config = ConfigDict(extra="forbid")

    quota: Code | None = Field(None, description="code of one of the programme's quotas")
    amount: int = Field(1, ge=1, le=10**6)
    done_on: Day
    note: Line
    file_ref: Name | None = Field(None, description="where its file lies (档案号)")
    client_key: ClientKey


class ProjectScoreIn(BaseModel):
    """What the place thinks of a unit's part in a year, in points of 100."""

    model_config = ConfigDict(extra="forbid")

    unit: Code
    year: Year
    score: float = Field(ge=0, le=100, allow_inf_nan=False)
    note: PlainText = Field("", max_length=1000)


class HolderName(BaseModel):
    """The full name of somebody who has a role."""

    role: str
    name: str


class HolderNames(BaseModel):
    """Full names of those who have a role; every reading is recorded."""

    names: list[HolderName]


class UnitScore(BaseModel):
    """What places think of a unit: mean of their scores, and how many there are."""

    unit: str
    mean: float
    scores: int


class ProgrammeFigures(BaseModel):
    """A programme in a year: who takes part, how much is complete, how much of what is owed."""

    programme: int
    year: int
    projects: int
    holders: dict[str, int] = Field(description="different ones of each role")
    complete: Rate
    quotas: list[Rate] = Field(description="projects that reached each")
    scores: list[UnitScore]

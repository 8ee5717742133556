"""What the mandates room sends over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from gridsvc.mandates.lists import DelegatedPower, DispatchPolicy, Duty, Limit, Version


class MatterNode(BaseModel):
    """A matter, with what is in it."""

    code: str = Field(examples=["E01"])
    name: str = Field(examples=["市容环境"])
    kind: str = Field(examples=["grid"])
    power_code: str | None = Field(examples=["CG01"])
    valid_to: date | None = Field(description="day from which nothing is reported under it")
    matters: list[MatterNode] = Field(description="sub-matters, by code")


class MatterTree(BaseModel):
    """The matters of a day, as a tree."""

    day: date
    matters: list[MatterNode]


class MatterOut(BaseModel):
    """Who may and who must act in a matter, how and by when, on a day."""

    day: date
    code: str = Field(examples=["E0101"])
    name: str = Field(examples=["私搭乱建"])
    classes: list[str] = Field(description="codes of the classes it is in, narrowest first")
    kind: str = Field(examples=["enforcement"])
    power_code: str | None
    limits: list[Limit] = Field(description="by stage; inherited from a class where it has none")
    policy: DispatchPolicy
    duties: list[Duty]
    powers: list[DelegatedPower] = Field(description="whence the division has the power needed")
    power_missing: str | None = Field(description="why the division may not act, if it may not")


class UnitOut(BaseModel):
    """A department, street office, centre, enterprise or team."""

    code: str = Field(examples=["CGJ"])
    name: str = Field(examples=["望溪县城市管理局"])
    kind: str
    level: str
    parent_code: str | None
    division_code: str
    valid_from: date
    valid_to: date | None


class CalendarDays(BaseModel):
    """Days from one to another that are alike."""

    first: date
    last: date
    kind: str = Field(description="hours, off or make_up")
    name: str
    hours: str | None = Field(examples=["08:30-12:00;14:00-17:30"])


class CalendarOut(BaseModel):
    """The working calendar of a division, and the version it comes from."""

    version: Version
    days: list[CalendarDays]


class VersionsPage(BaseModel):
    """Some versions of lists and how many there are."""

    versions: list[Version]
    total: int


class VersionOut(BaseModel):
    """A version of a list with its entries, or some of them."""

    version: Version
    entries: list[dict[str, Any]]


class Difference(BaseModel):
    """What two versions say of the same; none before = added, none after = taken out."""

    key: list[str | int | None]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Differences(BaseModel):
    """What one version of a list changed in another."""

    before: Version
    after: Version
    differences: list[Difference]

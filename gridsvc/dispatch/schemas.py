"""What the dispatch room sends over HTTP."""

from __future__ import annotations

from pydantic import BaseModel, Field


class NearestPerson(BaseModel):
    """A person who could take an event here, with the reason for their place."""

    rank: int = Field(examples=[1])
    code: str = Field(examples=["EO0003"])
    name: str = Field(examples=["李*"], description="masked")
    role: str = Field(examples=["officer"])
    distance_m: float | None = Field(examples=[350.2], description="straight line, metres")
    own_grid: bool
    reason: str = Field(examples=["执法人员，在岗，直线距离 350 米，在办 1/3"])


class Nearest(BaseModel):
    """Ranked candidates for a matter at a point; without any, why."""

    matter: str
    division_code: str
    grid_code: str
    candidates: list[NearestPerson]
    shortfall: str | None = Field(description="why there is nobody, if there is nobody")

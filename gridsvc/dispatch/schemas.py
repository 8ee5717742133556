"""What the dispatch room sends over HTTP."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gridsvc.plain_text import PlainText


class NearestPerson(BaseModel):
    """A person who could take an event here, with the reason for their place."""

    rank: int = Field(examples=[1])
    code: str = Field(examples=["EO0003"])
    name: str = Field(examples=["李*"], description="masked")
    role: str = Field(examples=["officer"])
    distance_m: float | None = Field(examples=[350.2], description="straight line, metres")
    road_m: float | None = Field(examples=[480.0], description="way by road, metres")
    eta_s: float | None = Field(
        examples=[132.5], description="seconds to the event; none where no way is known"
    )
    by: Literal["road", "line", "none"] = Field(description="what the seconds go by")
    own_grid: bool
    reason: str = Field(
        examples=["执法人员，在岗，骑行约 2.2 分钟（道路 480 米，直线 350 米），在办 1/3"]
    )


class PassedOverPerson(BaseModel):
    """A person near who may not take it, and why."""

    code: str
    name: str = Field(description="masked")
    role: str
    distance_m: float = Field(description="straight line, metres")
    why: str = Field(examples=["off_duty"])
    reason: str = Field(examples=["不在岗"])


class Nearest(BaseModel):
    """Ranked candidates for a matter at a point; without any, why."""

    matter: str
    division_code: str
    grid_code: str
    mode: Literal["walk", "ebike", "car"] = Field(description="how they would travel")
    candidates: list[NearestPerson]
    passed_over: list[PassedOverPerson] = Field(description="of the nearest, who may not and why")
    shortfall: str | None = Field(description="why there is nobody, if there is nobody")


class OverrideIn(BaseModel):
    """A dispatcher's choice of somebody for an event."""

    model_config = ConfigDict(extra="forbid")

    person: PlainText = Field(min_length=1, max_length=64, examples=["EO0003"])
    reason: PlainText = Field(min_length=1, max_length=500, examples=["熟悉该路段商户"])
    instead_of: PlainText | None = Field(
        None,
        max_length=64,
        description="who has the event as the dispatcher sees it; none = nobody",
    )

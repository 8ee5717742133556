"""What the roads room takes and sends over HTTP."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from gridsvc.geo import Datum
from gridsvc.plain_text import PlainText
from gridsvc.roads.conditions import LEAST_FACTOR, MOST_FACTOR
from gridsvc.roads.modes import MODES, Mode

Reason = Annotated[PlainText, Field(min_length=1, max_length=500)]
_Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
_Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
#: Vertices that each shape needs.
_FEWEST = {"point": 1, "line": 2, "area": 3}


class ShapeIn(BaseModel):
    """Where: a point on a road, a line along roads, or an area whose roads are meant."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["point", "line", "area"]
    points: list[tuple[_Lon, _Lat]] = Field(
        min_length=1, max_length=1000, description="longitude, latitude; an area need not close"
    )
    datum: Datum = Field(description="datum of the points; there is no default")

    @model_validator(mode="after")
    def _enough(self) -> Self:
        fewest = _FEWEST[self.kind]
        if len(set(self.points)) < fewest or (self.kind == "point" and len(self.points) > 1):
            raise ValueError(f"a {self.kind} has {fewest} different points, or more if it is none")
        return self


class ConditionIn(BaseModel):
    """Roads that are closed, or slow; named by shape, way or class, or by several at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "division": "390121000000",
                    "shape": {
                        "kind": "line",
                        "points": [[118.7812, 32.0413], [118.7846, 32.0415]],
                        "datum": "gcj02",
                    },
                    "modes": ["car"],
                    "reason": "福樟路给水管道抢修，机动车绕行",
                    "client_key": "2f0f61a2-7d0b-4b5b-b2f5-0f3b2d5f8c10",
                }
            ]
        },
    )

    division: str = Field(pattern=r"^[0-9]{12}$", description="county, street or community")
    shape: ShapeIn | None = None
    way: int | None = Field(
        None, ge=0, lt=2**63, description="number of a way in the source of the graph"
    )
    road_class: PlainText | None = Field(
        None, max_length=40, description="OpenStreetMap's class, slip roads included"
    )
    modes: list[Mode] = Field(default_factory=lambda: list(MODES), min_length=1, max_length=3)
    factor: float | None = Field(
        None,
        gt=LEAST_FACTOR,
        le=MOST_FACTOR,
        allow_inf_nan=False,
        description="times as long as usual; none = closed",
    )
    days: list[Annotated[int, Field(ge=1, le=7)]] | None = Field(
        None, min_length=1, max_length=7, description="1 = Monday; none = every day"
    )
    hours_from: time | None = Field(None, description="of those days, China Standard Time")
    hours_to: time | None = None
    valid_from: AwareDatetime | None = Field(None, description="none = now")
    valid_to: AwareDatetime | None = Field(None, description="none = until it is lifted")
    reason: Reason
    client_key: PlainText = Field(
        min_length=1,
        max_length=100,
        description="chosen by the client; the same key and body give the same condition",
    )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.shape is None and self.way is None and self.road_class is None:
            raise ValueError("say which roads: by shape, way or road_class")
        if (self.hours_from is None) != (self.hours_to is None):
            raise ValueError("give hours_from and hours_to, or neither")
        for hour in (self.hours_from, self.hours_to):
            if hour is not None and hour.tzinfo is not None:
                raise ValueError("hours are China Standard Time; leave the offset out")
        if self.hours_from and self.hours_to and self.hours_to <= self.hours_from:
            raise ValueError("hours end after they begin; give the hours past midnight apart")
        return self


class LiftIn(BaseModel):
    """Why a condition is over."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[PlainText, Field(max_length=500)] = ""


class ConditionOut(BaseModel):
    """Roads closed, or slow, as the desk sees them."""

    id: UUID
    division_code: str
    geometry: dict[str, Any] | None = Field(description="GeoJSON, WGS-84")
    way: int | None
    road_class: str | None
    modes: list[Mode]
    factor: float | None = Field(description="times as long as usual; none = closed")
    days: list[int] | None
    hours_from: time | None
    hours_to: time | None
    valid_from: datetime
    valid_to: datetime | None
    reason: str
    edges: int = Field(description="pieces of road hit when it was added")
    lifted_at: datetime | None
    in_force: bool


class ConditionPage(BaseModel):
    """Conditions, the newest first."""

    conditions: list[ConditionOut]


class ConditionChange(BaseModel):
    """What was done to a condition."""

    change: Literal["added", "lifted"]
    note: str
    actor: str
    at: datetime


class ConditionHistory(BaseModel):
    """Everything that was done to a condition, in order."""

    changes: list[ConditionChange]


class GraphOut(BaseModel):
    """The road graph of a county."""

    division_code: str
    source: str = Field(examples=["nanjing.osm.pbf"])
    made_at: datetime
    summary: dict[str, Any] = Field(description="nodes, edges, km by mode, what was left out")


class Graphs(BaseModel):
    """Road graphs in force, by county."""

    graphs: list[GraphOut]

"""What is sent over HTTP of an area's figures: its children, its course, and the cases behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from gridsvc.events.life_schemas import Figures, Window
from gridsvc.events.states import State


class Place(BaseModel):
    """A division by name."""

    code: str
    name: str
    level: str


class ChildFigures(Place):
    """A division below, with its border and its figures."""

    outline: dict[str, Any] | None = Field(description="GeoJSON, WGS-84; none = not drawn yet")
    figures: Figures


class Overview(BaseModel):
    """Figures of an area and of those right below it, all of one window."""

    place: Place
    above: list[Place] = Field(description="divisions it lies in, highest first")
    figures: Figures
    children: list[ChildFigures]


class Course(BaseModel):
    """Figures of windows that follow each other, first to last."""

    windows: list[Figures]


class Case(BaseModel):
    """An event that a figure counted; of a stage, one of its limits."""

    id: int
    state: State
    matter: str
    division: str
    description: str
    received_at: datetime
    step: str = Field(description="of the stage, where it has several limits")
    due_at: datetime | None
    done_at: datetime | None


class Cases(BaseModel):
    """A page of what a figure counted; `total` is the figure."""

    window: Window
    total: int
    cases: list[Case]

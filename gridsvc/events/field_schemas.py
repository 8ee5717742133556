"""What a field worker's phone shows of their own day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from gridsvc.events.states import State


class FieldTask(BaseModel):
    """An event in somebody's hands; coordinates are WGS-84."""

    id: int
    state: State
    matter: str
    description: str
    lon: float
    lat: float
    micro_grid_code: str
    division_name: str
    captured_at: datetime
    received_at: datetime
    due_at: datetime | None = Field(description="of what is due first; none = no limit")
    photo_after: bool = Field(description="whether it is handled only when a photo shows it")
    photos: list[int] = Field(description="ids of what was seen when it was reported")
    voices: int


class FieldCell(BaseModel):
    """A micro-grid somebody answers for."""

    code: str
    grid_code: str
    division_name: str
    kind: str
    households: int
    outline: dict[str, Any] = Field(description="GeoJSON, WGS-84")


class FieldDay(BaseModel):
    """Somebody's own day: duty, what they have in hand, their cells."""

    login: str
    person: str
    on_duty: bool
    csrf: str | None = Field(description="what unsafe requests of this browser session repeat")
    tasks: list[FieldTask]
    cells: list[FieldCell]

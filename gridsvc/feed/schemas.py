"""What the live stream tells."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Kind = Literal["event", "move", "assignment", "position"]
#: Kinds that are moves of events, for who may see these.
OF_EVENTS: frozenset[Kind] = frozenset({"event", "move", "assignment"})


class Change(BaseModel):
    """A move of an event: reported (``event``), given to somebody (``assignment``) or another."""

    event_id: int
    from_state: str | None
    to_state: str
    matter: str
    division_code: str
    grid_code: str
    micro_grid_code: str
    lon: float = Field(description="degrees, WGS-84")
    lat: float = Field(description="degrees, WGS-84")
    handler: str | None = Field(description="code of who has it, of an assignment only")
    handler_name: str | None = Field(description="masked")
    at: datetime

    @property
    def kind(self) -> Kind:
        """What the stream calls it."""
        if self.from_state is None:
            return "event"
        return "assignment" if self.to_state == "DISPATCHED" else "move"


class Seen(BaseModel):
    """Where somebody on duty was seen last: the micro-grid, and the place if it was asked for."""

    person: str
    name: str = Field(description="masked")
    role: str
    division_code: str
    micro_grid_code: str | None = Field(description="none outside every micro-grid in force")
    lon: float | None = Field(description="degrees, WGS-84; only with a purpose")
    lat: float | None = Field(description="degrees, WGS-84; only with a purpose")
    captured_at: datetime

    def coarse(self) -> Seen:
        """The same without the place."""
        return self.model_copy(update={"lon": None, "lat": None})

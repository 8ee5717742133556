"""What goes over HTTP about maps."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from gridsvc.codes import checked
from gridsvc.maps.asking import Asked
from gridsvc.maps.circles import Nearness
from gridsvc.maps.themes import NAMES, chosen
from gridsvc.roads.modes import Mode

#: Metres that may count as near a service point.
LEAST_M, MOST_M = 50, 10_000
_PERIOD = r"^\d{4}-\d{2}-\d{2}/\d{4}-\d{2}-\d{2}$"
Period = Annotated[str | None, Field(pattern=_PERIOD)]


class CoverageQuery(BaseModel):
    """What a coverage map is asked for."""

    division: Annotated[
        str | None, Field(max_length=20, description="12-digit code; none = all that is planned")
    ] = None
    layers: Annotated[
        str | None, Field(max_length=300, description=f"Any of {', '.join(NAMES)}, comma between")
    ] = None
    mode: Annotated[Mode, Field(description="How people travel, for reach")] = Mode.EBIKE
    days: Annotated[int, Field(ge=1, le=3660, description="Window of events, in days")] = 90
    matter: Annotated[
        str | None, Field(min_length=1, max_length=64, description="Matter or class of events")
    ] = None
    radius_m: Annotated[
        int, Field(ge=LEAST_M, le=MOST_M, description="Metres to a service point")
    ] = 500
    on_foot: Annotated[bool, Field(description="Metres on foot by road, not straight")] = False
    period: Annotated[Period, Field(description="Days of change, 2026-09-01/2026-09-30")] = None
    before: Annotated[Period, Field(description="Days it is compared with")] = None

    group: Annotated[
        str | None, Field(min_length=1, max_length=64, description="Kind of groups, for groups")
    ] = None

    @property
    def code(self) -> str | None:
        """The division, checked."""
        return None if self.division is None else checked(self.division)

    def as_asked(self) -> Asked:
        """The same as the service takes it."""
        return Asked(
            chosen(self.layers),
            self.mode,
            self.days,
            self.matter,
            Nearness(self.radius_m, self.on_foot),
            self.period,
            self.before,
            self.group,
        )

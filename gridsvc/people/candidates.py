"""What an event asks of a person, and a person who may take it; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Need:
    """What an event asks of the person who takes it.

    Attributes
    ----------
    role
        grid_worker or officer.
    power_code
        Power the person must hold, none where the matter needs none.
    low, high
        Half-open range of division codes the person must be attached within.
    grid_id
        Grid whose own workers come first, none where ownership does not count.
    """

    role: str
    power_code: str | None
    low: str
    high: str
    grid_id: int | None


@dataclass(frozen=True)
class Candidate:
    """A person who may take an event: on duty, competent, below capacity; the name is masked."""

    person_id: int
    code: str
    name: str
    role: str
    distance_m: float | None
    own_grid: bool
    open_count: int
    capacity: int

"""The states a small repair can be in and the moves between them; pure."""

from __future__ import annotations

from enum import StrEnum

from gridsvc.errors import Conflict


class RepairState(StrEnum):
    """State of a small repair."""

    CALLED = "CALLED"
    SURVEYED = "SURVEYED"
    BOOKED = "BOOKED"
    DONE = "DONE"
    SETTLED = "SETTLED"
    CANCELLED = "CANCELLED"


#: A crew may be booked anew; what is done is only paid.
MOVES: dict[RepairState, frozenset[RepairState]] = {
    RepairState.CALLED: frozenset({RepairState.SURVEYED, RepairState.CANCELLED}),
    RepairState.SURVEYED: frozenset({RepairState.BOOKED, RepairState.CANCELLED}),
    RepairState.BOOKED: frozenset({RepairState.BOOKED, RepairState.DONE, RepairState.CANCELLED}),
    RepairState.DONE: frozenset({RepairState.SETTLED}),
    RepairState.SETTLED: frozenset(),
    RepairState.CANCELLED: frozenset(),
}


def check(now: RepairState, then: RepairState) -> None:
    """Refuse a move that the table does not allow.

    Raises
    ------
    Conflict
    """
    if then not in MOVES[now]:
        allowed = ", ".join(sorted(MOVES[now])) or "nowhere"
        raise Conflict(f"a repair that is {now} cannot become {then}; it may go to: {allowed}")

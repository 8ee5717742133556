"""The states a work order can be in and the moves between them; pure."""

from __future__ import annotations

from enum import StrEnum

from gridsvc.errors import Conflict
from gridsvc.events.states import IN_HAND, State


class OrderState(StrEnum):
    """State of a work order."""

    ISSUED = "ISSUED"
    PLANNED = "PLANNED"
    DONE = "DONE"
    VERIFIED = "VERIFIED"


#: A plan may be drawn anew; what did not pass goes back to it.
MOVES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.ISSUED: frozenset({OrderState.PLANNED}),
    OrderState.PLANNED: frozenset({OrderState.PLANNED, OrderState.DONE}),
    OrderState.DONE: frozenset({OrderState.PLANNED, OrderState.VERIFIED}),
    OrderState.VERIFIED: frozenset(),
}


def check(now: OrderState, then: OrderState) -> None:
    """Refuse a move that the table does not allow.

    Raises
    ------
    Conflict
    """
    if then not in MOVES[now]:
        allowed = ", ".join(sorted(MOVES[now])) or "nowhere"
        raise Conflict(f"a work order that is {now} cannot become {then}; it may go to: {allowed}")


def way_to_closing(now: State) -> list[State]:
    """Moves by which an event is closed whose work order was verified.

    Raises
    ------
    Conflict
        If it is in no state to be closed.
    """
    if now in IN_HAND:
        return [State.HANDLED, State.VERIFIED, State.CLOSED]
    left = {
        State.HANDLED: [State.VERIFIED, State.CLOSED],
        State.VERIFIED: [State.CLOSED],
        State.CLOSED: [],
    }
    if now not in left:
        raise Conflict(f"its event is {now}; give it to somebody first, so that it can be closed")
    return left[now]

"""The states an event can be in and the moves between them.

After GB/T 30428.8 (立案 派遣 处置 核查 结案) with acceptance and arrival between dispatch and
handling. The database holds the same table of moves and refuses any other.
"""

from __future__ import annotations

from enum import StrEnum

from gridsvc.errors import Conflict


class State(StrEnum):
    """State of an event."""

    REPORTED = "REPORTED"
    FILED = "FILED"
    DISPATCHED = "DISPATCHED"
    ACCEPTED = "ACCEPTED"
    ON_SITE = "ON_SITE"
    HANDLED = "HANDLED"
    VERIFIED = "VERIFIED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"
    RETURNED = "RETURNED"
    SUSPENDED = "SUSPENDED"
    REOPENED = "REOPENED"


#: From each state, where an event may go.
MOVES: dict[State, frozenset[State]] = {
    State.REPORTED: frozenset({State.FILED, State.REJECTED}),
    State.FILED: frozenset({State.DISPATCHED, State.SUSPENDED, State.REJECTED}),
    State.DISPATCHED: frozenset(
        {State.ACCEPTED, State.ON_SITE, State.HANDLED, State.RETURNED, State.SUSPENDED}
    ),
    State.ACCEPTED: frozenset({State.ON_SITE, State.HANDLED, State.RETURNED, State.SUSPENDED}),
    State.ON_SITE: frozenset({State.HANDLED, State.RETURNED, State.SUSPENDED}),
    State.HANDLED: frozenset({State.VERIFIED, State.RETURNED}),
    State.VERIFIED: frozenset({State.CLOSED}),
    State.CLOSED: frozenset({State.REOPENED}),
    State.REJECTED: frozenset({State.REOPENED}),
    State.RETURNED: frozenset({State.DISPATCHED, State.SUSPENDED}),
    State.SUSPENDED: frozenset({State.REOPENED}),
    State.REOPENED: frozenset({State.DISPATCHED, State.SUSPENDED}),
}

#: States in which an event waits for somebody to take it.
WAITING = frozenset({State.FILED, State.RETURNED, State.REOPENED})
#: States in which an event counts against its handler's capacity.
IN_HAND = frozenset({State.DISPATCHED, State.ACCEPTED, State.ON_SITE})


def check(now: State, then: State) -> None:
    """Refuse a move that the table does not allow.

    Raises
    ------
    Conflict
        If an event in state `now` may not go to `then`; the message names where it may go.
    """
    if then not in MOVES[now]:
        allowed = ", ".join(sorted(MOVES[now])) or "nowhere"
        raise Conflict(f"an event that is {now} cannot become {then}; it may go to: {allowed}")

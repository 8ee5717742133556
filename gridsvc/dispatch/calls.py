"""Whistle calls (吹哨报到): who may call, the states of a call and the moves between them; pure.

A street calls departments, a township its county, an enterprise the police: one mechanism, the
kind of the calling unit says which. The database holds the same table of moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridsvc.errors import BadInput, Conflict


class CallKind(StrEnum):
    """An ordinary call (普通哨), or a tackling call (攻坚哨) that both leaders sign."""

    ORDINARY = "ordinary"
    TACKLING = "tackling"


class CallState(StrEnum):
    """State of a call; CHECKED_IN as soon as the first of the called units is there."""

    CALLED = "CALLED"
    SIGNED_OFF = "SIGNED_OFF"
    CHECKED_IN = "CHECKED_IN"
    RESOLVED = "RESOLVED"
    UNRESOLVED = "UNRESOLVED"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"


class Channel(StrEnum):
    """How the call came to the desk: 值班台, 公众号, 网格员, 综治系统, 企业."""

    DESK = "desk"
    PUBLIC_ACCOUNT = "public_account"
    GRID_WORKER = "grid_worker"
    GOVERNANCE = "governance"
    ENTERPRISE = "enterprise"


#: Kinds of units that may call, and what their calls are called.
CALLERS = {"street": "街道吹哨", "centre": "中心吹哨", "enterprise": "企业吹哨"}

_NOBODY_THERE = frozenset({CallState.CHECKED_IN, CallState.UNRESOLVED, CallState.WITHDRAWN})
#: From each state, where an ordinary call may go. Further units check in while it stays
#: CHECKED_IN; what nobody came for can only be left unresolved.
ORDINARY: dict[CallState, frozenset[CallState]] = {
    CallState.CALLED: _NOBODY_THERE,
    CallState.SIGNED_OFF: frozenset(),
    CallState.CHECKED_IN: frozenset(
        {CallState.CHECKED_IN, CallState.RESOLVED, CallState.UNRESOLVED}
    ),
    CallState.RESOLVED: frozenset({CallState.CLOSED}),
    CallState.UNRESOLVED: frozenset({CallState.RESOLVED, CallState.CLOSED}),
    CallState.CLOSED: frozenset(),
    CallState.WITHDRAWN: frozenset(),
}
#: The same of a tackling call: nobody checks in before both leaders signed.
TACKLING: dict[CallState, frozenset[CallState]] = ORDINARY | {
    CallState.CALLED: frozenset({CallState.SIGNED_OFF, CallState.UNRESOLVED, CallState.WITHDRAWN}),
    CallState.SIGNED_OFF: _NOBODY_THERE,
}
MOVES = {CallKind.ORDINARY: ORDINARY, CallKind.TACKLING: TACKLING}

#: Nobody is called to come later than so many days from now.
MOST_DAYS = 366
#: States in which called units are awaited, and reminded by the clock.
OPEN = frozenset({CallState.CALLED, CallState.SIGNED_OFF, CallState.CHECKED_IN})
#: States in which those who are there write down what they do.
HANDLED = frozenset({CallState.CHECKED_IN, CallState.UNRESOLVED})


@dataclass(frozen=True)
class Rung:
    """A step of the ladder that a unit climbs which does not check in.

    Attributes
    ----------
    share
        Of the time allowed: 1 = when it is over, 2 = when as much again has passed.
    up
        How far above the unit is who is told: 1 = its superior, 2 = the superior's own, or the
        superior again where nobody is above.
    """

    name: str
    share: float
    up: int


LADDER = (Rung("unanswered", 1.0, 1), Rung("still_unanswered", 2.0, 2))


def check(kind: CallKind, now: CallState, then: CallState) -> None:
    """Refuse a move that the table does not allow.

    Raises
    ------
    Conflict
        If a call of this kind in state `now` may not go to `then`; the message names where it may.
    """
    if then not in MOVES[kind][now]:
        allowed = ", ".join(sorted(MOVES[kind][now])) or "nowhere"
        raise Conflict(
            f"a call ({kind}) that is {now} cannot become {then}; it may go to: {allowed}"
        )


def check_caller(kind: str) -> None:
    """Refuse a unit that is called but does not call.

    Raises
    ------
    BadInput
        If units of this kind do not call; the message names those that do.
    """
    if kind not in CALLERS:
        raise BadInput(f"a unit of the kind {kind} does not call; these do: {', '.join(CALLERS)}")

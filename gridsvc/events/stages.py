"""The stages of an event that have a time limit, and what each move does to them; pure.

After the stage counters of urban management (应派遣 应处置 应核查 应结案): each counts from the
move that begins it to the move that ends it. `CASE` is the whole of it, from filing to closing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridsvc.events.states import IN_HAND, State


class Stage(StrEnum):
    """What somebody has to do within a time."""

    FILE = "file"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    ARRIVE = "arrive"
    HANDLE = "handle"
    VERIFY = "verify"
    CLOSE = "close"
    CASE = "case"


#: The stages that follow one another in a case; the others run beside one of them.
IN_TURN = (Stage.DISPATCH, Stage.HANDLE, Stage.VERIFY, Stage.CLOSE)


@dataclass(frozen=True)
class Changes:
    """What a move does to the stages of an event.

    Attributes
    ----------
    done
        Ended by having been done.
    void
        Broken off: nobody has to do them any more, and they count only if they were late.
    paused
        Stopped until the event comes back; that time does not count.
    resumed
        Whether what was paused goes on.
    begun
        Begun, unless they are going on already.
    """

    done: frozenset[Stage] = frozenset()
    void: frozenset[Stage] = frozenset()
    paused: frozenset[Stage] = frozenset()
    resumed: bool = False
    begun: tuple[Stage, ...] = ()


_AT_HAND = frozenset({Stage.ACCEPT, Stage.ARRIVE})

_BY_STATE: dict[State, Changes] = {
    State.REPORTED: Changes(begun=(Stage.FILE,)),
    State.FILED: Changes(done=frozenset({Stage.FILE}), begun=(Stage.DISPATCH, Stage.CASE)),
    State.REJECTED: Changes(
        done=frozenset({Stage.FILE}), void=frozenset({Stage.DISPATCH, Stage.CASE})
    ),
    # Whoever is sent has to accept, to arrive and to be done, all from the same moment: who
    # accepts late does not win time to arrive.
    State.DISPATCHED: Changes(
        done=frozenset({Stage.DISPATCH}), begun=(Stage.ACCEPT, Stage.ARRIVE, Stage.HANDLE)
    ),
    State.ACCEPTED: Changes(done=frozenset({Stage.ACCEPT})),
    State.ON_SITE: Changes(done=_AT_HAND),
    State.HANDLED: Changes(done=_AT_HAND | {Stage.HANDLE}, begun=(Stage.VERIFY,)),
    State.VERIFIED: Changes(done=frozenset({Stage.VERIFY}), begun=(Stage.CLOSE,)),
    State.CLOSED: Changes(done=frozenset({Stage.CLOSE, Stage.CASE})),
    State.SUSPENDED: Changes(
        void=_AT_HAND, paused=frozenset({Stage.DISPATCH, Stage.HANDLE, Stage.CASE})
    ),
    State.REOPENED: Changes(resumed=True, begun=(Stage.DISPATCH, Stage.CASE)),
}


def changes(now: State | None, then: State) -> Changes:
    """What a move does to the stages; `now` is none for the report itself.

    Work that is sent back was verified all the same; what is given back unfinished is broken off
    and begins anew with the next person.
    """
    if then is State.RETURNED:
        if now in IN_HAND:
            return Changes(void=_AT_HAND | {Stage.HANDLE}, begun=(Stage.DISPATCH,))
        return Changes(done=frozenset({Stage.VERIFY}), begun=(Stage.DISPATCH,))
    return _BY_STATE[then]

"""What each move does to the stages: on any way through the table they begin, go on and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.events.stages import Stage, changes
from gridsvc.events.states import IN_HAND, MOVES, WAITING, State

#: Going on, or standing still, in a state, whatever way led there.
ALWAYS = {
    State.REPORTED: {Stage.FILE},
    State.ACCEPTED: {Stage.ARRIVE, Stage.HANDLE, Stage.CASE},
    State.DISPATCHED: {Stage.ACCEPT, Stage.ARRIVE, Stage.HANDLE, Stage.CASE},
    State.ON_SITE: {Stage.HANDLE, Stage.CASE},
    State.HANDLED: {Stage.VERIFY, Stage.CASE},
    State.VERIFIED: {Stage.CLOSE, Stage.CASE},
    State.CLOSED: set(),
    State.REJECTED: set(),
}


def replay(way):
    """Stages going on after a way, and those of them that stand still."""
    going, still = {}, set()
    for now, then in zip([None, *way], way, strict=False):
        change = changes(now, then)
        for stage in change.done | change.void:
            going.pop(stage, None)
        still |= {stage for stage in change.paused if stage in going}
        if change.resumed:
            still = set()
        for stage in change.begun:
            going.setdefault(stage, then)
    return set(going), still & set(going)


@st.composite
def ways(draw):
    way = [State.REPORTED]
    for _ in range(draw(st.integers(0, 25))):
        then = draw(st.sampled_from(sorted(MOVES[way[-1]])))
        way.append(then)
    return way


@given(ways())
def test_on_any_way_the_stages_are_those_of_the_state(way):
    going, still = replay(way)
    now = way[-1]
    if now in ALWAYS:
        assert going == ALWAYS[now]
    assert bool(still) == (now is State.SUSPENDED)
    if now is State.SUSPENDED:
        assert still == going
    if now in WAITING:
        assert {Stage.DISPATCH, Stage.CASE} <= going


@pytest.mark.parametrize("state", State)
def test_nothing_is_ended_two_ways_or_begun_and_ended_at_once(state):
    for now in [None, *State]:
        change = changes(now, state)
        kinds = (change.done, change.void, change.paused, frozenset(change.begun))
        assert sum(map(len, kinds)) == len(frozenset.union(*kinds))


def test_work_sent_back_was_verified_and_work_given_back_was_not_done():
    assert changes(State.HANDLED, State.RETURNED).done == {Stage.VERIFY}
    for now in IN_HAND:
        assert Stage.HANDLE in changes(now, State.RETURNED).void

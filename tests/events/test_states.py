"""The table of moves: all of it possible, all else refused, nothing a dead end by mistake."""

import pytest

from gridsvc.errors import Conflict
from gridsvc.events.states import IN_HAND, MOVES, WAITING, State, check

PAIRS = [(now, then) for now in State for then in State]


def test_every_state_has_its_moves():
    assert set(MOVES) == set(State)


@pytest.mark.parametrize(("now", "then"), PAIRS)
def test_a_move_is_possible_exactly_when_the_table_says_so(now, then):
    if then in MOVES[now]:
        check(now, then)
    else:
        with pytest.raises(Conflict, match=f"{now} cannot become {then}"):
            check(now, then)


def test_from_the_report_every_state_can_be_reached_and_from_each_the_end():
    def reached(start, moves):
        seen, waiting = set(), [start]
        while waiting:
            here = waiting.pop()
            seen.add(here)
            waiting += [one for one in moves[here] if one not in seen]
        return seen

    back = {state: {now for now in State if state in MOVES[now]} for state in State}
    assert reached(State.REPORTED, MOVES) == set(State)
    assert reached(State.CLOSED, back) | reached(State.REJECTED, back) == set(State)


def test_who_waits_can_be_dispatched_and_nobody_else():
    assert {now for now in State if State.DISPATCHED in MOVES[now]} == set(WAITING)
    assert not WAITING & IN_HAND

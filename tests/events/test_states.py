"""The table of moves: all of it possible, all else refused, nothing a dead end by mistake."""

import pytest

from gridsvc.errors import BadInput, Conflict
from gridsvc.events.states import (
    BOOKED,
    IN_HAND,
    MOVES,
    TAKING_BACK,
    WAITING,
    State,
    check,
    check_reason,
    reasons,
)

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


@pytest.mark.parametrize(("now", "then"), [(n, t) for n, t in PAIRS if t in MOVES[n]])
def test_a_reason_is_asked_exactly_where_there_is_a_list(now, then):
    listed = reasons(now, then)
    asked = then in {State.REJECTED, State.RETURNED, State.SUSPENDED}
    assert bool(listed) == asked
    if not asked:
        check_reason(now, then, None, "")
        with pytest.raises(BadInput, match="takes no reason"):
            check_reason(now, then, "weather", "x")
        return
    for reason in listed:
        check_reason(now, then, reason, "如实")
        with pytest.raises(BadInput, match="note"):
            check_reason(now, then, reason, " ")
    for reason in (None, "", "because"):
        with pytest.raises(BadInput) as refusal:
            check_reason(now, then, reason, "如实")
        assert all(name in str(refusal.value) for name in listed.values())


@pytest.mark.parametrize("reason", TAKING_BACK)
def test_only_the_service_takes_an_event_back(reason):
    now, then = State.DISPATCHED, State.RETURNED
    check_reason(now, then, reason, "如实", by_service=True)
    with pytest.raises(BadInput, match="needs a reason"):
        check_reason(now, then, reason, "如实")
    with pytest.raises(BadInput, match="takes no reason"):
        check_reason(now, State.ACCEPTED, reason, "如实", by_service=True)


@pytest.mark.parametrize("reason", BOOKED)
def test_only_the_service_puts_off_what_was_booked(reason):
    now, then = State.FILED, State.SUSPENDED
    check_reason(now, then, reason, "如实", by_service=True)
    with pytest.raises(BadInput, match="needs a reason"):
        check_reason(now, then, reason, "如实")

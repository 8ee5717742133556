"""The table of moves of whistle calls: random walks stay in it, and the database holds the same."""

import re
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.dispatch.calls import (
    CALLERS,
    HANDLED,
    LADDER,
    MOVES,
    OPEN,
    CallKind,
    CallState,
    check,
    check_caller,
)
from gridsvc.errors import BadInput, Conflict

OVER = {CallState.CLOSED, CallState.WITHDRAWN}


@given(st.sampled_from(CallKind), st.lists(st.sampled_from(CallState), min_size=1, max_size=30))
def test_walks_stay_in_the_table_and_tell_where_they_may_go(kind, wishes):
    now, been = CallState.CALLED, [CallState.CALLED]
    for then in wishes:
        if then in MOVES[kind][now]:
            check(kind, now, then)
            now = then
            been.append(now)
        else:
            with pytest.raises(Conflict) as refusal:
                check(kind, now, then)
            told = refusal.value.detail.rpartition(": ")[2]
            expected = {str(one) for one in MOVES[kind][now]} or {"nowhere"}
            assert set(told.split(", ")) == expected
    there = CallState.CHECKED_IN in been
    assert there or CallState.UNRESOLVED in been or CallState.RESOLVED not in been
    assert not (CallState.WITHDRAWN in been and there)
    if kind is CallKind.TACKLING and there:
        assert been.index(CallState.SIGNED_OFF) < been.index(CallState.CHECKED_IN)
    if kind is CallKind.ORDINARY:
        assert CallState.SIGNED_OFF not in been


@pytest.mark.parametrize("kind", CallKind)
def test_every_call_can_end_and_nothing_leads_on_from_there(kind):
    reached, waiting = set(), [CallState.CALLED]
    while waiting:
        here = waiting.pop()
        reached.add(here)
        waiting += [one for one in MOVES[kind][here] if one not in reached]
    left_out = {CallState.SIGNED_OFF} if kind is CallKind.ORDINARY else set()
    assert reached == set(CallState) - left_out
    assert {state for state in reached if not MOVES[kind][state]} == OVER
    assert not OPEN & OVER
    assert not HANDLED & OVER


def test_the_database_holds_the_same_table():
    """What the migration writes into its guard, read back from the text of the guard."""
    written = import_module("gridsvc.migrations.versions.0016_whistle_calls").ALLOWED
    pairs = set(re.findall(r"\('(\w+)', '(\w+)', '(\w+)'\)", written))
    assert pairs == {
        (kind, now, then)
        for kind, moves in MOVES.items()
        for now, targets in moves.items()
        for then in targets
    }


def test_who_may_call():
    for kind in CALLERS:
        check_caller(kind)
    for kind in ("department", "team", ""):
        with pytest.raises(BadInput, match="street, centre, enterprise"):
            check_caller(kind)


def test_the_ladder_goes_up_after_the_time_is_over():
    shares = [rung.share for rung in LADDER]
    assert shares == sorted(set(shares))
    assert shares[0] == 1
    assert [rung.up for rung in LADDER] == [1, 2]

"""Formulas over counters: what they give, and what they cannot give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.appraisal.counters import (
    COUNTERS,
    STAGES,
    Formula,
    Value,
    check_terms,
    interval,
    places,
    value_of,
)
from gridsvc.errors import BadInput, Conflict

ON_TIME = Formula(["handle.on_time"], ["handle.due"], share=True)


@pytest.mark.parametrize(
    "term",
    ["", "handle", "handle.", "paint.due", "handle.DUE", "--handle.due", "handle.due ", "case.os"],
)
def test_a_term_that_names_no_counter_is_refused_with_what_can_be_named(term):
    with pytest.raises(BadInput, match=r"handle\.on_time"):
        check_terms(["handle.due", term])


def test_every_counter_of_every_stage_can_be_named():
    check_terms(
        f"{sign}{stage}.{name}" for sign in ("", "-") for stage in STAGES for name in COUNTERS
    )


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_share_lies_within_its_bounds_or_is_refused(part, of):
    counts = {"handle": {"on_time": part, "due": of}}
    if part > of:
        with pytest.raises(Conflict, match="different things"):
            value_of(ON_TIME, counts)
        return
    value = value_of(ON_TIME, counts)
    if not of:
        assert value.value is None
        return
    assert 0 <= value.low <= value.value + 1e-12
    assert value.value <= value.high + 1e-12
    assert value.high <= 1


def test_more_cases_say_more():
    low, high = interval(9, 10)
    lower, higher = interval(900, 1000)
    assert higher - lower < high - low


def test_terms_are_summed_and_taken_away():
    counts = {"handle": {"due": 10, "late": 2}, "verify": {"due": 5}}
    formula = Formula(["handle.due", "-handle.late", "verify.due"], [], share=False)
    assert value_of(formula, counts).value == 13
    assert value_of(formula, {}).value == 0


def test_what_is_no_share_may_be_more_than_one():
    counts = {"handle": {"overdue_hours": 30.0, "late": 2}}
    formula = Formula(["handle.overdue_hours"], ["handle.late"], share=False)
    assert value_of(formula, counts).value == 15
    assert value_of(formula, {}).value is None


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=12),
    st.booleans(),
)
def test_a_league_says_no_more_than_it_knows(shares, higher):
    found = [
        value_of(ON_TIME, {"handle": {"on_time": min(part, of), "due": of}}) for part, of in shares
    ]
    told = places(found, higher_is_better=higher)
    for one, place in zip(found, told, strict=True):
        assert 1 <= place.best <= place.worst <= len(found)
        before = sum(two.value > one.value if higher else two.value < one.value for two in found)
        assert place.best <= before + 1 <= place.worst
    mirrored = places(found, higher_is_better=not higher)
    for one, other in zip(told, mirrored, strict=True):
        assert (one.best, one.worst) == (len(found) + 1 - other.worst, len(found) + 1 - other.best)


def test_what_has_no_bounds_has_no_place():
    assert places([Value(3, None, 3), Value(0, 0, None)], higher_is_better=True) == [None, None]
    few, many, bad = (
        value_of(ON_TIME, {"handle": {"on_time": part, "due": of}})
        for part, of in ((2, 3), (950, 1000), (400, 1000))
    )
    first, second, third = places([few, many, bad], higher_is_better=True)
    assert (first.best, first.worst) == (1, 3)
    assert (second.best, second.worst) == (1, 2)
    assert third.best == 2

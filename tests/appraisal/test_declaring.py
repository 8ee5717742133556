"""Figures a place gives of itself: what cannot be is told, all of it, and nothing else."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gridsvc.appraisal.declaring import Quoted, Told, checked, faults


def funnel(*numbers):
    return [Told(f"c{n}", f"第{n}步", number) for n, number in enumerate(numbers)]


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=6))
def test_a_funnel_is_refused_exactly_where_it_widens(numbers):
    wider = sum(b > a for a, b in pairwise(numbers))
    assert len(faults(funnel(*numbers), [])) == wider


@given(st.integers(1, 10**6), st.data(), st.integers(0, 3))
def test_a_rate_rounded_or_cut_off_is_accepted_and_any_other_is_not(of, data, places):
    part = data.draw(st.integers(0, of))
    exact = part * 100 / of
    counts = funnel(of, part)
    for quoted in (f"{exact:.{places}f}", f"{int(exact * 10**places) / 10**places:.{places}f}"):
        rate = [Quoted("c1", "c0", quoted)]
        assert faults(counts, rate) == []
        assert checked(counts, rate)[0].quoted_as in {"rounded", "truncated"}
    off = [Quoted("c1", "c0", f"{exact + 2:.{places}f}")]
    assert "not the quoted" in faults(counts, off)[0]


def test_what_is_only_a_bound_is_left_open():
    counts = [Told("c0", "上报", 20, at_least=True), Told("c1", "办结", 25)]
    rate = [Quoted("c1", "c0", "80")]
    assert faults(counts, rate) == []
    assert checked(counts, rate)[0].quoted_as == "open"


def test_a_count_told_twice_and_a_rate_of_nothing_are_refused():
    rates = [Quoted("c1", "c0", "1"), Quoted("c9", "c0", "1")]
    told = faults([*funnel(0, 0), Told("c0", "x", 0)], rates)
    assert len(told) == 3

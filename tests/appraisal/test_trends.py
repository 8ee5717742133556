"""Trends: a change is told as one only where chance would seldom make it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gridsvc.appraisal.trends import Period, compare

YEAR = 365


def one(before, after, days=(YEAR, YEAR)):
    return compare({"x": (Period(before, before, days[0]), Period(after, after, days[1]))})["x"]


def test_a_fifth_fewer_of_many_is_more_than_chance_and_of_few_is_not():
    many, few = one(500, 400), one(10, 8)
    assert many.change == few.change == pytest.approx(-0.2)
    assert many.significant
    assert not few.significant
    assert many.high < 0 < few.high


def test_days_count():
    same = one(365, 30, days=(365, 30))
    assert same.change == pytest.approx(0)
    assert not same.significant


def test_of_nothing_before_there_is_no_share_and_of_nothing_at_all_no_trend():
    grown = one(0, 40)
    assert (grown.change, grown.high, grown.significant) == (None, None, True)
    assert one(0, 0).significant is None


@given(st.integers(0, 300), st.integers(1, 300), st.integers(1, 400), st.integers(1, 400))
def test_bounds_hold_the_change(after, before, then, now):
    told = one(before, after, days=(then, now))
    assert told.change == pytest.approx(after / now / (before / then) - 1)
    assert told.low <= told.change + 1e-9
    assert told.high is None or told.change <= told.high + 1e-9


def test_of_twenty_that_did_not_change_hardly_any_is_told_to_have():
    chance = stats.poisson(60)
    counts = chance.rvs(size=(200, 20, 2), random_state=7)
    wrong = 0
    for row in counts:
        pairs = {
            str(n): (Period(int(a), 0, YEAR), Period(int(b), 0, YEAR))
            for n, (a, b) in enumerate(row)
        }
        wrong += any(trend.significant for trend in compare(pairs).values())
    assert wrong / 200 < 0.1

"""Samples: shared out whole and fairly; estimates that hold what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gridsvc.appraisal.sampling import (
    FEWEST,
    Estimate,
    Stratum,
    adjusted,
    allocate,
    compare,
    estimate,
)
from gridsvc.errors import BadInput


@given(
    st.dictionaries(st.text("0123456789", min_size=1, max_size=4), st.integers(0, 10**5),
                    min_size=1, max_size=20),
    st.integers(1, 5000),
)  # fmt: skip
def test_a_sample_is_shared_out_whole(population, size):
    strata = {code for code, number in population.items() if number}
    if not len(strata) <= size <= sum(population.values()) or not strata:
        with pytest.raises(BadInput, match="cannot be drawn"):
            allocate(population, size)
        return
    given_ = allocate(population, size)
    assert sum(given_.values()) == size
    assert given_.keys() == population.keys()
    whole = sum(population.values())
    for code, number in population.items():
        assert (number > 0) <= given_[code] <= number
        if number:
            assert given_[code] <= size * number / whole + len(strata)


def a_stratum(scores, population):
    return Stratum(len(scores), float(np.mean(scores)), float(np.std(scores, ddof=1)), population)


def test_everybody_asked_leaves_no_doubt():
    told = estimate([Stratum(50, 80, 10, 50)])
    assert told.low == told.mean == told.high == 80


def test_of_few_answers_nothing_is_told():
    told = estimate([Stratum(FEWEST - 1, 80, 10, 500)])
    assert (told.number, told.mean, told.low) == (FEWEST - 1, None, None)
    assert compare(told, estimate([Stratum(50, 80, 10, 500)])) is None


def test_streets_count_by_their_households_not_by_their_answers():
    told = estimate([Stratum(90, 90, 5, 1000), Stratum(10, 50, 5, 9000)])
    assert told.mean == pytest.approx(54)


def test_a_single_large_street_compared_is_welch():
    rng = np.random.default_rng(4)
    before, after = rng.normal(70, 9, 40), rng.normal(75, 14, 60)
    big = 10**12
    change = compare(estimate([a_stratum(before, big)]), estimate([a_stratum(after, big)]))
    reference = stats.ttest_ind(before, after, equal_var=False)
    assert change.p == pytest.approx(reference.pvalue, rel=1e-6)
    assert change.difference == pytest.approx(after.mean() - before.mean())


def test_intervals_hold_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(1)
    streets = [np.clip(rng.normal(m, 12, n), 0, 100) for m, n in ((92, 900), (75, 300), (60, 2000))]
    truth = np.concatenate(streets).mean()
    held = 0
    for _ in range(600):
        strata = [
            a_stratum(rng.choice(street, max(len(street) // 20, 5), replace=False), len(street))
            for street in streets
        ]
        told = estimate(strata)
        held += told.low <= truth <= told.high
    assert 0.92 <= held / 600 <= 0.98


def test_no_change_is_seldom_called_one():
    rng = np.random.default_rng(2)
    called = 0
    for _ in range(400):
        waves = [estimate([a_stratum(rng.normal(80, 10, 30), 5000)]) for _ in range(2)]
        called += compare(*waves).p < 0.05
    assert called / 400 <= 0.08


def test_the_same_twice_is_no_difference():
    same = estimate([Stratum(9, 80, 0, 9)])
    assert compare(same, same).p == 1
    assert compare(same, Estimate(9, 90.0, 90, 90)).p == 0


@given(st.lists(st.floats(0, 1), max_size=20))
def test_many_comparisons_are_judged_more_strictly(values):
    told = adjusted(values)
    assert all(after >= before for before, after in zip(values, told, strict=True))

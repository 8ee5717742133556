"""Points and places: weights go where something was said, and no place is surer than its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.appraisal.ranking import Measured, Points, points_of, ranked

WEIGHTS = {"a": 0.5, "b": 0.3, "share": 0.2}
SCORES = st.dictionaries(
    st.text("xyz", min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(["a", "b"]), st.floats(0, 100), max_size=2),
    max_size=8,
)


@given(SCORES, st.integers(0, 40), st.integers(0, 40))
def test_points_lie_between_the_worst_and_the_best_that_was_said(scores, good, bad):
    measured = {"share": Measured(good, good + bad)}
    told = points_of(WEIGHTS, scores, measured)
    said = [score for one in scores.values() for score in one.values()]
    said += [100 * good / (good + bad)] if good + bad else []
    if not said:
        assert told == Points(None, None, None, 0)
        return
    assert min(said) - 0.01 <= told.points <= max(said) + 0.01
    assert told.raters == sum(bool(one) for one in scores.values())
    if told.low is not None:
        assert told.low - 0.01 <= told.points <= told.high + 0.01


def test_a_weight_of_nothing_goes_to_the_others():
    scores = {"x": {"a": 80, "b": 60}, "y": {"a": 90}}
    alone = points_of(WEIGHTS, scores, {})
    assert alone.points == pytest.approx(((0.5 * 80 + 0.3 * 60) / 0.8 + 90) / 2, abs=0.01)
    assert alone == points_of(WEIGHTS, scores, {"share": Measured(0, 0)})
    both = points_of(WEIGHTS, scores, {"share": Measured(3, 4)})
    assert both.points == pytest.approx(0.8 * alone.points + 0.2 * 75, abs=0.01)
    only = points_of(WEIGHTS, {}, {"share": Measured(3, 4)})
    assert (only.points, only.low, only.raters) == (75, None, 0)


def test_more_raters_and_more_cases_make_it_surer():
    def reach(raters, cases):
        scores = {str(n): {"a": 70 + 20 * (n % 2)} for n in range(raters)}
        told = points_of(WEIGHTS, scores, {"share": Measured(cases / 2, cases)})
        return told.high - told.low

    assert reach(20, 10) < reach(4, 10)
    assert reach(4, 1000) < reach(4, 10)


def test_ties_share_a_place_and_open_places_are_told():
    told = ranked(
        [
            Points(90.0, 88.0, 92.0, 5),
            Points(80.0, 75.0, 85.0, 5),
            Points(80.0, 70.0, 90.0, 5),
            Points(60.0, 55.0, 65.0, 5),
            Points(70.0, None, None, 1),
            Points(None, None, None, 0),
        ]
    )
    assert [one.place for one in told] == [1, 2, 2, 5, 4, None]
    assert [one.tied for one in told] == [False, True, True, False, False, False]
    assert [(one.open_to.best, one.open_to.worst) for one in told[:4]] == [
        (1, 2), (2, 3), (1, 3), (4, 4),
    ]  # fmt: skip
    assert told[4].open_to is None

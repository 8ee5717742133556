from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gridsvc.outreach.urgency import Parts, Weights, score

COUNTS = st.integers(0, 1000)
POINTS = st.floats(0, 1000)
PARTS = st.builds(
    Parts,
    days_open=st.floats(0, 5000),
    overdue=COUNTS,
    voices=COUNTS,
    reopened=COUNTS,
    class_code=st.sampled_from([None, "a", "b"]),
)
WEIGHTS = st.builds(
    Weights,
    days_open=POINTS,
    overdue=POINTS,
    voices=POINTS,
    reopened=POINTS,
    classes=st.dictionaries(st.sampled_from(["a", "b", "c"]), POINTS),
)


@given(PARTS, WEIGHTS, st.sampled_from(["days_open", "overdue", "voices", "reopened"]))
def test_more_of_anything_is_never_less_urgent(parts, weights, what):
    more = replace(parts, **{what: getattr(parts, what) + 1})
    assert score(more, weights) >= score(parts, weights) >= 0


@given(PARTS)
def test_without_points_nothing_is_urgent(parts):
    assert score(parts, Weights()) == 0

"""Stars by rules that are data: better work never earns less, sham work sets a bound."""

from hypothesis import given
from hypothesis import strategies as st

from gridsvc.appraisal.stars import MEASURES, Criterion, Rule, rate

SHARES = st.floats(0, 1)
RULE = Rule(
    [
        Criterion("on_time_handle", 0.6, 1, 0.4),
        Criterion("closed", 0.7, 1, 0.2),
        Criterion("rework", 0.2, 0, 0.2),
        Criterion("satisfaction", 0.5, 1, 0.2),
    ],
    [40, 55, 70, 85],
    least_cases=10,
    most_with_sham=2,
)
GRIDS = st.fixed_dictionaries(dict.fromkeys(MEASURES, SHARES))


@given(GRIDS, st.sampled_from(sorted(MEASURES)), SHARES)
def test_better_work_never_earns_less(measures, name, other):
    one, two = sorted((measures[name], other), reverse=name == "rework")
    worse = rate(RULE, measures | {name: one}, cases=10, sham=0)
    better = rate(RULE, measures | {name: two}, cases=10, sham=0)
    assert 1 <= worse.stars <= better.stars <= 5
    assert 0 <= worse.points <= better.points + 1e-9 <= 100 + 1e-6


@given(GRIDS, st.integers(1, 5))
def test_sham_work_sets_a_bound(measures, sham):
    assert rate(RULE, measures, cases=10, sham=sham).stars <= 2


@given(GRIDS)
def test_of_too_little_nothing_is_said(measures):
    assert rate(RULE, measures, cases=9, sham=0).stars is None
    assert rate(RULE, dict.fromkeys(MEASURES), cases=99, sham=0).stars is None


def test_what_was_not_measured_leaves_its_weight_to_the_rest():
    perfect = {"on_time_handle": 1.0, "closed": None, "rework": 0.0, "satisfaction": None}
    assert rate(RULE, perfect, cases=10, sham=0).points == 100
    worst = {"on_time_handle": 0.6, "closed": 0.7, "rework": 0.2, "satisfaction": 0.5}
    assert rate(RULE, worst, cases=10, sham=0) == rate(RULE, worst, cases=99, sham=0)
    assert rate(RULE, worst, cases=10, sham=0).stars == 1

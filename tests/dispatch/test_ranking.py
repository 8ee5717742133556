"""Who comes first, whatever order they were found in."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gridsvc.dispatch.ranking import rank
from gridsvc.people.candidates import Candidate

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        person_id=st.integers(1, 10_000),
        code=st.text("ABC0123", min_size=1, max_size=4),
        name=st.just("张三"),
        role=st.sampled_from(["grid_worker", "officer"]),
        distance_m=st.none() | st.sampled_from([0.0, 1.5, 1.5, 900.25]) | st.floats(0, 1e6),
        own_grid=st.booleans(),
        open_count=st.integers(0, 3),
        capacity=st.integers(4, 5),
    ),
    unique_by=lambda candidate: candidate.code,
)


@given(candidates=CANDIDATES, seed=st.integers())
def test_the_order_depends_on_the_candidates_alone(candidates, seed):
    shuffled = random.Random(seed).sample(candidates, len(candidates))  # noqa: S311
    assert rank(shuffled) == rank(candidates)


@given(candidates=CANDIDATES)
def test_own_before_others_near_before_far_unknown_last(candidates):
    ranked = [one.candidate for one in rank(candidates)]
    assert sorted(ranked, key=lambda c: c.code) == sorted(candidates, key=lambda c: c.code)
    for before, after in pairwise(ranked):
        assert before.own_grid >= after.own_grid
        if before.own_grid == after.own_grid and after.distance_m is not None:
            assert before.distance_m is not None
            assert before.distance_m <= after.distance_m
            assert before.distance_m < after.distance_m or before.code < after.code


@given(candidates=CANDIDATES)
def test_the_reason_tells_role_distance_and_load(candidates):
    for one in rank(candidates):
        load = f"{one.candidate.open_count}/{one.candidate.capacity}"
        assert load in one.reason
        assert ("位置未知" in one.reason) == (one.candidate.distance_m is None)
        assert ("本网格" in one.reason) == one.candidate.own_grid

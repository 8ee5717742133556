"""Who comes first, whatever order they were found in."""

import random
from itertools import pairwise
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from gridsvc.dispatch.ranking import certain, rank, reason
from gridsvc.people.candidates import Candidate

LINE_M = st.none() | st.sampled_from([0.0, 1.5, 1.5, 900.25]) | st.floats(0, 1e6)
ETA_S = st.sampled_from([60.0, 60.0, 61.5, inf]) | st.floats(0, 1e5)


@st.composite
def people(draw):
    """Candidates with the seconds each takes and what these go by."""
    codes = draw(st.lists(st.text("ABC0123", min_size=1, max_size=4), unique=True))
    found = []
    for number, code in enumerate(codes):
        line_m = draw(LINE_M)
        candidate = Candidate(
            person_id=number,
            code=code,
            name="张三",
            role=draw(st.sampled_from(["grid_worker", "officer"])),
            distance_m=line_m,
            lon=None if line_m is None else 118.7,
            lat=None if line_m is None else 32.0,
            own_grid=draw(st.booleans()),
            open_count=draw(st.integers(0, 3)),
            capacity=draw(st.integers(4, 5)),
        )
        eta_s = inf if line_m is None else draw(ETA_S)
        by = "none" if line_m is None else draw(st.sampled_from(["road", "line"]))
        found.append((candidate, eta_s, by))
    return found


def ranked(found):
    return rank(*(list(column) for column in zip(*found, strict=True))) if found else []


def told(found):
    return [(one.candidate.code, one.eta_s, one.by) for one in ranked(found)]


@given(found=people(), seed=st.integers())
def test_the_order_depends_on_the_candidates_alone(found, seed):
    shuffled = random.Random(seed).sample(found, len(found))  # noqa: S311
    assert told(shuffled) == told(found)


@given(found=people())
def test_own_before_others_soon_before_late_ties_by_code(found):
    order = ranked(found)
    assert sorted(one.which for one in order) == list(range(len(found)))
    for before, after in pairwise(order):
        assert before.candidate.own_grid >= after.candidate.own_grid
        if before.candidate.own_grid == after.candidate.own_grid:
            assert before.eta_s <= after.eta_s
            if before.eta_s == after.eta_s < inf:
                assert before.candidate.code < after.candidate.code


@given(found=people(), looked_m=st.floats(0, 1e5), others=st.lists(st.floats(0, 1e5)))
def test_nobody_farther_away_is_quicker_than_those_in_front(found, looked_m, others):
    """Whoever was not looked at stands beyond `looked_m`, and nobody flies."""
    fastest_mps = 5.0
    front = certain(ranked(found), looked_m, fastest_mps)
    assert front == ranked(found)[: len(front)]
    for beyond_m in others:
        soonest_s = (looked_m + beyond_m) / fastest_mps
        assert all(one.candidate.own_grid or one.eta_s <= soonest_s for one in front)


@given(found=people())
def test_where_everybody_was_looked_at_all_is_certain(found):
    assert certain(ranked(found), inf, 5.0) == ranked(found)


@given(found=people(), road_m=st.floats(0, 1e5))
def test_the_reason_tells_role_way_and_load(found, road_m):
    for one in ranked(found):
        text = reason(one, "ebike", road_m if one.by == "road" and one.eta_s < inf else None)
        assert f"{one.candidate.open_count}/{one.candidate.capacity}" in text
        assert ("位置未知" in text) == (one.candidate.distance_m is None)
        assert ("本网格" in text) == one.candidate.own_grid
        known = one.candidate.distance_m is not None
        assert ("道路不通" in text) == (known and one.eta_s == inf)
        assert ("估算" in text) == (known and one.by == "line" and one.eta_s < inf)

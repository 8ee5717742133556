"""Which reports earn: the first of a day up to the cap, of whoever tells the truth, once."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gridsvc.appraisal.abuse import REFUSING, Candidate, decide

DAY = date(2026, 11, 1)
CANDIDATES = st.lists(
    st.builds(
        Candidate,
        event=st.integers(1, 10**6),
        account=st.integers(1, 3),
        day=st.integers(0, 2).map(lambda n: DAY + timedelta(n)),
        duplicate=st.booleans(),
        untrue=st.integers(0, 4),
    ),
    max_size=40,
    unique_by=lambda one: one.event,
)


@given(CANDIDATES, st.integers(1, 5), st.integers(0, 3), st.integers(0, 6))
def test_nobody_earns_more_than_the_rules_let(found, cap, most, before):
    earned = {(1, DAY): before}
    told = decide(found, earned, daily_cap=cap, most_untrue=most)
    assert told.keys() == {one.event for one in found}
    assert set(told.values()) <= {None, *REFUSING}
    given_ = Counter((one.account, one.day) for one in found if told[one.event] is None)
    for key, number in given_.items():
        assert number + earned.get(key, 0) <= cap
    for one in found:
        if told[one.event] is None:
            assert not one.duplicate
            assert one.untrue <= most
        if told[one.event] == "cap":
            assert given_[one.account, one.day] + earned.get((one.account, one.day), 0) >= cap


@given(CANDIDATES, st.integers(0, 40))
def test_deciding_in_two_goes_is_deciding_at_once(found, cut):
    limits = {"daily_cap": 2, "most_untrue": 1}
    first = decide(found[:cut], {}, **limits)
    earned = Counter((one.account, one.day) for one in found[:cut] if first[one.event] is None)
    assert first | decide(found[cut:], earned, **limits) == decide(found, {}, **limits)

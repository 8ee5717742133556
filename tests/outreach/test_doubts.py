from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gridsvc.outreach.doubts import MOST_SPEED_MPS, NEAR_M, Doubt, Fix, doubts
from gridsvc.people.pings import metres_between

NOON = datetime(2026, 11, 6, 4, tzinfo=UTC)
PLACES = st.tuples(st.floats(118, 119), st.floats(31, 32))
SECONDS = st.integers(-7200, 7200)


@given(PLACES, PLACES, SECONDS)
def test_whoever_walks_is_believed_and_the_order_of_telling_is_none(here, there, seconds):
    one, other = Fix(*here, NOON), Fix(*there, NOON + timedelta(seconds=seconds))
    found = doubts(one, away_m=0, others=[other])
    assert found == doubts(one, away_m=0, others=[other, other])
    assert (Doubt.TOO_FAST in found) == (Doubt.TOO_FAST in doubts(other, away_m=0, others=[one]))
    metres = metres_between(*here, *there)
    if metres <= MOST_SPEED_MPS * abs(seconds):
        assert found == {}
    if metres > MOST_SPEED_MPS * abs(seconds) + 2 * NEAR_M + 1:
        assert list(found) == [Doubt.TOO_FAST]


@given(st.floats(0, 1e5))
def test_outside_is_farther_than_a_phone_errs(away_m):
    found = doubts(Fix(118.7, 32.0, NOON), away_m=away_m, others=[])
    assert (Doubt.OUTSIDE_CELL in found) == (away_m > NEAR_M)

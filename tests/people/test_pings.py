"""What of a person's pings may be used: every reason alone, and what holds for any of them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from gridsvc.people.pings import (
    CLOCK_AHEAD,
    CLOCK_BEHIND,
    JITTER_M,
    Fix,
    Limits,
    Ping,
    Unused,
    judge,
    metres_between,
)

GEOD = Geod(a=6_371_008.8, b=6_371_008.8)
NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
LIMITS = Limits(most_speed_mps=50.0, most_inaccuracy_m=100.0)
HERE = (118.7, 32.0)
#: Degrees of latitude in a metre.
METRE = 1 / 111_195


def ping(s=0.0, north_m=0.0, **columns):
    """A ping so many seconds from now and metres north of here."""
    told = {"lon": HERE[0], "lat": HERE[1] + north_m * METRE, "captured_at": NOW + at(s)} | columns
    return Ping(**told)


def at(s):
    return timedelta(seconds=s)


def verdicts(pings, last=None, now=NOW):
    judged = {one.number: one for one in judge(enumerate(pings), last, now, LIMITS)}
    assert set(judged) == set(range(len(pings)))
    return [judged[number] for number in range(len(pings))]


def reasons(*pings, last=None):
    return [one.unused for one in verdicts(pings, last)]


def fix(s, north_m=0.0):
    return Fix(HERE[0], HERE[1] + north_m * METRE, NOW + at(s))


@pytest.mark.parametrize(
    ("change", "unused"),
    [
        ({}, None),
        ({"captured_at": None}, None),
        ({"accuracy_m": 100.0}, None),
        ({"accuracy_m": 100.1}, Unused.INACCURATE),
        ({"valid": False}, Unused.NO_FIX),
        ({"captured_at": NOW + CLOCK_AHEAD}, None),
        ({"captured_at": NOW + CLOCK_AHEAD + at(1)}, Unused.CLOCK_AHEAD),
        ({"captured_at": NOW + timedelta(days=1)}, Unused.CLOCK_AHEAD),
        ({"captured_at": NOW - CLOCK_BEHIND}, None),
        ({"captured_at": NOW - CLOCK_BEHIND - at(1)}, Unused.CLOCK_BEHIND),
        ({"lon": 0.0, "lat": 0.0}, Unused.OUTSIDE),
        ({"lon": 32.0, "lat": 118.7 - 90}, Unused.OUTSIDE),
        ({"lon": 73.0, "lat": 3.0}, None),
        ({"lon": 136.0, "lat": 54.1}, Unused.OUTSIDE),
    ],
)
def test_each_reason_alone(change, unused):
    assert reasons(ping(**change)) == [unused]


def test_who_was_never_seen_may_be_anywhere():
    assert reasons(ping(0)) == [None]


@pytest.mark.parametrize(
    ("took_s", "north_m", "unused"),
    [
        (10, JITTER_M + 10 * 50 - 1, None),
        (10, JITTER_M + 10 * 50 + 1, Unused.TOO_FAST),
        (0, JITTER_M - 1, None),
        (0, JITTER_M + 1, Unused.TOO_FAST),
        (3600, 100_000, None),
    ],
)
def test_a_jump_is_faster_than_anybody(took_s, north_m, unused):
    assert reasons(ping(0, north_m), last=fix(-took_s)) == [unused]


def test_what_is_older_than_the_latest_does_not_replace_it():
    assert reasons(ping(-1), ping(0), ping(1), last=fix(0)) == [Unused.OLDER, None, None]


def test_one_jump_among_others_does_not_spoil_them():
    there = [ping(0), ping(10, 12), ping(20, 50_000), ping(30, 36), ping(40, 48)]
    assert reasons(*there, last=fix(-10)) == [None, None, Unused.TOO_FAST, None, None]


def test_after_a_while_one_may_be_far_away():
    """What was used last was wrong itself: it is believed for as long as the way would take."""
    back = [ping(-s, 0) for s in range(700, 0, -100)]
    told = reasons(*back, last=fix(-800, north_m=20_000))
    assert told[0] is Unused.TOO_FAST
    assert told[-1] is None
    assert told == sorted(told, key=lambda one: one is None)


def test_a_backlog_is_compared_with_itself():
    backlog = [ping(-600), ping(-590, 12), ping(-580, 90_000), ping(-570, 24)]
    assert reasons(*backlog, last=fix(0, north_m=30_000)) == [
        Unused.OLDER, Unused.OLDER, Unused.TOO_FAST, Unused.OLDER,
    ]  # fmt: skip


def test_impossible_clocks_get_a_place_of_their_own():
    told = verdicts([ping(86_400), ping(86_400), ping(-1e6, valid=False)])
    assert [one.unused for one in told] == [Unused.CLOCK_AHEAD] * 2 + [Unused.NO_FIX]
    assert len({one.at for one in told}) == 3
    assert all(abs(one.at - NOW) < at(1) for one in told)
    assert told[0].captured_at == NOW + timedelta(days=1)


A_PING = st.builds(
    ping,
    s=st.floats(-2e6, 2e6),
    north_m=st.floats(-3e5, 3e5),
    accuracy_m=st.none() | st.floats(0, 300),
    valid=st.sampled_from([True, True, True, False]),
)
A_FIX = st.none() | st.builds(fix, st.floats(-1e5, 0), st.floats(-1e4, 1e4))


@given(pings=st.lists(A_PING, max_size=12), last=A_FIX)
def test_whatever_comes_what_is_used_could_have_been(pings, last):
    used = [one for one in judge(enumerate(pings), last, NOW, LIMITS) if one.unused is None]
    way = ([last] if last else []) + [
        Fix(one.ping.lon, one.ping.lat, one.captured_at) for one in used
    ]
    for before, after in pairwise(way):
        took_s = (after.captured_at - before.captured_at).total_seconds()
        metres = GEOD.inv(before.lon, before.lat, after.lon, after.lat)[2]
        assert took_s >= 0
        assert metres <= JITTER_M + LIMITS.most_speed_mps * took_s + 1e-3
    for one in used:
        assert NOW - CLOCK_BEHIND <= one.at == one.captured_at <= NOW + CLOCK_AHEAD


@given(pings=st.lists(A_PING, max_size=12), last=A_FIX)
def test_every_ping_counts_at_a_possible_time(pings, last):
    for one in verdicts(pings, last):
        assert NOW - CLOCK_BEHIND <= one.at <= NOW + CLOCK_AHEAD


@given(
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
)
def test_metres_are_those_of_the_sphere(one, other):
    assert metres_between(*one, *other) == pytest.approx(GEOD.inv(*one, *other)[2], abs=0.5)


@given(st.floats(-89, 89), st.floats(-0.00299, 0.00299), st.floats(-0.00299, 0.00299))
def test_what_is_passed_without_measuring_is_within_the_jitter(lat, east, north):
    assert metres_between(118.7, lat, 118.7 + east, lat + north) < JITTER_M

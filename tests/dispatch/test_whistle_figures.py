"""Rates of whistle calls: every one with its parts, and none that cannot be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.db import transaction
from gridsvc.dispatch import whistle_figures
from gridsvc.errors import BadInput, Conflict
from tests.flows.test_whistle import a_call, http, let_pass, post, scores, there, who

__all__ = ["http", "post", "who"]  # fixtures

NAMES = ("due", "checked_in", "in_time", "calls", "judged", "resolved")
COUNTS = st.fixed_dictionaries({name: st.integers(0, 40) for name in NAMES})


def can_be(counts):
    """Whether nothing is more than what it is a share of."""
    return (
        max(counts["checked_in"], counts["in_time"]) <= counts["due"]
        and max(counts["judged"], counts["resolved"]) <= counts["calls"]
        and counts["resolved"] <= counts["judged"]
    )


@given(COUNTS)
def test_rates_that_cannot_be_are_refused_and_all_others_told(counts):
    if not can_be(counts):
        with pytest.raises(Conflict):
            whistle_figures.rates(counts)
        return
    for rate in whistle_figures.rates(counts):
        assert 0 <= rate.numerator <= rate.denominator
        assert rate.value == (rate.numerator / rate.denominator if rate.denominator else None)


async def test_units_add_up_to_the_counts(town, post):
    """One came in time, one late, one never; one call was withdrawn."""
    first = (await post("desk", "", a_call("D00", "D01"), 201))["id"]
    await post("department", f"/{first}/check-ins", there("D00"))
    await post("desk", "", a_call("D02"), 201)
    withdrawn = (await post("desk", "", a_call("D03"), 201))["id"]
    await post("desk", f"/{withdrawn}/withdrawal", {"note": "误吹"})
    await let_pass(town, 100)
    await post("department", f"/{first}/check-ins", there("D01"))
    await post("desk", f"/{first}/judgement", {"resolved": True, "note": "好"})
    await post("desk", f"/{first}/closing", scores("D00", "D01", score=3))
    now = datetime.now(UTC)
    async with transaction(town) as session:
        told = await whistle_figures.figures(
            session, division=None, since=now - timedelta(days=30), until=now + timedelta(days=1)
        )
    counts = told.counts
    assert {name: counts[name] for name in ("calls", "withdrawn", "called", "due", "resolved")} == {
        "calls": 2, "withdrawn": 1, "called": 3, "due": 3, "resolved": 1,
    }  # fmt: skip
    assert (counts["in_time"], counts["unanswered"]) == (1, 1)
    for name in ("called", "due", "in_time", "unanswered", "scored", "score_sum"):
        assert sum(getattr(unit, name) for unit in told.units) == counts[name]
    assert [unit.late for unit in told.units] == [0, 1, 0]


async def figures(town, since, until):
    """Counts of the hours from `since` until `until` from now."""
    now = datetime.now(UTC)
    async with transaction(town) as session:
        told = await whistle_figures.figures(
            session,
            division=None,
            since=now + timedelta(hours=since),
            until=now + timedelta(hours=until),
        )
    return told.counts


def assert_counts(counts, **expected):
    assert {name: counts[name] for name in expected} == expected


async def test_a_unit_counts_where_its_time_runs_out_and_a_call_where_it_was_made(town, post):
    await post("desk", "", a_call("D00", "D01"), 201)
    await let_pass(town, 30)
    nobody = {"due": 0, "checked_in": 0, "in_time": 0, "unanswered": 0}
    # Made 30 hours ago, to be there within 24.
    assert_counts(await figures(town, -31, -29), calls=1, called=2, **nobody)
    assert_counts(await figures(town, -29, -7), calls=0, called=0, **nobody)
    assert_counts(await figures(town, -7, 0), calls=0, called=0, due=2, unanswered=2)
    assert_counts(await figures(town, -31, 9), calls=1, called=2, due=2, unanswered=2)


async def test_a_window_that_is_past_stays_as_it_was(town, post):
    """What is done after the window changes nothing in it."""
    number = (await post("desk", "", a_call("D00"), 201))["id"]
    await let_pass(town, 48)
    before = await figures(town, -49, -1)
    assert_counts(before, calls=1, due=1, unanswered=1, late=0, judged=0, resolved=0)
    await post("department", f"/{number}/check-ins", there("D00"))
    await post("desk", f"/{number}/judgement", {"resolved": True, "note": "好"})
    await post("desk", f"/{number}/closing", scores("D00", score=4))
    assert await figures(town, -49, -1) == before
    assert_counts(
        await figures(town, -49, 1), due=1, unanswered=0, late=1, judged=1, resolved=1,
        closed=1, scored=1, score_sum=4,
    )  # fmt: skip


async def test_nobody_is_late_for_what_was_over_in_time(town, post):
    """Called back, or judged while a unit still had time; too late it no longer helps."""
    judged = (await post("desk", "", a_call("D00", "D01"), 201))["id"]
    await post("department", f"/{judged}/check-ins", there("D00"))
    await post("desk", f"/{judged}/judgement", {"resolved": True, "note": "好"})
    withdrawn = (await post("desk", "", a_call("D02"), 201))["id"]
    await post("desk", f"/{withdrawn}/withdrawal", {"note": "误吹"})
    too_late = (await post("desk", "", a_call("D03"), 201))["id"]
    await let_pass(town, 25)
    await post("desk", f"/{too_late}/withdrawal", {"note": "无人到场"})
    assert_counts(await figures(town, -26, 1), calls=1, withdrawn=2, due=2, in_time=1, unanswered=1)


async def test_the_last_word_before_the_end_counts(town, post):
    number = (await post("desk", "", a_call("D00"), 201))["id"]
    await post("department", f"/{number}/check-ins", there("D00"))
    await post("desk", f"/{number}/judgement", {"resolved": False, "note": "未解决"})
    await let_pass(town, 2)
    await post("desk", f"/{number}/judgement", {"resolved": True, "note": "已解决"})
    assert_counts(await figures(town, -3, -1), judged=1, resolved=0)
    assert_counts(await figures(town, -3, 1), judged=1, resolved=1)


async def test_a_window_that_ends_before_it_begins_is_refused(town):
    now = datetime.now(UTC)
    async with transaction(town) as session:
        with pytest.raises(BadInput):
            await whistle_figures.figures(session, division=None, since=now, until=now)

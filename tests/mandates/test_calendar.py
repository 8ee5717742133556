"""When time limits end: by rules, by hand, and against a reference that walks minute by minute."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.errors import BadInput
from gridsvc.mandates.calendar import (
    ZONE,
    OfficeHours,
    TimeUnit,
    WorkingCalendar,
    due_at,
    sessions_of,
)

MORNING_AND_AFTERNOON = sessions_of("08:30-12:00;14:00-17:30")
HOURS, WORKING_HOURS, WORKING_DAYS = TimeUnit
SIX_HOLIDAYS = frozenset(date(2026, 10, day) for day in range(1, 8))


def calendar(days_off=(), make_up=(), sessions=MORNING_AND_AFTERNOON):
    hours = OfficeHours(date(2026, 1, 1), date(2026, 12, 31), sessions)
    return WorkingCalendar((hours,), frozenset(days_off), frozenset(make_up))


def local(*parts):
    return datetime(*parts, tzinfo=ZONE)


#: 2026-11-27 is a Friday.
@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        (local(2026, 11, 27, 16), 24, HOURS, local(2026, 11, 28, 16)),
        (local(2026, 11, 27, 16), 1, WORKING_HOURS, local(2026, 11, 27, 17)),
        (local(2026, 11, 27, 16), 1.5, WORKING_HOURS, local(2026, 11, 27, 17, 30)),
        (local(2026, 11, 27, 16), 4, WORKING_HOURS, local(2026, 11, 30, 11)),
        (local(2026, 11, 27, 12, 30), 1, WORKING_HOURS, local(2026, 11, 27, 15)),
        (local(2026, 11, 28, 9), 2, WORKING_HOURS, local(2026, 11, 30, 10, 30)),
        (local(2026, 11, 27, 8), 1, WORKING_DAYS, local(2026, 11, 30, 17, 30)),
        (local(2026, 11, 28, 8), 1, WORKING_DAYS, local(2026, 11, 30, 17, 30)),
        (local(2026, 11, 26, 23), 0.5, WORKING_DAYS, local(2026, 11, 27, 12)),
        (local(2026, 11, 26, 23), 1.5, WORKING_DAYS, local(2026, 11, 30, 12)),
        (local(2026, 9, 30, 16), 7, WORKING_DAYS, local(2026, 10, 15, 17, 30)),
    ],
)
def test_by_hand(start, amount, unit, due):
    known = calendar(SIX_HOLIDAYS, make_up=[date(2026, 10, 10)])
    assert due_at(start, amount, unit, known) == due


def test_a_day_off_moves_the_end_and_a_worked_saturday_moves_it_back():
    start, saturday = local(2026, 11, 26, 9), date(2026, 11, 28)
    one_off = due_at(start, 1, WORKING_DAYS, calendar([date(2026, 11, 27)]))
    assert one_off == local(2026, 11, 30, 17, 30)
    made_up = due_at(start, 1, WORKING_DAYS, calendar([date(2026, 11, 27)], [saturday]))
    assert made_up == local(2026, 11, 28, 17, 30)


def test_office_hours_change_with_the_season():
    winter = OfficeHours(date(2026, 1, 1), date(2026, 6, 14), sessions_of("09:00-17:00"))
    summer = OfficeHours(date(2026, 6, 15), date(2026, 9, 15), sessions_of("08:00-12:00"))
    known = WorkingCalendar((winter, summer))
    assert due_at(local(2026, 6, 12, 12), 1, WORKING_DAYS, known) == local(2026, 6, 15, 12)


@pytest.mark.parametrize("unit", [WORKING_HOURS, WORKING_DAYS])
def test_a_missing_year_is_named(unit):
    with pytest.raises(BadInput, match="calendar for the year 2027"):
        due_at(local(2026, 12, 31, 17), 3, unit, calendar())
    with pytest.raises(BadInput, match="calendar for the year 2025"):
        due_at(local(2025, 12, 31, 17), 3, WORKING_HOURS, calendar())
    # Nobody has to know the calendar for plain hours.
    assert due_at(local(2026, 12, 31, 17), 24, HOURS, WorkingCalendar()) == local(2027, 1, 1, 17)


@pytest.mark.parametrize("amount", [0, -1, float("nan"), float("inf")])
def test_no_amount_is_no_limit(amount):
    with pytest.raises(BadInput, match="above 0"):
        due_at(local(2026, 5, 1), amount, HOURS, calendar())


@pytest.mark.parametrize(
    "hours",
    [
        *("", "8-12", "12:00-08:00", "08:00", "25:00-26:00", "08:00+08:00-12:00+08:00"),
        *("08:00-12:00;11:00-13:00", "08:00-12:00;12:00-13:00"),
    ],
)
def test_hours_that_are_none_are_refused(hours):
    with pytest.raises(BadInput, match="office hours"):
        sessions_of(hours)


starts = st.datetimes(datetime(2026, 1, 2), datetime(2026, 9, 30)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=ZONE)
)
amounts = st.integers(1, 96).map(lambda quarters: quarters / 4)
some_days = st.frozensets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=40)
units = st.sampled_from(TimeUnit)
working = st.sampled_from([WORKING_HOURS, WORKING_DAYS])
several_sessions = st.lists(st.integers(0, 95), min_size=2, max_size=6, unique=True).map(
    lambda quarters: tuple(
        (time(opens // 4, opens % 4 * 15), time(closes // 4, closes % 4 * 15))
        for opens, closes in zip(sorted(quarters)[::2], sorted(quarters)[1::2], strict=False)
    )
)


@given(starts, starts, amounts, units, some_days, some_days, several_sessions)
def test_who_begins_later_is_not_due_earlier(one, other, amount, unit, off, extra, sessions):
    known = calendar(off, extra, sessions)
    first, second = sorted([one, other])
    assert due_at(first, amount, unit, known) <= due_at(second, amount, unit, known)


@given(starts, amounts, amounts, units, some_days, some_days, several_sessions)
def test_more_is_not_due_earlier(start, one, other, unit, off, extra, sessions):
    known = calendar(off, extra, sessions)
    less, more = sorted([one, other])
    assert start < due_at(start, less, unit, known) <= due_at(start, more, unit, known)


@given(starts, amounts, working, some_days, some_days, several_sessions)
def test_nothing_is_due_outside_working_time(start, amount, unit, off, extra, sessions):
    known = calendar(off, extra, sessions)
    due = due_at(start, amount, unit, known).astimezone(ZONE)
    assert any(opens < due.time() <= closes for opens, closes in known.sessions(due.date()))


@given(starts, amounts, units, some_days, some_days, some_days)
def test_a_day_off_more_makes_nothing_due_earlier(start, amount, unit, off, more, extra):
    known, fewer = calendar(off, extra), calendar(off | more, extra)
    assert due_at(start, amount, unit, known) <= due_at(start, amount, unit, fewer)


def works(known, moment):
    """Whether the quarter of an hour that begins at a moment is worked."""
    day = moment.date()
    resting = moment.weekday() >= 5 and day not in known.make_up
    if resting or day in known.days_off:
        return False
    return any(opens <= moment.time() < closes for opens, closes in known.hours[0].sessions)


def walked(start, amount, unit, known):
    """The end of a limit, by walking through the calendar in quarters of an hour."""
    step = timedelta(minutes=15)
    moment = start.replace(tzinfo=None)
    if unit is WORKING_HOURS:
        left = round(amount * 4)
    else:
        moment = datetime.combine(moment.date() + timedelta(days=1), time())
        days = 0
        while True:
            quarters = sum(works(known, moment + n * step) for n in range(96))
            days += quarters > 0
            if quarters and days >= amount:
                left = (amount - days + 1) * quarters
                break
            moment += timedelta(days=1)
    while left > 0:
        if works(known, moment):
            if left < 1:
                return (moment + step * left).replace(tzinfo=ZONE)
            left -= 1
        moment += step
    return moment.replace(tzinfo=ZONE)


@settings(max_examples=60, deadline=None)
@given(
    starts.map(lambda moment: moment.replace(minute=moment.minute // 15 * 15)),
    amounts, working, some_days, some_days, several_sessions,
)  # fmt: skip
def test_it_is_what_a_walk_through_the_calendar_gives(start, amount, unit, off, extra, sessions):
    known = calendar(off, extra, sessions)
    assert due_at(start, amount, unit, known) == walked(start, amount, unit, known)


def test_a_time_without_a_zone_is_a_fault_of_the_caller():
    with pytest.raises(ValueError, match="zone"):
        due_at(datetime(2026, 5, 1), 1, HOURS, calendar())
    assert due_at(local(2026, 5, 1), 1, HOURS, calendar()).tzinfo is UTC

"""Working time as data, and when a time limit that runs in it ends; pure.

How periods run follows the Civil Code (民法典): a day on which a period begins does not count
(art. 201), and a period of days ends when business ends on its last day (art. 203).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from gridsvc.errors import BadInput

#: Zone in which offices work and lists take effect.
ZONE = ZoneInfo("Asia/Shanghai")

_DAY = timedelta(days=1)
_SATURDAY = 5


class TimeUnit(StrEnum):
    """What a time limit is counted in (小时/工作时/工作日)."""

    HOURS = "hours"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True)
class OfficeHours:
    """Hours of a working day, from one day to another, both included.

    Attributes
    ----------
    sessions
        Beginning and end of each part of the day, in order, none touching another.
    """

    first: date
    last: date
    sessions: tuple[tuple[time, time], ...]


def sessions_of(hours: str) -> tuple[tuple[time, time], ...]:
    """Parts of a working day as lists write them, ``08:30-12:00;14:00-17:30``.

    Raises
    ------
    BadInput
        If they cannot be read, are not in order, or touch each other.
    """
    try:
        parts = [
            (time.fromisoformat(opens), time.fromisoformat(closes))
            for opens, closes in (part.strip().split("-") for part in hours.split(";"))
        ]
    except ValueError as failure:
        raise BadInput(f"{hours!r} are no office hours; write 08:30-12:00;14:00-17:30") from failure
    moments = [moment for part in parts for moment in part]
    if any(moment.tzinfo for moment in moments) or sorted(set(moments)) != moments:
        raise BadInput(f"office hours {hours!r} are not in order; write 08:30-12:00;14:00-17:30")
    return tuple(parts)


@dataclass(frozen=True)
class WorkingCalendar:
    """When offices work.

    Attributes
    ----------
    hours
        Office hours by time of year; days that none of them covers are not known.
    days_off
        Days off beside Saturdays and Sundays.
    make_up
        Saturdays and Sundays that are worked (调休).
    """

    hours: tuple[OfficeHours, ...] = ()
    days_off: frozenset[date] = frozenset()
    make_up: frozenset[date] = frozenset()

    def sessions(self, day: date) -> tuple[tuple[time, time], ...]:
        """Parts of a day in which offices work; none on a day off.

        Raises
        ------
        BadInput
            If the calendar does not reach that day; the message names its year.
        """
        covering = (one for one in self.hours if one.first <= day <= one.last)
        known = next(covering, None)
        if known is None:
            raise BadInput(
                f"the working calendar has no office hours for {day.isoformat()}; "
                f"load a calendar for the year {day.year}"
            )
        resting = day.weekday() >= _SATURDAY and day not in self.make_up
        return () if resting or day in self.days_off else known.sessions


def due_at(
    start: datetime, amount: float, time_unit: TimeUnit, calendar: WorkingCalendar
) -> datetime:
    """When a limit that begins to run at `start` ends; UTC.

    Working hours run while offices work. Of working days the first is the one after the day of
    `start`, and the last is due when its business ends; half a day is half of that day's
    working time.

    Parameters
    ----------
    start
        With a zone; the day it falls on is that in `ZONE`.
    amount
        Above 0, fractions allowed.

    Raises
    ------
    BadInput
        If the calendar does not reach far enough, or the amount is no such number.

    Examples
    --------
    >>> year = OfficeHours(date(2026, 1, 1), date(2026, 12, 31), ((time(9), time(17)),))
    >>> friday = datetime(2026, 11, 27, 16, tzinfo=ZONE)
    >>> due_at(friday, 2, TimeUnit.WORKING_HOURS, WorkingCalendar((year,))).astimezone(ZONE)
    datetime.datetime(2026, 11, 30, 10, 0, tzinfo=zoneinfo.ZoneInfo(key='Asia/Shanghai'))
    """
    if start.tzinfo is None:
        raise ValueError("a limit cannot run from a time without a zone")
    if not (math.isfinite(amount) and amount > 0):
        raise BadInput(f"a time limit of {amount} is none; give an amount above 0")
    if time_unit is TimeUnit.HOURS:
        return start.astimezone(UTC) + timedelta(hours=amount)
    begin = start.astimezone(ZONE).replace(tzinfo=None)
    if time_unit is TimeUnit.WORKING_HOURS:
        end = _after_working_time(begin, timedelta(hours=amount), calendar)
    else:
        end = _after_working_days(begin.date(), amount, calendar)
    return end.replace(tzinfo=ZONE).astimezone(UTC)


def _after_working_time(begin: datetime, left: timedelta, calendar: WorkingCalendar) -> datetime:
    for opens, closes in _spans_from(begin.date(), calendar):
        opened = max(opens, begin)
        if closes - opened >= left:
            return opened + left
        left -= max(closes - opened, timedelta())
    raise AssertionError("days never run out")


def _after_working_days(begin: date, amount: float, calendar: WorkingCalendar) -> datetime:
    whole = math.ceil(amount)
    share_of_last = amount - (whole - 1)
    day = begin
    for _ in range(whole):
        day += _DAY
        while not calendar.sessions(day):
            day += _DAY
    spans = _at(day, calendar.sessions(day))
    working_time = sum((closes - opens for opens, closes in spans), timedelta())
    return _within(spans, working_time * share_of_last)


def _within(spans: Sequence[tuple[datetime, datetime]], passed: timedelta) -> datetime:
    """When so much of a day's working time has passed."""
    for opens, closes in spans:
        if closes - opens >= passed:
            return opens + passed
        passed -= closes - opens
    return spans[-1][1]


def _spans_from(day: date, calendar: WorkingCalendar) -> Iterator[tuple[datetime, datetime]]:
    """Working time from a day on; `WorkingCalendar.sessions` tells where the calendar ends."""
    while True:
        yield from _at(day, calendar.sessions(day))
        day += _DAY


def _at(day: date, sessions: Sequence[tuple[time, time]]) -> list[tuple[datetime, datetime]]:
    return [
        (datetime.combine(day, opens), datetime.combine(day, closes)) for opens, closes in sessions
    ]


def time_shown(at: datetime) -> str:
    """A time as notices and messages tell it, in the zone of the offices."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")

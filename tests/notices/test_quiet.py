"""Quiet hours, over midnight and not."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.notices.quiet import after_quiet

CHINA = ZoneInfo("Asia/Shanghai")


def at(hour, minute=0, day=26):
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "begins", "ends", "sent"),
    [
        (at(12), time(22), time(7), at(12)),
        (at(22), time(22), time(7), at(7, day=27)),
        (at(23, 59), time(22), time(7), at(7, day=27)),
        (at(3), time(22), time(7), at(7)),
        (at(7), time(22), time(7), at(7)),
        (at(12, 30), time(12), time(14), at(14)),
        (at(14), time(12), time(14), at(14)),
        (at(3), None, None, at(3)),
        (at(3), time(0), time(0), at(3)),
    ],
)
def test_reminders_wait_for_the_end(now, begins, ends, sent):
    assert after_quiet(now, begins, ends, CHINA) == sent


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.times(),
    st.times(),
)
def test_it_is_never_earlier_and_never_a_day_later_and_not_quiet_then(now, begins, ends):
    sent = after_quiet(now, begins, ends, CHINA)
    assert 0 <= (sent - now).total_seconds() < 86400
    assert after_quiet(sent, begins, ends, CHINA) == sent

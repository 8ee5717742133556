"""The demonstration's reception month is one whose first day of hearing is past."""

from datetime import date, timedelta

import pytest

from gridsvc.town.calling import latest_heard


@pytest.mark.parametrize("begins", [date(2026, 1, 1), date(2024, 2, 27)])
def test_the_month_begins_and_its_first_hearing_is_past(begins):
    for today in (begins + timedelta(days=n) for n in range(60)):
        month = latest_heard(today, 6)
        assert month.day == 1
        assert month.replace(day=6) < today <= month + timedelta(days=38)

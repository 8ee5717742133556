"""Two periods: what lies in which, and differences of periods of different length."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.errors import BadInput
from gridsvc.maps.change import change, period_of, two_periods

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 27, 9, 30, tzinfo=ZONE)


def test_days_are_of_the_zone_and_both_ends_are_in():
    september = period_of("2026-09-01/2026-09-30", ZONE)
    assert september.begin == datetime(2026, 9, 1, tzinfo=ZONE)
    assert september.days == 30
    assert september.told == "2026-09-01 – 2026-09-30"


def test_without_a_wish_it_is_the_last_days_and_as_long_before():
    before, after = two_periods(NOW, 7)
    assert after.end == NOW
    assert before.end == after.begin == NOW - timedelta(days=7)
    assert before.days == 7


@pytest.mark.parametrize(
    "text",
    ["", "2026-09-01", "2026-09-30/2026-09-01", "2026-13-01/2026-13-02", "1900-01-01/2026-01-01",
     "2026-09-01/2026-09-02/2026-09-03", "0001-01-01/0001-01-02", "9999-01-01/9999-12-31\x00"],
)  # fmt: skip
def test_what_is_no_period_is_refused(text):
    with pytest.raises(BadInput, match="period"):
        period_of(text, ZONE)


def test_the_period_before_must_end_first():
    with pytest.raises(BadInput, match="must end before"):
        two_periods(NOW, 7, "2026-09-01/2026-09-30", "2026-09-15/2026-10-15")


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=40))
def test_every_cell_is_in_the_class_its_difference_says(counts):
    before, after = two_periods(NOW, 30)
    figures = pd.DataFrame(counts, columns=["before", "after"])
    theme = change(figures, before, after, ("受理事件", "events received"))
    assert sum(theme.counts) == len(counts)
    for (earlier, later), level in zip(counts, theme.level, strict=True):
        assert (later > earlier) == (level > 2)
        assert (later == earlier) == (level == 2)
    assert f"{figures['before'].sum()} 件 ÷ 30 天" in dict(theme.rows).values()


def test_periods_of_different_length_are_compared_by_rate():
    before, after = two_periods(NOW, 7, "2026-09-01/2026-09-10", "2026-06-01/2026-08-29")
    figures = pd.DataFrame({"before": [90], "after": [10]})
    theme = change(figures, before, after, ("受理事件", "events received"))
    assert theme.columns["change_by"].tolist() == ["0"]
    assert theme.labels[theme.level.iloc[0]] == "不变"

"""When stages are due: by the limits in force at filing, and with a reason where nobody knows."""

from datetime import UTC, datetime, timedelta

import pytest

from gridsvc.events.stages import Stage
from gridsvc.events.timing import _start, following
from gridsvc.mandates.calendar import TimeUnit, WorkingCalendar
from gridsvc.mandates.lists import Limit

AT = datetime(2026, 11, 26, 1, tzinfo=UTC)


def limits(*rows):
    return [Limit("E", *row[:3], row[3], TimeUnit(row[4])) for row in rows]


HOURLY = limits(
    ("dispatch", 1, "", 2, "hours"), ("accept", 1, "", 1, "hours"),
    ("handle", 2, "罚款", 7, "hours"), ("handle", 1, "停工", 4, "hours"),
    ("handle", 5, "拆除", 20, "hours"), ("verify", 1, "", 8, "hours"), ("close", 1, "", 3, "hours"),
)  # fmt: skip


def start(stage, rows, after=0):
    return _start(stage, AT, rows, WorkingCalendar(), after)


@pytest.mark.parametrize(
    ("stage", "hours"),
    [(Stage.DISPATCH, 2), (Stage.ACCEPT, 1), (Stage.VERIFY, 8), (Stage.CLOSE, 3)],
)
def test_each_stage_has_its_limit(stage, hours):
    assert start(stage, HOURLY).due_at == AT + timedelta(hours=hours)


def test_steps_come_in_the_order_of_their_sequence():
    names, after = [], 0
    while (limit := following(HOURLY, after)) is not None:
        told = start(Stage.HANDLE, HOURLY, after)
        assert (told.name, told.sequence) == (limit.name, limit.sequence)
        assert told.due_at == AT + timedelta(hours=limit.amount)
        names.append(told.name)
        after = limit.sequence
    assert names == ["停工", "罚款", "拆除"]


def test_the_case_is_due_when_all_that_follows_one_another_is():
    assert start(Stage.CASE, HOURLY).due_at == AT + timedelta(hours=2 + 4 + 7 + 20 + 8 + 3)


def test_without_a_limit_nothing_is_due():
    for stage in Stage:
        told = start(stage, [])
        assert (told.due_at, told.undated_because) == (None, None)
    # Nobody can say when a case is due whose work has no limit.
    assert start(Stage.CASE, limits(("dispatch", 1, "", 2, "hours"))).due_at is None

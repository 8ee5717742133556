"""When stages are due: by the limits in force at filing, and with a reason where nobody knows."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gridsvc.db import transaction
from gridsvc.events.escalation import escalate
from gridsvc.events.stages import Stage
from gridsvc.events.timing import _start, date_undated, following
from gridsvc.mandates import service as mandates
from gridsvc.mandates.calendar import ZONE, TimeUnit, WorkingCalendar
from gridsvc.mandates.lists import Limit
from tests.flows.test_event_walks import table
from tests.flows.test_report_to_close import body
from tests.limits import load_limits
from tests.towns import a_person, an_officer, middle, staff

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


async def due_of(town, stage="handle"):
    (row,) = await table(
        town, f"SELECT due_at, undated_because FROM event_stage WHERE stage = '{stage}'"
    )
    return row["due_at"], row["undated_because"]


@pytest.fixture
async def staffed(town, client):
    await staff(town, a_person("w0", middle(0, 0), capacity=9))
    return client


async def load_calendar(town, *years):
    hours = {"kind": "hours", "name": "", "hours": "09:00-12:00;14:00-18:00"}
    entries = [{"first": date(y, 1, 1), "last": date(y, 12, 31)} | hours for y in years]
    async with transaction(town) as session:
        await mandates.load_list(session, "calendars", entries)


async def test_a_missing_calendar_loses_no_report_and_is_made_good_later(town, staffed):
    await load_limits(town, ("handle", 1, "", 2.0), time_unit="working_days")
    answer = await staffed.post("/api/events", json=body())
    assert answer.status_code == 201
    year = datetime.now(ZONE).year
    due, why = await due_of(town)
    assert due is None
    assert str(year) in why
    assert (await escalate(town), await date_undated(town)) == (0, 0)
    await load_calendar(town, year, year + 1)
    assert await date_undated(town) == 2
    due, why = await due_of(town)
    assert why is None
    end = due.astimezone(ZONE)
    assert (end.hour, end.weekday() < 5) == (18, True)
    assert due > datetime.now(UTC)


async def test_limits_of_the_time_of_filing_hold_to_the_end(town, staffed):
    """A list that is loaded later changes nothing for what was filed before."""
    await load_limits(town, ("handle", 1, "", 4.0), ("verify", 1, "", 8.0))
    event = (await staffed.post("/api/events", json=body())).json()
    await load_limits(town, ("handle", 1, "", 40.0), ("verify", 1, "", 80.0))
    await staffed.post(f"/api/events/{event['id']}/moves", json={"to_state": "HANDLED"})
    (row,) = await table(
        town, "SELECT due_at - started_at AS allowed FROM event_stage WHERE stage = 'verify'"
    )
    assert row["allowed"] == timedelta(hours=8)
    await staffed.post("/api/events", json=body())
    rows = await table(
        town, "SELECT due_at - started_at AS allowed FROM event_stage WHERE stage = 'handle'"
    )
    assert [row["allowed"] for row in rows] == [timedelta(hours=4), timedelta(hours=40)]


async def test_limits_of_the_city_hold_for_whatever_a_county_takes_up(town, staffed):
    """What the service does by itself it does for one county, and sees what holds there."""
    await load_limits(town, ("handle", 1, "", 4.0), area="990100000000")
    event = (await staffed.post("/api/events", json=body(matter="E02"))).json()
    assert event["handler"] is None
    await staff(town, an_officer("o", middle(0, 0), on_duty=False))
    told = await staffed.post("/api/people/o/duty", json={"on_duty": True})
    assert told.json()["taken_up"] == [event["id"]]
    due, _ = await due_of(town)
    assert due is not None

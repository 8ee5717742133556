"""A demonstration's past: ways the states allow, all over before now, on time and late."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.events.schemas import EventIn
from gridsvc.town.past import DAYS, bring_along
from tests.flows.test_report_to_close import body
from tests.limits import HOURS, load_limits
from tests.towns import BLOCKS, a_person, an_officer, middle, staff

ZONE = ZoneInfo("Asia/Shanghai")
OUTSIDE = {"lon": 119.5, "lat": 33.0}


@pytest.fixture
async def brought(town):
    """Engine of a town with a past, and how many events that is."""
    await staff(town, a_person("w0", middle(0, 0)), an_officer("o0", middle(3, 3)))
    await load_limits(town, *HOURS)
    reports = [EventIn(**body(column, row)) for column in range(BLOCKS) for row in range(BLOCKS)]
    reports.append(EventIn(**body(**OUTSIDE)))
    async with transaction(town) as session:
        number = await bring_along(session, reports, ZONE)
    return town, number


async def counted(engine, question):
    async with engine.connect() as connection:
        return (await connection.execute(text(question), {"days": DAYS})).one()


async def test_every_event_is_over_and_lies_in_the_weeks_before_today(brought):
    engine, number = brought
    assert number > DAYS
    told = await counted(
        engine,
        "SELECT count(*), count(*) FILTER (WHERE state = 'CLOSED' AND handler_id IS NOT NULL),"
        " min(received_at) >= now() - make_interval(days => :days + 1), max(received_at) < now()"
        " FROM event",
    )
    assert tuple(told) == (number, number, True, True)


async def test_nothing_is_left_open_or_later_than_now(brought):
    engine, number = brought
    told = await counted(
        engine,
        "SELECT (SELECT count(*) FROM event_stage WHERE done_at IS NULL OR done_at >= now()),"
        " (SELECT count(*) FROM assignment WHERE released_at IS NULL OR released_at >= now()),"
        " (SELECT count(DISTINCT event_id) FROM assignment),"
        " (SELECT count(*) FROM event_history WHERE at >= now()),"
        " (SELECT coalesce(sum(open_count), 0) FROM workload)",
    )
    assert tuple(told) == (0, 0, number, 0, 0)


async def test_history_goes_on_in_time(brought):
    engine, _ = brought
    told = await counted(
        engine,
        "SELECT count(*) FROM (SELECT at < lag(at) OVER (PARTITION BY event_id ORDER BY id) AS back"
        " FROM event_history) line WHERE back",
    )
    assert tuple(told) == (0,)


async def test_some_work_is_late_and_some_is_sent_back_but_most_is_not(brought):
    engine, number = brought
    late, due, sent_back = await counted(
        engine,
        "SELECT count(*) FILTER (WHERE done_at > due_at), count(due_at),"
        " (SELECT count(*) FROM event_history WHERE to_state = 'RETURNED')"
        " FROM event_stage WHERE stage = 'handle'",
    )
    assert 0 < late < due / 2
    assert 0 < sent_back < number / 4

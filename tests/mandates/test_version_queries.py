"""Versions of lists: what held when, what changed, and that nothing told again changes anything."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from gridsvc.codes import WHOLE
from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.mandates import queries, service, version_queries
from gridsvc.mandates.calendar import ZONE, TimeUnit
from gridsvc.mandates.service import Edition
from tests.towns import COMMUNITY, COUNTY, load_lists

CITY = "990100000000"


def limit(matter="E", amount=3.0, stage="handle", sequence=1, name="", unit="working_days"):
    return {
        "matter_code": matter, "stage": stage, "sequence": sequence, "name": name,
        "amount": amount, "time_unit": unit,
    }  # fmt: skip


def calendar(year, *days_off):
    common = {"name": "x", "hours": None}
    hours = {"first": date(year, 1, 1), "last": date(year, 12, 31), "kind": "hours"}
    return [
        hours | {"name": "办公时间", "hours": "09:00-17:00"},
        *(common | {"first": day, "last": day, "kind": "off"} for day in days_off),
    ]


async def load(engine, kind, rows, **edition):
    async with transaction(engine) as session:
        return await service.load_list(session, kind, rows, Edition(**edition))


async def held(engine, at=None, division=COMMUNITY, matter="E01"):
    """Amounts of the limits of handling that hold at a time."""
    async with transaction(engine) as session:
        moment = at or await queries.now(session)
        found = await queries.limits_of(session, matter, division, moment)
        return [one.amount for one in found if one.stage == "handle"]


async def count(engine, kind="limits"):
    async with transaction(engine) as session:
        return (await version_queries.versions(session, kind=kind, limit=9, offset=0))[1]


@pytest.fixture
async def now(engine):
    async with transaction(engine) as session:
        await load_lists(session)
        return await queries.now(session)


@pytest.fixture
def today(now):
    return now.astimezone(ZONE).date()


async def test_the_first_list_holds_for_what_was_there_before(engine, now):
    await load(engine, "limits", [limit()])
    assert await held(engine, now - timedelta(days=900)) == [3]


async def test_what_held_when_something_was_filed_stays(engine, now):
    await load(engine, "limits", [limit(amount=3)])
    async with transaction(engine) as session:
        filed_at = await queries.now(session)
    await load(engine, "limits", [limit(amount=5)])
    assert (await held(engine, filed_at), await held(engine)) == ([3], [5])
    assert await count(engine) == 2


async def test_the_same_list_again_changes_nothing(engine, now, today):
    rows = [limit(), limit("E01", 1)]
    for edition in ({}, {"source": "again"}, {"effective_from": today}):
        await load(engine, "limits", rows, **edition)
        rows.reverse()
    assert await count(engine) == 1
    for _ in range(2):
        async with transaction(engine) as session:
            await load_lists(session)
    assert (await count(engine, "matters"), await count(engine, "powers")) == (1, 1)


async def test_a_list_of_tomorrow_holds_tomorrow(engine, now, today):
    await load(engine, "limits", [limit(amount=3)])
    tomorrow = today + timedelta(days=1)
    await load(engine, "limits", [limit(amount=5)], effective_from=tomorrow)
    assert await held(engine) == [3]
    assert await held(engine, now + timedelta(days=1)) == [5]
    # One that begins before it does not undo it.
    await load(engine, "limits", [limit(amount=4)])
    assert await held(engine) == [4]
    assert await held(engine, now + timedelta(days=1)) == [5]


async def test_nothing_is_judged_anew(engine, now, today):
    await load(engine, "limits", [limit(amount=3)], effective_from=date(2026, 1, 1))
    assert await held(engine, now.replace(year=2025)) == []
    with pytest.raises(BadInput, match=f"give {today} or a later day"):
        await load(engine, "limits", [limit(amount=9)], effective_from=date(2026, 2, 1))
    # To say again what held is no change.
    await load(engine, "limits", [limit(amount=3)], effective_from=date(2026, 2, 1))
    assert await count(engine) == 1


async def test_the_nearest_area_that_has_a_list_decides(engine, now):
    await load(engine, "limits", [limit(amount=9)])
    await load(engine, "limits", [limit(amount=8)], division_code=CITY)
    assert await held(engine) == [8]
    await load(engine, "limits", [limit(amount=7)], division_code=COUNTY)
    assert await held(engine) == [7]
    assert await held(engine, division="880101001001") == [9]
    assert await held(engine, division="990102001001") == [8]


async def test_limits_are_inherited_stage_by_stage(engine, now):
    rows = [
        limit(), limit(stage="file", amount=1), limit("E01", 4, unit="working_hours", name="停工"),
        limit("E01", 7, sequence=2, name="罚款"), limit("E01", 20, sequence=3, name="拆除"),
    ]  # fmt: skip
    await load(engine, "limits", rows)
    async with transaction(engine) as session:
        moment = await queries.now(session)
        own = await queries.limits_of(session, "E01", COMMUNITY, moment)
        other = await queries.limits_of(session, "E02", COMMUNITY, moment)
        unknown = await queries.limits_of(session, "X", COMMUNITY, moment)
    assert [(one.stage, one.name, one.matter_code) for one in own] == [
        ("file", "", "E"), ("handle", "停工", "E01"), ("handle", "罚款", "E01"),
        ("handle", "拆除", "E01"),
    ]  # fmt: skip
    assert own[1].time_unit is TimeUnit.WORKING_HOURS
    assert [one.stage for one in other] == ["file", "handle"]
    assert unknown == []


async def test_a_calendar_grows_by_its_years(engine, now):
    await load(engine, "calendars", calendar(2026, date(2026, 10, 1)))
    await load(engine, "calendars", calendar(2027, date(2027, 10, 1)))
    await load(engine, "calendars", calendar(2027, date(2027, 10, 4)))
    async with transaction(engine) as session:
        known = await queries.calendar_of(session, COMMUNITY)
    assert known.days_off == {date(2026, 10, 1), date(2027, 10, 4)}
    assert {hours.first.year for hours in known.hours} == {2026, 2027}
    await load(engine, "calendars", calendar(2026, date(2026, 10, 1)))
    assert await count(engine, "calendars") == 3


async def test_without_a_calendar_the_year_is_named(session):
    known = await queries.calendar_of(session, COMMUNITY)
    with pytest.raises(BadInput, match="the year 2026"):
        known.sessions(date(2026, 5, 4))


async def test_a_matter_is_renamed_and_its_old_name_kept(engine, now):
    row = {"code": "E01", "name": "新名", "parent_code": "E", "kind": "grid", "power_code": None}
    async with transaction(engine) as session:
        before = await queries.now(session)
    async with transaction(engine) as session:
        await service.load_matters(session, [row])
    async with transaction(engine) as session:
        moment = await queries.now(session)
        names = [
            {one["code"]: one["name"] for one in await queries.matters_at(session, at)}
            for at in (before, moment)
        ]
        (new, old), _ = await version_queries.versions(session, kind="matters", limit=9, offset=0)
        changed = await version_queries.differences(session, "matters", old.id, new.id, 9)
    assert (names[0]["E01"], names[1]["E01"]) == ("暴露垃圾", "新名")
    assert set(names[1]) == {"E", "E01", "E02"}
    assert [(one["key"], one["before"]["name"], one["after"]["name"]) for one in changed] == [
        (["E01"], "暴露垃圾", "新名")
    ]


async def test_differences_name_what_came_and_went(engine, now):
    await load(engine, "limits", [limit(), limit("E01", 1)])
    await load(engine, "limits", [limit(amount=4), limit("E02", 2)])
    async with transaction(engine) as session:
        (new, old), _ = await version_queries.versions(session, kind="limits", limit=9, offset=0)
        changed = await version_queries.differences(session, "limits", old.id, new.id, 9)
        none = await version_queries.differences(session, "limits", new.id, new.id, 9)
    told = {one["key"][0]: (one["before"], one["after"]) for one in changed}
    assert {code: (bool(was), bool(is_)) for code, (was, is_) in told.items()} == {
        "E": (True, True), "E01": (True, False), "E02": (False, True)
    }  # fmt: skip
    assert told["E"][1]["amount"] == 4
    assert none == []


async def test_entries_are_told_as_they_were_loaded(engine, now):
    await load(engine, "limits", [limit(), limit("E01", 1)])
    async with transaction(engine) as session:
        version = await version_queries.in_force(session, "limits", [WHOLE], now)
        told = await version_queries.entries(session, "limits", version.id, limit=9, offset=0)
        nothing = await version_queries.version(session, version.id + 1)
        sealed = await session.scalar(text("SELECT max(length(digest)) FROM list_version"))
    assert [row["matter_code"] for row in told] == ["E", "E01"]
    assert version.entries == 2
    assert (nothing, sealed) == (None, 64)

"""The town's lists fit its divisions and the hand-written ones fit each other."""

from datetime import datetime, timedelta

import pandas as pd
import pytest

from gridsvc.exchange import load as loading
from gridsvc.mandates import queries
from gridsvc.mandates.calendar import ZONE, due_at
from gridsvc.mandates.lists import STAGES
from gridsvc.town.codes import read_codes
from gridsvc.town.lists import ON_TRIAL, lists_of
from gridsvc.town.settle import SMALL_TOWN
from tests.who import KEYRING

FILES = (
    *("divisions.gpkg", "powers.csv", "matters.csv", "units.csv", "delegations.csv"),
    *("limits.csv", "policies.csv", "duties.csv", "calendars.csv"),
)


def leaves():
    matters = read_codes().matters
    return sorted(set(matters["code"]) - set(matters["parent"]))


@pytest.fixture
async def listed(session):
    """A session that sees the demonstration town's lists."""
    files = [SMALL_TOWN / name for name in FILES]
    await loading.load(session, loading.jobs(files), keyring=KEYRING)
    return session


async def test_every_leaf_has_a_limit_for_every_stage_that_ends_in_the_calendar(listed):
    moment = datetime(2026, 9, 30, 16, tzinfo=ZONE)
    calendar = await queries.calendar_of(listed, "390121001001")
    staged = set()
    for code in leaves():
        limits = await queries.limits_of(listed, code, "390121001001", moment)
        assert {limit.stage for limit in limits} == set(STAGES), code
        handling = [limit for limit in limits if limit.stage == "handle"]
        ends = [due_at(moment, one.amount, one.time_unit, calendar) for one in handling]
        assert ends == sorted(ends), f"the stages of {code} end in another order"
        if len(ends) > 1:
            assert all(limit.name for limit in handling), code
            staged.add(code)
    assert "E0101" in staged
    assert len(staged) >= 5


async def test_a_guard_rail_is_surveyed_in_two_days_and_stands_in_six(listed):
    moment = datetime(2026, 3, 2, 9, tzinfo=ZONE)
    limits = await queries.limits_of(listed, "P0208", "390121100200", moment)
    assert [(one.name, one.amount) for one in limits if one.stage == "handle"] == [
        ("勘查定案", 2), ("安装修复", 6)
    ]  # fmt: skip


async def test_every_leaf_has_a_policy_and_somebody_who_leads(listed):
    moment = await queries.now(listed)
    for code in leaves():
        policy = await queries.policy_of(listed, code)
        assert policy.matter_code is not None, code
        for community in ("390121001001", "390121100200"):
            duties = await queries.duties_of(listed, code, None, moment, community)
            leads = {one.level for one in duties if one.part == "lead" and one.unit_code}
            assert {"county", "street"} <= leads, code


async def test_the_town_has_what_streets_have_not(listed):
    moment = await queries.now(listed)
    street, town = [
        {one.power_code for one in await queries.powers_in(listed, code, moment)}
        for code in ("390121001001", "390121100200")
    ]
    assert len(town) >= 40
    assert town - street == {"NS01", "NS02", "NS03", "NS04", ON_TRIAL}


async def test_both_years_are_known_and_make_up_days_are_weekends(listed):
    calendar = await queries.calendar_of(listed, "390121001001")
    day, last = datetime(2026, 1, 1).date(), datetime(2027, 12, 31).date()
    worked = 0
    while day <= last:
        worked += bool(calendar.sessions(day))
        day += timedelta(days=1)
    assert 240 * 2 < worked < 255 * 2
    assert all(day.weekday() >= 5 for day in calendar.make_up)


def test_a_town_of_several_counties_has_its_units_at_the_city():
    divisions = pd.DataFrame(
        [("390100000000", "某市", "city"), ("390121000000", "甲县", "county"),
         ("390122000000", "乙县", "county"), ("390121001000", "丙街道", "street"),
         ("390122100000", "丁镇", "street")],
        columns=["code", "name", "level"],
    )  # fmt: skip
    lists = lists_of(read_codes(), divisions)
    units = lists["units"].set_index("code")
    assert units.loc["CGJ", "division_code"] == "390100000000"
    assert units["parent"].isin({"", *units.index}).all()
    assert units.index.is_unique
    assert units.loc["JB390122100", "name"] == "丁镇人民政府"

"""SQL of whistle calls: what is asked for and nothing else, written once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from gridsvc.dispatch import whistle_queries
from gridsvc.dispatch.calls import LADDER, OPEN
from tests.dispatch.whistles import blow, come, judge, units_listed
from tests.flows.test_whistle import a_call, let_pass
from tests.soundness import rows

__all__ = ["units_listed"]  # fixtures


async def ask(town, query, *given, **named):
    async with transaction(town) as session:
        return await query(session, *given, **named)


async def page(town, **asked):
    usual = {"low": "", "high": "~", "state": None, "event": None, "unit": None}
    rows, total = await ask(
        town, whistle_queries.page, **usual | {"limit": 10, "offset": 0} | asked
    )
    return [row["id"] for row in rows], total


async def test_units_exist_from_day_to_day(town, units_listed):
    """OLD ended in 2021; nobody called it before there was a list."""
    codes = ["D00", "OLD", "NO"]
    for year, known in ((2020, {"D00", "OLD"}), (2021, {"D00"}), (2019, set())):
        at = datetime(year, 1, 1, 8, tzinfo=UTC)
        found = await ask(town, whistle_queries.units_now, codes, at=at)
        assert {one["code"] for one in found} == known


async def test_a_key_is_an_accounts_own(town, units_listed):
    call = await blow(town, a_call("D00", client_key="one"))
    desk = units_listed["desk"]
    known = await ask(town, whistle_queries.by_client_key, "one", account_id=desk)
    assert known[0] == call.id
    for key, account in (("two", desk), ("one", units_listed["leader"]), ("one", None)):
        assert await ask(town, whistle_queries.by_client_key, key, account_id=account) is None


async def test_pages_show_what_is_asked_for_newest_first(town, units_listed):
    ids = [(await blow(town, a_call(*units))).id for units in (("D00",), ("D00", "D01"), ("D02",))]
    await come(town, ids[1], "D01")
    assert await page(town) == (ids[::-1], 3)
    assert await page(town, limit=1, offset=1) == ([ids[1]], 3)
    assert await page(town, unit="D00") == ([ids[1], ids[0]], 2)
    assert await page(town, unit="ST") == (ids[::-1], 3)
    assert await page(town, state="CHECKED_IN") == ([ids[1]], 1)
    assert await page(town, low="990102") == ([], 0)
    assert await page(town, event=1) == ([], 0)


async def test_whoever_leads_comes_first(town, units_listed):
    ids = [(await blow(town, a_call("D03", "D00", "D01"))).id for _ in range(2)]
    found = await ask(town, whistle_queries.called_units, ids)
    assert [(one["call_id"], one["unit"], one["leads"]) for one in found] == [
        (number, unit, unit == "D03") for number in ids for unit in ("D03", "D00", "D01")
    ]


@pytest.mark.parametrize(("hours", "rungs"), [(23, 0), (25, 1), (47, 1), (49, 2), (1000, 2)])
async def test_rungs_come_when_their_share_of_the_time_has_passed(town, units_listed, hours, rungs):
    """Where nobody looked for long both come at once, and each once."""
    waits = (await blow(town, a_call("D00", "D01"))).id
    over = (await blow(town, a_call("D02"))).id
    await come(town, waits, "D01")
    await come(town, over, "D02")
    await judge(town, over, True)
    await let_pass(town, hours)
    ladder = {
        "states": sorted(OPEN),
        "names": [rung.name for rung in LADDER],
        "shares": [rung.share for rung in LADDER],
        "ups": [rung.up for rung in LADDER],
    }
    written = await ask(town, whistle_queries.escalate, **ladder)
    assert [(one["unit_code"], one["told_unit"]) for one in written] == [("D00", "GOV")] * rungs
    assert await ask(town, whistle_queries.escalate, **ladder) == []
    kept = await rows(town, "SELECT rung, due_at FROM whistle_escalation ORDER BY due_at")
    assert [one.rung for one in kept] == [rung.name for rung in LADDER][:rungs]


async def test_the_times_of_a_deed_are_the_databases(town, units_listed):
    before = await ask(town, now)
    number = (await blow(town, a_call("D00"))).id
    await come(town, number, "D00")
    await judge(town, number, False)
    after = await ask(town, now)
    call = await ask(town, whistle_queries.call, number)
    lines = await ask(town, whistle_queries.history, number)
    times = [before, call["called_at"], *(line["at"] for line in lines), after]
    assert times == sorted(times)
    assert before < call["judged_at"] < after


async def now(session):
    return await session.scalar(text("SELECT clock_timestamp()"))

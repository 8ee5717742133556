"""Lists by HTTP: what is loaded is read as of a day, compared, and kept to its area."""

from datetime import date, timedelta

import pytest

from gridsvc.db import transaction
from gridsvc.mandates import queries, service
from gridsvc.mandates.service import Edition
from tests.mandates.test_service import delegation, duty, policy, unit
from tests.mandates.test_version_queries import calendar, limit
from tests.towns import COMMUNITY, COUNTY


@pytest.fixture
async def today(town):
    async with transaction(town) as session:
        await service.load_units(session, [unit("CGJ", name="城管局")])
        lists = {
            "limits": [limit("E", 3), limit("E02", 4, unit="working_hours", name="停工")],
            "policies": [policy("E", "nearest")],
            "duties": [duty("E", "department", "CGJ")],
            "delegations": [delegation(COUNTY)],
            "calendars": calendar(2026, date(2026, 10, 1)),
        }
        for kind, rows in lists.items():
            await service.load_list(session, kind, rows, Edition(source=f"{kind}.csv"))
        return (await queries.now(session)).astimezone(service.ZONE).date()


async def get(client, path, status=200, **query):
    answer = await client.get(f"/api/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_matters_are_a_tree(client, today):
    told = await get(client, "matters")
    (root,) = told["matters"]
    assert told["day"] == str(today)
    assert (root["code"], [one["code"] for one in root["matters"]]) == ("E", ["E01", "E02"])


async def test_a_matter_tells_who_may_and_must_and_by_when(client, today):
    told = await get(client, "matters/E02", division=COMMUNITY, at="2026-01-05")
    assert told["classes"] == ["E"]
    assert [(one["name"], one["amount"], one["time_unit"]) for one in told["limits"]] == [
        ("停工", 4, "working_hours")
    ]
    assert told["policy"]["first"] == "nearest"
    assert [(one["part"], one["unit_name"]) for one in told["duties"]] == [("lead", "城管局")]
    assert [one["from_unit"] for one in told["powers"]] == ["城管局"]
    assert told["power_missing"] is None


async def test_a_power_that_expired_is_said_to_have(client, today):
    told = await get(client, "matters/E02", division=COMMUNITY, at="2026-08-01")
    assert told["powers"] == []
    assert "已于 2026-07-01 失效" in told["power_missing"]


async def test_what_is_not_known_is_said_so(client, today):
    told = await get(client, "matters/E99", status=404)
    assert "no matter 'E99'" in told["detail"]
    told = await get(client, "matters/E01", status=404, division="880101000000")
    assert "no division 880101000000" in told["detail"]
    await get(client, "matters/E01", status=422, at="yesterday")
    await get(client, "matters/E01", status=422, division="88")
    await get(client, "lists/999999", status=404)
    await get(client, "calendars", status=404, at="1969-01-01")


async def test_units_and_calendars_are_read(client, today):
    (told,) = await get(client, "units", division=COUNTY)
    assert (told["code"], told["kind"], told["valid_to"]) == ("CGJ", "department", None)
    assert await get(client, "units", at="2019-12-31") == []
    told = await get(client, "calendars", division=COMMUNITY)
    assert told["version"]["source"] == "calendars.csv"
    assert [(one["first"], one["kind"]) for one in told["days"]] == [
        ("2026-01-01", "hours"), ("2026-10-01", "off"),
    ]  # fmt: skip


async def test_versions_are_listed_and_compared(client, town, today):
    tomorrow = today + timedelta(days=1)
    rows = [limit("E", 5), limit("E02", 4, unit="working_hours", name="停工")]
    async with transaction(town) as session:
        await service.load_list(
            session, "limits", rows, Edition(effective_from=tomorrow, source="new.csv")
        )
    told = await get(client, "lists", kind="limits")
    assert [one["source"] for one in told["versions"]] == ["new.csv", "limits.csv"]
    new, old = (one["id"] for one in told["versions"])
    changed = await get(client, f"lists/{new}/differences", before=old)
    assert [(one["key"], one["before"]["amount"], one["after"]["amount"])
            for one in changed["differences"]] == [(["E", "handle", 1], 3, 5)]  # fmt: skip
    assert (await get(client, f"lists/{old}"))["entries"][0]["matter_code"] == "E"
    handling = [
        (await get(client, "matters/E01", at=str(day)))["limits"][0]["amount"]
        for day in (today, tomorrow)
    ]
    assert handling == [3, 5]
    (calendars,) = (await get(client, "lists", kind="calendars"))["versions"]
    told = await get(client, f"lists/{new}/differences", status=422, before=calendars["id"])
    assert "take one kind" in told["detail"]

"""Closing: numbers without gap and never twice; what is shown to everybody, and what no longer."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.db import transaction
from tests.flows.test_event_walks import table
from tests.flows.test_report_to_close import assert_problem, body
from tests.towns import a_person, middle, staff

WAY = ("HANDLED", "VERIFIED", "CLOSED")


@pytest.fixture
async def staffed(town, client):
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=20) for n in range(2)))
    return client


async def an_event(client, *states, place=(0, 0)):
    event = (await client.post("/api/events", json=body(*place))).json()["id"]
    for state in states:
        await move(client, event, state)
    return event


async def move(client, event, state):
    answer = await client.post(f"/api/events/{event}/moves", json={"to_state": state})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def public(client):
    answer = await client.get("/api/public/events", headers={"authorization": ""})
    return answer.json()["events"]


async def test_numbers_are_of_county_and_year_in_turn_and_never_given_again(staffed, town):
    first, second = [await an_event(staffed, *WAY) for _ in range(2)]
    await move(staffed, first, "REOPENED")
    for state in WAY:
        told = await move(staffed, first, state)
    (clock,) = await table(
        town, "SELECT extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')::int AS year"
    )
    assert told["cancel_number"] == f"990101-{clock['year']}-000003"
    numbers = await table(town, "SELECT event_id, number FROM cancel_number ORDER BY number")
    assert [row["event_id"] for row in numbers] == [first, second, first]
    with pytest.raises(DBAPIError, match="uq_cancel_number_number"):
        async with transaction(town) as session:
            await session.execute(
                text(
                    "INSERT INTO cancel_number (event_id, division_code, number)"
                    " SELECT event_id, division_code, number FROM cancel_number LIMIT 1"
                )
            )


async def test_many_closed_at_once_leave_no_gap(staffed, town):
    events = [await an_event(staffed, "HANDLED", "VERIFIED") for _ in range(12)]
    await asyncio.gather(*(move(staffed, event, "CLOSED") for event in events))
    numbers = await table(town, "SELECT number FROM cancel_number ORDER BY number")
    assert [int(row["number"][-6:]) for row in numbers] == list(range(1, 13))


async def test_closing_publishes_and_reopening_withdraws(staffed):
    event = await an_event(staffed, *WAY)
    (shown,) = await public(staffed)
    assert shown["closed_on"]
    await move(staffed, event, "REOPENED")
    assert await public(staffed) == []
    (told,) = (await staffed.get(f"/api/events/{event}/life")).json()["publications"]
    assert told["reason"] == "reopened"


async def test_verified_it_may_be_shown_before_it_is_closed(staffed):
    event = await an_event(staffed, "HANDLED")
    path = f"/api/events/{event}/publication"
    assert "verified" in assert_problem(await staffed.post(path), 409)["detail"]
    await move(staffed, event, "VERIFIED")
    assert (await staffed.post(path)).status_code == 201
    assert_problem(await staffed.post(path), 409)
    (shown,) = await public(staffed)
    assert shown["verified_on"]
    assert shown["closed_on"] is None
    await move(staffed, event, "CLOSED")
    assert len(await public(staffed)) == 1


async def test_what_is_withdrawn_is_gone_with_its_reason_and_can_come_back(staffed):
    event = await an_event(staffed, *WAY)
    path = f"/api/events/{event}/publication"
    why = {"reason": "privacy", "note": "涉及住户"}
    told = (await staffed.post(f"{path}/withdrawal", json=why)).json()["publications"]
    assert (told[0]["reason"], told[0]["note"]) == ("privacy", "涉及住户")
    assert await public(staffed) == []
    assert_problem(await staffed.post(f"{path}/withdrawal", json=why), 409)
    assert (await staffed.post(path)).status_code == 201
    assert len(await public(staffed)) == 1


@pytest.mark.parametrize("change", [{"reason": "reopened"}, {"reason": ""}, {"note": ""}, {"x": 1}])
async def test_withdrawals_that_are_none(staffed, change):
    event = await an_event(staffed, *WAY)
    why = {"reason": "privacy", "note": "涉及住户"} | change
    answer = await staffed.post(f"/api/events/{event}/publication/withdrawal", json=why)
    assert_problem(answer, 422)
    assert len(await public(staffed)) == 1


async def test_the_database_publishes_nothing_unverified(staffed, town):
    event = await an_event(staffed, "HANDLED")
    with pytest.raises(DBAPIError, match="before it is verified"):
        async with transaction(town) as session:
            await session.execute(
                text(
                    "INSERT INTO publication (event_id, division_code, published_by)"
                    " SELECT id, division_code, 'x' FROM event WHERE id = :id"
                ),
                {"id": event},
            )

"""Shifts handed over and taken over, over HTTP."""

import asyncio
from uuid import uuid4

import pytest

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.dispatch.test_service import report
from tests.towns import COMMUNITY, COUNTY
from tests.who import bearer, open_account


def a_handover(**changes):
    told = {"division": COUNTY, "name": "周晓", "notes": "东门夜市占道，22 点复查"}
    return told | {"client_key": uuid4().hex} | changes


async def handed(client, **changes):
    answer = await client.post("/api/desk/handovers", json=a_handover(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_the_service_writes_down_what_is_open_and_urgent(client, town):
    waiting = await report(town, 1, 1)  # nobody is there to take it
    shift = await handed(client)
    assert (shift["open_events"], shift["waiting_events"], shift["overdue_events"]) == (1, 1, 0)
    assert shift["urgent_events"] == [waiting.id]
    assert shift["taken_at"] is None
    assert [one["id"] for one in (await client.get("/api/desk/handovers")).json()] == [shift["id"]]


async def test_a_shift_is_taken_once_and_by_somebody_else(client):
    shift = await handed(client)
    taking = f"/api/desk/handovers/{shift['id']}/taking"
    own = await client.post(taking, json={"name": "周晓"})
    assert own.status_code == 409
    answers = await asyncio.gather(
        *(client.post(taking, json={"name": name}) for name in ("吴敏", "郑洁"))
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    (taken,) = (await client.get("/api/desk/handovers")).json()
    assert taken["taken_name"] in {"吴敏", "郑洁"}
    assert taken["taken_at"] >= taken["written_at"]


async def test_the_same_handover_sent_again_is_one(client):
    told = a_handover()
    first, again = [(await client.post("/api/desk/handovers", json=told)).json() for _ in "ab"]
    assert first == again
    other = await client.post("/api/desk/handovers", json=told | {"notes": "别的"})
    assert other.status_code == 422
    assert len((await client.get("/api/desk/handovers")).json()) == 1


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "  "}, {"division": "1"}, {"notes": "长" * 4001}]
)
async def test_what_cannot_be_handed_over_is_refused(client, wrong):
    answer = await client.post("/api/desk/handovers", json=a_handover(**wrong))
    assert answer.status_code == 422
    assert (await client.get("/api/desk/handovers")).json() == []


async def test_nobody_hands_over_what_others_answer_for(client, town):
    async with transaction(town) as session:
        account = await open_account(session, "street", [Role.DISPATCHER], [COMMUNITY])
    answer = await client.post("/api/desk/handovers", json=a_handover(), headers=bearer(account))
    assert answer.status_code == 403
    assert (
        await client.post("/api/desk/handovers/9/taking", json={"name": "a"})
    ).status_code == 404

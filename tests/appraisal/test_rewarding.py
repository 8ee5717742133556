"""Rewards over HTTP: decided once, within their bounds, and paid out of what there is."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.flows.test_report_to_close import assert_problem, body
from tests.towns import COUNTY, a_person, middle, staff
from tests.who import bearer, open_account


def a_rule(**columns):
    told = {"division": COUNTY, "code": "each", "name": "办结红包", "unit": "fen", "amount": 248}
    return told | {"daily_cap": 2} | columns


@pytest.fixture
async def citizen(town):
    await staff(town, *(a_person(f"w{n}", middle(n, n), capacity=50) for n in range(4)))
    async with transaction(town) as session:
        return bearer(await open_account(session, "citizen", [Role.CITIZEN]))


async def closed(client, headers, n=0, **columns):
    """An event reported by somebody and closed by all who must."""
    told = body(n % 4, n // 4, client_key=uuid4().hex, **columns)
    answer = await client.post("/api/events", json=told, headers=headers)
    event = answer.json()["id"]
    for state in ("ACCEPTED", "HANDLED", "VERIFIED", "CLOSED"):
        moved = await client.post(f"/api/events/{event}/moves", json={"to_state": state})
        assert moved.status_code == 200, moved.text
    return event


async def fund(client, amount):
    for code, kind in (("reward-fund", "asset"), ("grant", "income")):
        told = {"division": COUNTY, "code": code, "name": code, "kind": kind, "unit": "fen"}
        await client.post("/api/ledger/accounts", json=told)
    entries = [
        {"account": "reward-fund", "amount": amount},
        {"account": "grant", "amount": -amount},
    ]
    told = {"division": COUNTY, "memo": "拨款", "entries": entries, "client_key": uuid4().hex}
    assert (await client.post("/api/ledger/transactions", json=told)).status_code == 201


async def granted(client):
    return (await client.post("/api/rewards/granting")).json()


async def balances(client):
    told = (await client.get("/api/ledger/accounts")).json()
    return {one["code"]: one["balance"] for one in told}


async def test_a_report_earns_once_is_owed_and_paid(client, citizen):
    await closed(client, citizen)  # before there was a rule
    assert (await client.post("/api/reward-rules", json=a_rule())).status_code == 201
    await closed(client, citizen, 1)
    await closed(client, None, 2)  # by staff
    assert await granted(client) == {"granted": 1, "refused": 0}
    assert await granted(client) == {"granted": 0, "refused": 0}
    (reward,) = (await client.get("/api/rewards/own", headers=citizen)).json()
    assert (reward["state"], reward["amount"]) == ("GRANTED", 248)
    path = f"/api/rewards/{reward['id']}/payment"
    nothing = await client.post(path, json={"reference": "wx-1"})
    assert "reward-fund" in assert_problem(nothing, 422)["detail"]
    await fund(client, 300)
    paid = await client.post(path, json={"reference": "wx-1"})
    assert paid.json()["state"] == "PAID"
    assert (await client.post(path, json={"reference": "wx-1"})).json() == paid.json()
    assert_problem(await client.post(path, json={"reference": "wx-2"}), 409)
    told = await balances(client)
    assert (told["reward-fund"], told["reward-expense-fen"]) == (52, 248)
    assert sum(told.values()) == 0
    assert set(told.values()) == {52, 248, 0, -300}


async def test_an_empty_fund_pays_nothing(client, citizen):
    await client.post("/api/reward-rules", json=a_rule())
    await closed(client, citizen)
    await granted(client)
    await fund(client, 100)
    (reward,) = (await client.get("/api/rewards")).json()
    answer = await client.post(f"/api/rewards/{reward['id']}/payment", json={"reference": "x"})
    assert "reward-fund has 100 and is asked for 248" in assert_problem(answer, 409)["detail"]
    (reward,) = (await client.get("/api/rewards")).json()
    assert reward["state"] == "GRANTED"


async def test_the_cap_of_a_day_and_the_untrue_set_bounds(town, client, citizen):
    await client.post("/api/reward-rules", json=a_rule(unit="point", amount=5, most_untrue=0))
    for n in range(2):
        await closed(client, citizen, n)
    assert await granted(client) == {"granted": 2, "refused": 0}
    third = await closed(client, citizen, 2)
    assert await granted(client) == {"granted": 0, "refused": 1}
    told = {one["event_id"]: one for one in (await client.get("/api/rewards")).json()}
    assert told[third]["refused_because"] == "cap"
    async with transaction(town) as session:
        other = bearer(await open_account(session, "liar", [Role.CITIZEN]))
    lie = await client.post("/api/events", json=body(3, 3, matter="E02"), headers=other)
    moved = {"to_state": "REJECTED", "reason": "untrue", "note": "现场无此事"}
    path = f"/api/events/{lie.json()['id']}/moves"
    assert (await client.post(path, json=moved)).status_code == 200
    await closed(client, other, 3)
    await granted(client)
    (own,) = (await client.get("/api/rewards/own", headers=other)).json()
    assert own["refused_because"] == "untrue"
    assert (await balances(client))["reward-expense-point"] == 10
    answer = await client.post(f"/api/rewards/{told[third]['id']}/payment", json={"reference": "x"})
    assert_problem(answer, 409)


async def test_what_repeats_another_report_earns_nothing(client, citizen):
    await client.post("/api/reward-rules", json=a_rule())
    first, again = await closed(client, citizen), await closed(client, citizen, 1)
    link = await client.post(f"/api/events/{again}/duplicate", json={"of": first, "note": "同一处"})
    assert link.status_code == 201
    assert await granted(client) == {"granted": 1, "refused": 1}


@pytest.mark.parametrize(
    ("wrong", "status"), [({"matter": "X9"}, 422), ({"amount": 0}, 422), ({"daily_cap": 0}, 422)]
)
async def test_a_rule_that_cannot_be_is_refused(client, wrong, status):
    assert_problem(await client.post("/api/reward-rules", json=a_rule(**wrong)), status)
    assert (await client.get("/api/reward-rules")).json() == []


async def test_a_rule_is_laid_down_once(town, client):
    assert (await client.post("/api/reward-rules", json=a_rule())).status_code == 201
    assert_problem(await client.post("/api/reward-rules", json=a_rule()), 409)
    (rule,) = (await client.get("/api/reward-rules", params={"division": COUNTY})).json()
    assert datetime.fromisoformat(rule["since"]) <= datetime.now(UTC)
    async with town.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM reward_rule")) == 1

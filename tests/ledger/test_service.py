"""The ledger: whatever is tried, it balances, and nobody spends what is not there."""

import asyncio
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.db import transaction
from gridsvc.errors import GridsvcError
from gridsvc.ledger import service
from gridsvc.ledger.service import Booking
from tests.flows.test_report_to_close import assert_problem
from tests.towns import COUNTY

ACCOUNTS = {"fund": "asset", "owed": "liability", "spent": "expense", "grant": "income"}


def an_account(code, kind, unit="fen"):
    return {"division": COUNTY, "code": code, "name": code, "kind": kind, "unit": unit}


@pytest.fixture
async def book(client):
    for code, kind in ACCOUNTS.items():
        answer = await client.post("/api/ledger/accounts", json=an_account(code, kind))
        assert answer.status_code == 201, answer.text

    async def book(key=None, **amounts):
        return await client.post(
            "/api/ledger/transactions",
            json={
                "division": COUNTY,
                "memo": "应急维修",
                "entries": [{"account": code, "amount": n} for code, n in amounts.items()],
                "client_key": key or uuid4().hex,
            },
        )

    return book


async def balances(client):
    told = (await client.get("/api/ledger/accounts", params={"division": COUNTY})).json()
    return {one["code"]: one["balance"] for one in told}


async def test_what_goes_in_comes_from_somewhere(client, book):
    assert (await book(fund=1000, grant=-1000)).status_code == 201
    paid = await book(spent=300, fund=-300)
    assert [one["amount"] for one in paid.json()["entries"]] in ([300, -300], [-300, 300])
    assert await balances(client) == {"fund": 700, "owed": 0, "spent": 300, "grant": -1000}
    told = (await client.get("/api/ledger/transactions", params={"account": "spent"})).json()
    assert [one["id"] for one in told] == [paid.json()["id"]]


@pytest.mark.parametrize(
    ("amounts", "status", "why"),
    [
        ({"fund": 5, "grant": -4}, 422, r"sum to +1"),
        ({"fund": 5, "nobody": -5}, 422, "no account nobody"),
        ({"fund": 0, "grant": 0}, 422, "says nothing"),
        ({"fund": 5}, 422, "entries"),
        ({"spent": 1, "fund": -1}, 409, "fund has 0 and is asked for 1"),
        ({"owed": 1, "grant": -1}, 409, "owed has 0 and is asked for 1"),
    ],
)
async def test_what_cannot_be_booked_is_said_and_not_booked(client, book, amounts, status, why):
    assert why in assert_problem(await book(**amounts), status)["detail"]
    assert set((await balances(client)).values()) == {0}
    assert (await client.get("/api/ledger/transactions")).json() == []


async def test_points_are_not_booked_against_money(client, book):
    await client.post("/api/ledger/accounts", json=an_account("points", "expense", "point"))
    answer = await book(points=5, grant=-5)
    assert "fen and point" in assert_problem(answer, 422)["detail"]
    again = await client.post("/api/ledger/accounts", json=an_account("points", "asset"))
    assert_problem(again, 409)


async def test_the_same_key_is_the_same_booking(client, book):
    first = await book("k", fund=10, grant=-10)
    assert (await book("k", fund=10, grant=-10)).json() == first.json()
    assert_problem(await book("k", fund=11, grant=-11), 422)
    assert (await balances(client))["fund"] == 10


async def test_what_was_booked_is_taken_back_once_and_stays(client, book):
    first = (await book(fund=10, grant=-10)).json()
    path = f"/api/ledger/transactions/{first['id']}/reversal"
    back = await client.post(path, json={"memo": "记错了"})
    assert back.json()["reverses"] == first["id"]
    again = await client.post(path, json={"memo": "记错了"})
    assert_problem(again, 409)
    twice = f"/api/ledger/transactions/{back.json()['id']}/reversal"
    assert_problem(await client.post(twice, json={"memo": "x"}), 409)
    assert set((await balances(client)).values()) == {0}
    assert len((await client.get("/api/ledger/transactions")).json()) == 2


async def test_what_is_spent_by_two_at_once_is_spent_once(client, book):
    await book(fund=10, grant=-10)
    answers = await asyncio.gather(*(book(spent=6, fund=-6) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert (await balances(client))["fund"] == 4


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount = amount + 1",
        "DELETE FROM ledger_entry",
        "INSERT INTO ledger_entry (transaction_id, account_id, division_code, unit, amount)"
        " SELECT transaction_id, account_id, division_code, unit, 1 FROM ledger_entry LIMIT 1",
        "INSERT INTO ledger_transaction (division_code, memo, made_by, client_key, body_sha256)"
        " SELECT division_code, 'x', 'x', 'x', '' FROM ledger_transaction",
        "INSERT INTO ledger_entry (transaction_id, account_id, division_code, unit, amount)"
        " SELECT transaction_id, account_id, division_code, 'point', 1 FROM ledger_entry LIMIT 1",
    ],
)
async def test_not_even_the_owner_brings_it_out_of_balance(town, client, book, statement):
    await book(fund=10, grant=-10)
    with pytest.raises(DBAPIError):
        async with transaction(town) as session:
            await session.execute(text(statement))
    assert (await balances(client))["fund"] == 10


ENTRIES = st.lists(
    st.tuples(st.sampled_from(sorted(ACCOUNTS)), st.integers(-50, 50)),
    min_size=2,
    max_size=4,
    unique_by=lambda one: one[0],
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ENTRIES, st.booleans()), min_size=1, max_size=12))
async def test_it_balances_whatever_is_tried(town_session, tried):
    """Entries drawn at will, made to balance half the time."""
    session = town_session
    async with session.begin_nested() as kept:
        for kind in set(ACCOUNTS.values()):
            names = {code: code for code, own in ACCOUNTS.items() if own == kind}
            await service.ensure(session, COUNTY, kind, "fen", names)
        expected = dict.fromkeys(ACCOUNTS, 0)
        for drawn, balanced in tried:
            entries = list(drawn)
            if balanced:
                rest = sum(amount for _, amount in entries[1:])
                entries[0] = (entries[0][0], -rest)
            after = expected | {code: expected[code] + n for code, n in entries}
            right = (
                sum(n for _, n in entries) == 0
                and all(n for _, n in entries)
                and after["fund"] >= 0
                and after["owed"] <= 0
            )
            try:
                await service.book(session, Booking(COUNTY, "x", entries, uuid4().hex))
            except GridsvcError:
                assert not right
            else:
                assert right
                expected = after
        rows = await session.execute(text("SELECT code, balance FROM ledger_account"))
        assert {row.code: row.balance for row in rows} == expected
        summed = await session.execute(
            text(
                "SELECT a.code, sum(e.amount) AS total FROM ledger_entry e"
                " JOIN ledger_account a ON a.id = e.account_id GROUP BY a.code"
            )
        )
        assert all(expected[row.code] == row.total for row in summed)
        assert sum(expected.values()) == 0
        await kept.rollback()

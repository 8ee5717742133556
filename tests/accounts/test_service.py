"""Accounts as an administrator keeps them: no wider than their own, never their own."""

from datetime import date

import pytest
from sqlalchemy import text

from gridsvc.accounts import queries, service
from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.mandates import service as mandates
from tests.flows.test_report_to_close import assert_problem
from tests.flows.test_whistle import a_unit
from tests.towns import COMMUNITY, COUNTY, a_person, middle, staff
from tests.who import KEYRING, bearer, open_account

NEW = {
    "login": "wang.fang",
    "name": "王芳",
    "roles": ["dispatcher"],
    "division": COUNTY,
    "areas": [COUNTY],
}


@pytest.fixture
async def admin(town, town_url, client_of):
    """A client of the county's administrator."""
    async with transaction(town) as session:
        account = await open_account(session, "county-admin", [Role.ADMINISTRATOR], [COUNTY])
    async with client_of(town_url, headers=bearer(account)) as client:
        yield client


async def test_an_account_is_opened_and_signs_in_once_with_what_it_was_given(admin):
    answer = await admin.post("/api/accounts", json=NEW)
    assert answer.status_code == 201
    told = answer.json()
    assert told["account"]["name"] == "王*"
    proof = {"login": "wang.fang", "password": told["one_time_password"]}
    # The password is right, but must be changed first.
    assert_problem(await admin.post("/api/token", json=proof), 403)
    assert (await admin.get("/api/accounts/wang.fang")).json() == told["account"]
    assert "one_time_password" not in str((await admin.get("/api/accounts")).json())
    assert_problem(await admin.post("/api/accounts", json=NEW), 409)


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"areas": ["990102000000"]}, 403, "outside your own areas"),
        ({"areas": ["000000000000"]}, 403, "outside your own areas"),
        ({"areas": ["990100000000"]}, 403, "outside your own areas"),
        ({"division": "000000000000"}, 403, "outside your own areas"),
        ({"roles": ["king"]}, 422, "roles"),
        ({"roles": []}, 422, "roles"),
        ({"roles": ["administrator", "auditor"]}, 409, ""),
        ({"roles": ["grid_worker"]}, 422, "code of the person"),
        ({"roles": ["grid_worker"], "person": "nobody"}, 422, "nobody"),
        ({"person": "w"}, 422, "only grid workers"),
        ({"roles": ["department"]}, 422, "needs the matters"),
        ({"roles": ["department"], "matters": ["X"]}, 422, "unknown matter"),
        ({"matters": ["E01"]}, 422, "only departments"),
        ({"unit": "NO"}, 422, "not on the list"),
        ({"login": "Wang Fang"}, 422, "login"),
        ({"login": "ab"}, 422, "login"),
        ({"name": "\x00"}, 422, "NUL"),
        ({"extra": 1}, 422, "extra"),
    ],
)
async def test_accounts_that_cannot_be(admin, town, change, status, says):
    await staff(town, a_person("w", middle(0, 0)))
    before = (await admin.get("/api/accounts")).json()["total"]
    told = assert_problem(await admin.post("/api/accounts", json=NEW | change), status)
    assert says in told["detail"]
    assert (await admin.get("/api/accounts")).json()["total"] == before


async def test_the_unit_an_account_acts_for(admin, town):
    """Of its own areas, shown to whoever it is, changed and taken away."""
    units = [
        a_unit("D0"), a_unit("D1"), a_unit("OLD") | {"valid_to": date(2021, 1, 1)},
    ]  # fmt: skip
    async with transaction(town) as session:
        await mandates.load_units(session, units)
    told = (await admin.post("/api/accounts", json=NEW | {"unit": "D0"})).json()["account"]
    assert told["unit"] == "D0"
    too_narrow = {"login": "other", "areas": [COMMUNITY], "unit": "D0"}
    refused = assert_problem(await admin.post("/api/accounts", json=NEW | too_narrow), 422)
    assert COUNTY in refused["detail"]
    for unit in ("D1", None):
        changed = await admin.patch("/api/accounts/wang.fang", json={"unit": unit})
        assert changed.json()["unit"] == unit
    stays = await admin.patch("/api/accounts/wang.fang", json={"roles": ["supervisor"]})
    assert stays.json()["unit"] is None
    assert_problem(await admin.patch("/api/accounts/wang.fang", json={"unit": "OLD"}), 422)
    async with transaction(town) as session:
        account = await open_account(session, "of-a-unit", [Role.DEPARTMENT], [COUNTY])
        await queries.set_unit(session, account, "D1")
    own = await admin.get("/api/me", headers=bearer(account))
    assert own.json()["unit"] == "D1"


async def test_rights_change_at_once_and_not_ones_own(admin, town):
    await staff(town, a_person("w", middle(0, 0)))
    worker = NEW | {"login": "worker", "roles": ["grid_worker"], "person": "w"}
    await admin.post("/api/accounts", json=worker | {"areas": [COMMUNITY]})
    change = {"areas": [COUNTY], "disabled": True}
    changed = await admin.patch("/api/accounts/worker", json=change)
    assert changed.json()["areas"] == [COUNTY]
    assert changed.json()["disabled_at"]
    assert (await admin.patch("/api/accounts/worker", json={"disabled": False})).json()[
        "disabled_at"
    ] is None
    own = await admin.patch("/api/accounts/county-admin", json={"areas": [COUNTY]})
    assert "own rights" in assert_problem(own, 403)["detail"]
    wider = await admin.patch("/api/accounts/worker", json={"areas": ["990100000000"]})
    assert_problem(wider, 403)


async def test_what_was_lost_is_reset(admin, town):
    first = (await admin.post("/api/accounts", json=NEW)).json()["one_time_password"]
    async with town.begin() as connection:
        await connection.execute(
            text("UPDATE account SET second_factor_sealed = 'x:y' WHERE login = 'wang.fang'")
        )
    second = (await admin.post("/api/accounts/wang.fang/reset")).json()["one_time_password"]
    assert first != second
    assert not (await admin.get("/api/accounts/wang.fang")).json()["second_factor"]
    for password, status in ((first, 401), (second, 403)):
        proof = {"login": "wang.fang", "password": password}
        assert_problem(await admin.post("/api/token", json=proof), status)


async def test_every_change_is_in_the_trail_with_before_and_after(admin, town):
    await admin.post("/api/accounts", json=NEW)
    await admin.patch("/api/accounts/wang.fang", json={"roles": ["planner"]})
    async with town.connect() as connection:
        rows = list(
            await connection.execute(
                text(
                    "SELECT login, action, before, after FROM audit_entry"
                    " WHERE object_id = 'wang.fang' ORDER BY at"
                )
            )
        )
    assert [(row.login, row.action) for row in rows] == [
        ("county-admin", "account_opened"),
        ("county-admin", "account_changed"),
    ]
    assert (rows[1].before, rows[1].after) == ({"roles": ["dispatcher"]}, {"roles": ["planner"]})


async def test_the_first_administrator_is_made_once(engine):
    async with transaction(engine) as session:
        password = await service.ensure_first(session, KEYRING)
        assert password
        assert await service.ensure_first(session, KEYRING) is None
    async with engine.connect() as connection:
        row = (await connection.execute(text("SELECT * FROM account"))).one()
    assert (row.login, row.roles, row.must_change_password) == ("admin", ["administrator"], True)

"""Notices over HTTP: one's own, read or not; channels without their addresses."""

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import MOST_CHANNELS, Recipients
from tests.flows.test_report_to_close import assert_problem
from tests.notices.test_service import tell
from tests.towns import COMMUNITY, COUNTY
from tests.who import bearer, open_account

URL = "jsons://1.1.1.1/hook"


@pytest.fixture
async def accounts(town):
    async with transaction(town) as session:
        return {
            login: await open_account(session, login, [role], [area])
            for login, role, area in (
                ("desk", Role.DISPATCHER, COMMUNITY),
                ("other", Role.DISPATCHER, COUNTY),
                ("keeper", Role.ADMINISTRATOR, COUNTY),
                ("citizen", Role.CITIZEN, COUNTY),
            )
        }


async def test_ones_own_notices_are_read(town, client, accounts):
    async with transaction(town) as session:
        for number in range(3):
            them = Recipients(accounts=[accounts["desk"]])
            await tell(session, them, kind=Kind.ASSIGNED, subject_id=number)
    mine, others = bearer(accounts["desk"]), bearer(accounts["other"])
    page = (await client.get("/api/notices", headers=mine)).json()
    assert page["unread"] == 3
    newest = page["notices"][0]
    assert (newest["title"], newest["subject_id"]) == ("派给您：暴露垃圾", "2")
    assert "99010100100100101" in newest["text"]
    path = f"/api/notices/{newest['id']}/read"
    assert_problem(await client.post(path, headers=others), 404)
    assert (await client.post(path, headers=mine)).status_code == 204
    assert (await client.get("/api/notices", headers=mine)).json()["unread"] == 2
    assert (await client.post(path, params={"older": True}, headers=mine)).status_code == 204
    unread = await client.get("/api/notices", params={"unread": True}, headers=mine)
    assert unread.json() == {"notices": [], "unread": 0}
    assert (await client.get("/api/notices", headers=others)).json()["notices"] == []


async def test_channels_come_and_go_and_never_show_their_address(town, client, accounts):
    mine = bearer(accounts["desk"])
    new = {"url": URL, "kinds": ["assigned", "whistle"], "quiet_from": "22:00", "quiet_to": "07:00"}
    added = await client.post("/api/channels", json=new, headers=mine)
    assert added.status_code == 201, added.text
    channel = added.json()
    assert (channel["service"], channel["quiet_to"]) == ("webhook", "07:00:00")
    assert "1.1.1.1" not in added.text
    (kept,) = (await client.get("/api/channels", headers=mine)).json()
    assert kept == channel
    path = f"/api/channels/{channel['id']}"
    assert_problem(await client.delete(path, headers=bearer(accounts["other"])), 404)
    assert_problem(await client.delete(path, headers=bearer(accounts["keeper"])), 404)
    assert (await client.delete(path, headers=mine)).status_code == 204
    assert (await client.get("/api/channels", headers=mine)).json() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "jsons://127.0.0.1/"},
        {"url": "jsons://10.1.2.3/"},
        {"url": "jsons://[::1]/"},
        {"url": "json://1.1.1.1/"},
        {"url": "syslog://localhost"},
        {"url": URL + "?verify=no"},
        {"kinds": ["everything"]},
        {"language": "fr"},
        {"quiet_from": "25:00"},
        {"colour": "red"},
    ],
)
async def test_channels_that_are_not_kept(client, accounts, changes):
    answer = await client.post(
        "/api/channels", json={"url": URL} | changes, headers=bearer(accounts["desk"])
    )
    assert_problem(answer, 422)


async def test_there_are_so_many_channels_and_no_more(client, accounts):
    mine = bearer(accounts["desk"])
    for _ in range(MOST_CHANNELS):
        assert (await client.post("/api/channels", json={"url": URL}, headers=mine)).is_success
    assert_problem(await client.post("/api/channels", json={"url": URL}, headers=mine), 409)


async def test_channels_of_units_are_kept_by_administrators_of_the_area(client, accounts):
    new = {"url": URL, "unit": "CG", "division": COUNTY}
    for login, status in (("desk", 403), ("keeper", 201)):
        answer = await client.post("/api/channels", json=new, headers=bearer(accounts[login]))
        assert answer.status_code == status, answer.text
    keeper = bearer(accounts["keeper"])
    abroad = await client.post(
        "/api/channels", json=new | {"division": "990201000000"}, headers=keeper
    )
    assert_problem(abroad, 403)
    (kept,) = (await client.get("/api/channels/of-units", headers=keeper)).json()
    assert (await client.delete(f"/api/channels/{kept['id']}", headers=keeper)).status_code == 204


async def test_subscriptions_stay_within_ones_areas(client, accounts):
    wanted = {"subscriptions": [{"kind": "overdue", "division": COMMUNITY}]}
    mine = bearer(accounts["desk"])
    assert (await client.put("/api/subscriptions", json=wanted, headers=mine)).status_code == 200
    assert (await client.get("/api/subscriptions", headers=mine)).json() == wanted["subscriptions"]
    wider = {"subscriptions": [{"kind": "overdue", "division": COUNTY}]}
    assert_problem(await client.put("/api/subscriptions", json=wider, headers=mine), 403)
    citizen = bearer(accounts["citizen"])
    assert_problem(await client.put("/api/subscriptions", json=wanted, headers=citizen), 403)


async def test_who_is_erased_is_told_nothing_more(town, client, accounts):
    mine = bearer(accounts["desk"])
    await client.post("/api/channels", json={"url": URL}, headers=mine)
    wanted = {"subscriptions": [{"kind": "escalated", "division": COMMUNITY}]}
    await client.put("/api/subscriptions", json=wanted, headers=mine)
    async with transaction(town) as session:
        assert await tell(session) == 1
    purpose = {"purpose": "本人要求"}
    told = await client.post("/api/accounts/desk/export", json=purpose)
    assert [one["service"] for one in told.json()["channels"]] == ["webhook"]
    assert [one["kind"] for one in told.json()["notices"]] == ["escalated"]
    assert "1.1.1.1" not in told.text
    assert (await client.post("/api/accounts/desk/erasure", json=purpose)).status_code == 204
    async with transaction(town) as session:
        for table in ("channel", "subscription", "notice", "delivery"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
        assert await tell(session, subject_id=8) == 0

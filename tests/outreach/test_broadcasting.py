"""Broadcasts over HTTP: to whoever answers for the cells and the loudspeakers there, once."""

import asyncio

import pytest
from sqlalchemy import text

from gridsvc.accounts import queries as accounts
from gridsvc.accounts.roles import Role
from gridsvc.config import Settings
from gridsvc.db import transaction
from gridsvc.notices.sender import Sender
from tests.flows.test_report_to_close import assert_problem
from tests.notices.post import Webhook
from tests.outreach.devices import a_broadcast, a_loudspeaker, cell_at, stood
from tests.outreach.visits import settle_homes
from tests.towns import COMMUNITY, a_person, middle, staff
from tests.who import KEYRING, bearer, open_account


@pytest.fixture
def hook():
    with Webhook().open() as hook:
        yield hook


@pytest.fixture
async def liaisons(town):
    """Headers of liaisons, one at each corner of the town."""
    rows = [a_person(f"l{n}", middle(n, n), role="liaison") for n in range(4)]
    await staff(town, *rows)
    told = {}
    async with transaction(town) as session:
        for row in rows:
            person = await accounts.person_id_of(session, row["code"])
            account = await open_account(
                session, f"account-{row['code']}", [Role.LIAISON], [COMMUNITY], person_id=person
            )
            told[row["code"]] = bearer(account)
    return told


async def heard(client, liaisons):
    """Codes of those who were told something."""
    told = {
        code: (await client.get("/api/notices", headers=headers)).json()["notices"]
        for code, headers in liaisons.items()
    }
    return {code: [one["text"] for one in notices] for code, notices in told.items() if notices}


async def test_the_cell_hears_it_once_and_nobody_else(client, liaisons, town):
    cell = await cell_at(client)
    await stood(client, a_loudspeaker())
    await stood(client, a_loudspeaker(3, 3, code="LS-02"))
    told = a_broadcast(cell["micro_grid_code"])
    sent = await asyncio.gather(*(client.post("/api/broadcasts", json=told) for _ in range(3)))
    assert {answer.status_code for answer in sent} <= {201, 409}
    again = (await client.post("/api/broadcasts", json=told)).json()
    assert (again["loudspeakers"], again["households"]) == (1, cell["households"])
    assert again["told"] == again["people"] + 1
    assert again["division_code"] == COMMUNITY
    ears = await heard(client, liaisons)
    assert len(ears) == again["people"] >= 1
    assert all(len(texts) == 1 and told["message"] in texts[0] for texts in ears.values())
    async with town.connect() as connection:
        units = list(await connection.scalars(text("SELECT unit_code FROM notice WHERE unit_code"
                                                   " IS NOT NULL")))  # fmt: skip
    assert units == ["LS-01"]
    assert_problem(await client.post("/api/broadcasts", json=told | {"message": "别的"}), 422)
    (listed,) = (await client.get("/api/broadcasts")).json()
    assert listed == again


async def test_households_of_the_cell_that_agreed_are_told_on_their_phones(client, town, hook):
    """One cell of two: its household is told once, masked and logged; withdrawn, never again."""
    homes = await settle_homes(town, each=1)
    cells = [(await cell_at(client, n, n))["micro_grid_code"] for n in (0, 3)]
    assert cells[0] != cells[1]
    phones = {}
    for n in (0, 3):
        home = next(one for one in homes if one.place == middle(n, n))
        told = {"division": COMMUNITY, "address": home.address, "phone": f"138-0000-000{n}"}
        told |= {"consent": "入户签署告知同意书"}
        for _ in range(2):
            answer = await client.put("/api/household-contacts", json=told)
            assert answer.status_code == 200, answer.text
        phones[n] = answer.json()
    assert phones[0]["phone"] == "138******00"
    assert_problem(await client.put("/api/household-contacts", json=told | {"address": "x"}), 422)
    listed = await client.get("/api/household-contacts")
    assert listed.json() == {"contacts": [phones[0], phones[3]], "total": 2}
    said = (await client.post("/api/broadcasts", json=a_broadcast(cells[0]))).json()
    assert (said["phones"], said["told"]) == (1, said["people"] + 1)
    outside = Settings(
        outbound_networks=("127.0.0.0/8",), phone_gateway=hook.url, notices_per_hour=1000
    )
    post = Sender(town, outside, KEYRING)
    while await post.send_due():
        pass
    (sent,) = hook.taken
    assert sent["phone"] == "13800000000"
    assert said["message"] in sent["message"]
    (shown,) = (await client.get("/api/broadcasts")).json()
    assert (shown["delivered"], shown["failed"]) == (1, 0)
    path = f"/api/household-contacts/{phones[0]['id']}"
    read = await client.post(f"{path}/reading", json={"purpose": "回访停水通知"})
    assert read.json() == {"phone": "13800000000"}
    assert (await client.delete(path)).status_code == 204
    assert_problem(await client.delete(path), 404)
    again = (await client.post("/api/broadcasts", json=a_broadcast(cells[0]))).json()
    assert again["phones"] == 0
    async with town.connect() as connection:
        trail = set(
            await connection.scalars(
                text("SELECT action FROM audit_entry WHERE kind = 'household_contact'")
            )
        )
        kept = str((await connection.execute(text("SELECT * FROM channel"))).all())
        kept += str((await connection.execute(text("SELECT * FROM notice"))).all())
    assert trail == {"channel_added", "channel_removed", "unmasked"}
    assert "138000" not in kept + listed.text


async def test_without_a_gateway_a_phone_is_not_told_and_that_is_seen(client, town):
    (home,) = (await settle_homes(town, each=1))[:1]
    told = {"division": COMMUNITY, "address": home.address, "phone": "13800000000"}
    await client.put("/api/household-contacts", json=told | {"consent": "电话同意"})
    lon, lat = home.place
    asked = {"lon": lon, "lat": lat, "datum": "wgs84"}
    cell = (await client.get("/api/micro-grids/at", params=asked)).json()["micro_grid_code"]
    await client.post("/api/broadcasts", json=a_broadcast(cell))
    post = Sender(town, Settings(), KEYRING)
    while await post.send_due():
        pass
    (lost,) = (await client.get("/api/undelivered")).json()
    assert "GRIDSVC_PHONE_GATEWAY" in lost["failure"]
    (shown,) = (await client.get("/api/broadcasts")).json()
    assert (shown["delivered"], shown["failed"]) == (0, 1)


async def test_only_cells_in_force_are_told_and_only_by_who_may(client, liaisons):
    nowhere = await client.post("/api/broadcasts", json=a_broadcast("990101001001999"))
    assert "990101001001999" in assert_problem(nowhere, 422)["detail"]
    told = a_broadcast((await cell_at(client))["grid_code"])
    answer = await client.post("/api/broadcasts", json=told, headers=liaisons["l0"])
    assert_problem(answer, 403)
    assert await heard(client, liaisons) == {}

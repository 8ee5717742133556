"""Broadcasts over HTTP: to whoever answers for the cells and the loudspeakers there, once."""

import asyncio

import pytest
from sqlalchemy import text

from gridsvc.accounts import queries as accounts
from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.flows.test_report_to_close import assert_problem
from tests.outreach.devices import a_broadcast, a_loudspeaker, cell_at, stood
from tests.towns import COMMUNITY, a_person, middle, staff
from tests.who import bearer, open_account


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


async def test_only_cells_in_force_are_told_and_only_by_who_may(client, liaisons):
    nowhere = await client.post("/api/broadcasts", json=a_broadcast("990101001001999"))
    assert "990101001001999" in assert_problem(nowhere, 422)["detail"]
    told = a_broadcast((await cell_at(client))["grid_code"])
    answer = await client.post("/api/broadcasts", json=told, headers=liaisons["l0"])
    assert_problem(answer, 403)
    assert await heard(client, liaisons) == {}

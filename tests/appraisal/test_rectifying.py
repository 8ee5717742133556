"""Orders to put something right: in turn, with words, and then for everybody to read."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gridsvc.db import transaction
from tests.flows.test_report_to_close import assert_problem
from tests.towns import COUNTY

TODAY = datetime.now(UTC).date()


def an_order(**columns):
    return {
        "division": COUNTY,
        "problem": "背街小巷保洁不到位",
        "opinion": "增加保洁频次",
        "responsible": "城市管理科",
        "deadline": (TODAY + timedelta(days=30)).isoformat(),
    } | columns


@pytest.fixture
async def order(client):
    answer = await client.post("/api/rectifications", json=an_order())
    assert answer.status_code == 201, answer.text
    return answer.json()


async def move(client, order, then, note="已增派保洁员"):
    told = {"to_state": then, "note": note}
    return await client.post(f"/api/rectifications/{order['id']}/moves", json=told)


async def test_measures_result_and_publication_follow_each_other(town, client, order):
    public = "/api/public/rectifications"
    for then in ("DONE", "PUBLISHED"):
        assert_problem(await move(client, order, then), 409)
    assert (await move(client, order, "UNDER_WAY", "每日两扫")).json()["measures"] == "每日两扫"
    assert_problem(await move(client, order, "DONE", " "), 422)
    assert (await move(client, order, "DONE", "复查合格")).json()["result"] == "复查合格"
    assert (await client.get(public)).json() == []
    assert (await move(client, order, "PUBLISHED", "")).status_code == 200
    (told,) = (await client.get(public, headers={"Authorization": ""})).json()
    assert (told["measures"], told["result"]) == ("每日两扫", "复查合格")
    assert_problem(await move(client, order, "PUBLISHED"), 409)
    async with town.connect() as connection:
        states = await connection.scalars(
            text("SELECT to_state FROM rectification_history ORDER BY id")
        )
        assert list(states) == ["ORDERED", "UNDER_WAY", "DONE", "PUBLISHED"]


async def test_a_deadline_that_passed_shows(town, client, order):
    past = {"deadline": (TODAY - timedelta(days=3)).isoformat()}
    assert_problem(await client.post("/api/rectifications", json=an_order(**past)), 422)
    async with transaction(town) as session:
        await session.execute(text("UPDATE rectification SET deadline = deadline - 40"))
    (told,) = (await client.get("/api/rectifications")).json()
    assert told["overdue"]


@pytest.mark.parametrize("wrong", [{"wave": 999}, {"indicator": "tidy"}])
async def test_a_reason_that_is_none_is_refused(client, wrong):
    assert_problem(await client.post("/api/rectifications", json=an_order(**wrong)), 422)
    assert_problem(await move(client, {"id": 999}, "DONE"), 404)

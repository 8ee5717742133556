"""Briefings over HTTP: ordered, drawn by the queue, fetched, cancelled, forgotten."""

import asyncio
import io

import openpyxl
import pytest
from pypdf import PdfReader
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.briefing import order_queries, ordering, tasks
from gridsvc.briefing.painting import GivenUp
from gridsvc.config import Settings
from gridsvc.db import transaction
from tests.towns import COMMUNITY, COUNTY
from tests.who import bearer, open_account

WITHOUT_BROWSER = Settings(browser="-")


async def ordered(client, headers=None, **asked):
    body = {"division": COMMUNITY, "format": "pdf"} | asked
    answer = await client.post("/api/briefings", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def told(client, briefing_id, headers=None):
    return (await client.get(f"/api/briefings/{briefing_id}", headers=headers)).json()


async def test_ordered_drawn_by_the_queue_and_fetched(client_of, town_url):
    async with client_of(town_url, jobs=True, browser="-") as client:
        order = await ordered(client, format="pdf", page="16:9", approval="苏S（2026）001号")
        assert (order["state"], order["percent"], order["file"]) == ("waiting", 0, None)
        while (now := await told(client, order["id"]))["state"] in {"waiting", "drawing"}:
            await asyncio.sleep(0.1)
        assert (now["state"], now["percent"], now["pages"]) == ("done", 100, 1), now
        file = await client.get(now["file"])
        assert file.headers["content-type"] == "application/pdf"
        assert "attachment" in file.headers["content-disposition"]
        assert now["bytes"] == len(file.content)
        (only,) = PdfReader(io.BytesIO(file.content)).pages
        assert "苏S（2026）001号" in only.extract_text()
        listed = (await client.get("/api/briefings")).json()["briefings"]
        assert [one["id"] for one in listed] == [order["id"]]
        assert (await client.delete(f"/api/briefings/{order['id']}")).status_code == 204
        assert (await client.get(now["file"])).status_code == 404


async def test_an_atlas_tells_how_far_it_is_and_stops_when_cancelled(client, town, monkeypatch):
    order = await ordered(client, division=COUNTY, atlas="community", format="xlsx")
    seen = []

    async def drawn(sessions, asked, path, *, browser, progress, stopped):
        progress("page 1 of 2", 0.5)
        while not seen:
            await asyncio.sleep(0.05)
            if (now := await told(client, order["id"]))["percent"] == 50:
                seen.append(now)
                assert (await client.delete(f"/api/briefings/{order['id']}")).status_code == 204
        while not stopped():
            await asyncio.sleep(0.05)
        raise GivenUp

    monkeypatch.setattr(ordering, "draw", drawn)
    await ordering.work(town, WITHOUT_BROWSER, order["id"])
    assert seen[0]["state"] == "drawing"
    now = await told(client, order["id"])
    assert (now["state"], now["file"]) == ("cancelled", None)
    assert (await client.get(f"/api/briefings/{order['id']}/file")).status_code == 409


async def test_what_is_cancelled_before_its_turn_is_not_drawn(client, town):
    order = await ordered(client)
    await client.delete(f"/api/briefings/{order['id']}")
    await ordering.work(town, WITHOUT_BROWSER, order["id"])
    assert (await told(client, order["id"]))["state"] == "cancelled"


async def test_why_it_could_not_be_drawn_is_told(client, town, monkeypatch):
    order = await ordered(client)
    await ordering.work(town, Settings(browser="netscape"), order["id"])
    now = await told(client, order["id"])
    assert now["state"] == "failed"
    assert "GRIDSVC_BROWSER" in now["reason"]

    async def broken(*_, **__):
        raise RuntimeError("a bug")

    order = await ordered(client)
    monkeypatch.setattr(ordering, "draw", broken)
    with pytest.raises(RuntimeError):
        await ordering.work(town, WITHOUT_BROWSER, order["id"])
    now = await told(client, order["id"])
    assert (now["state"], "a bug" in now["reason"]) == ("failed", False)


async def test_it_is_drawn_with_what_its_account_may_see_now(client, town):
    async with transaction(town) as session:
        own = await open_account(session, "planner-here", [Role.PLANNER], [COMMUNITY])
        gone = await open_account(session, "planner-gone", [Role.PLANNER], [COMMUNITY])
    mine = await ordered(client, bearer(own), format="xlsx")
    theirs = await ordered(client, bearer(gone), format="xlsx")
    async with transaction(town) as session:
        await session.execute(
            text("UPDATE account SET disabled_at = now() WHERE id = :id"), {"id": gone}
        )
    for order in (mine, theirs):
        await ordering.work(town, WITHOUT_BROWSER, order["id"])
    now = await told(client, mine["id"], bearer(own))
    assert now["state"] == "done"
    file = await client.get(now["file"], headers=bearer(own))
    assert openpyxl.load_workbook(io.BytesIO(file.content))["微网格"].max_row > 1
    async with town.connect() as connection:
        state = await connection.scalar(
            text("SELECT state FROM briefing WHERE id = :id"), {"id": theirs["id"]}
        )
        drawn_by = await connection.scalar(
            text("SELECT string_agg(login, ',') FROM audit_entry WHERE action = 'map_drawn'")
        )
    assert state == "failed"
    assert drawn_by == "planner-here"


async def test_nobody_sees_or_cancels_what_somebody_else_ordered(client, town):
    async with transaction(town) as session:
        other = await open_account(session, "planner-beside", [Role.PLANNER], [COUNTY])
    order = await ordered(client)
    for method, path in (("GET", ""), ("GET", "/file"), ("DELETE", "")):
        url = f"/api/briefings/{order['id']}{path}"
        assert (await client.request(method, url, headers=bearer(other))).status_code == 404
    assert (await client.get("/api/briefings", headers=bearer(other))).json()["briefings"] == []
    assert (await told(client, order["id"]))["state"] == "waiting"


@pytest.mark.parametrize(
    ("asked", "status", "why"),
    [
        ({"division": "990101001002"}, 404, "no division"),
        ({"division": "1"}, 422, "division"),
        ({"kind": "moods"}, 422, "no layer"),
        ({"kind": "open,pace"}, 422, "one kind"),
        ({"format": "png", "atlas": "community"}, 422, "many pages"),
        ({"page": "a5"}, 422, "page"),
        ({"approval": ""}, 422, "approval"),
        ({"paper": "a4"}, 422, "paper"),
    ],
)
async def test_what_cannot_be_drawn_is_refused_at_once(client, asked, status, why):
    answer = await client.post("/api/briefings", json={"division": COMMUNITY} | asked)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert why in answer.json()["detail"]
    assert (await client.get("/api/briefings")).json()["briefings"] == []


async def test_one_account_does_not_fill_the_queue(client):
    for _ in range(ordering.MOST_UNFINISHED):
        order = await ordered(client)
    again = await client.post("/api/briefings", json={"division": COMMUNITY})
    assert again.status_code == 409
    await client.delete(f"/api/briefings/{order['id']}")
    await ordered(client)


async def test_what_a_stopped_service_left_waits_again_and_what_expired_is_gone(client, town):
    left, expired = await ordered(client), await ordered(client)
    async with transaction(town) as session:
        await order_queries.take_up(session, left["id"])
        await session.execute(
            text("UPDATE briefing SET seen_at = now() - interval '5 minutes' WHERE id = :id"),
            {"id": left["id"]},
        )
        await session.execute(
            text("UPDATE briefing SET expires_at = now() - interval '1 hour' WHERE id = :id"),
            {"id": expired["id"]},
        )
    async with transaction(town) as session:
        assert await order_queries.drop_expired(session) == 1
        assert await order_queries.left_behind(session, tasks.SILENT_S) == [left["id"]]
    assert (await told(client, left["id"]))["state"] == "waiting"
    assert (await client.get(f"/api/briefings/{expired['id']}")).status_code == 404

"""The outreach desk: registers drawn by the service, warnings for who must see them alone."""

import re
from html import unescape

import pytest
from sqlalchemy import text

from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.outreach.devices import (
    a_broadcast,
    a_camera,
    a_device,
    a_loudspeaker,
    cell_at,
    raised,
    stood,
)
from tests.outreach.receptions import A_RESOLUTION, begun_cycle, begun_month, held
from tests.outreach.visits import a_visit, a_worker, begun, settle_homes
from tests.outreach.warnings import a_row, a_scene, sent
from tests.outreach.windows import opened, registered
from tests.towns import COMMUNITY, middle
from tests.who import bearer, open_account

PAYLOAD = "<img src=x onerror=alert(1)>"


async def drawn(client, view, **asked):
    answer = await client.get("/outreach", params={"view": view} | asked)
    assert answer.status_code == 200, answer.text
    assert "<img src=x" not in answer.text
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.text)))


async def test_visits_show_coverage_what_is_overdue_and_what_waits_to_be_judged(client, town):
    homes = await settle_homes(town)
    worker = await a_worker(town)
    season = await begun(client)
    far = {"lon": middle(3, 3)[0], "lat": middle(3, 3)[1], "explained": PAYLOAD}
    for told in (a_visit(season, homes[0], 9000), a_visit(season, homes[1], 60, **far)):
        assert (await client.post("/api/visits", json=told, headers=worker)).status_code == 201
    page = await drawn(client, "visits")
    assert f"1 / {len(homes)} 户" in page
    assert f"共 {len(homes) - 1} 户" in page
    assert PAYLOAD in page
    assert "不在微网格内" in page
    assert "w0" in page


@pytest.mark.parametrize("view", ["visits", "warnings", "windows", "receptions", "devices"])
async def test_an_empty_register_says_what_to_load(client, town, view):
    page = await drawn(client, view)
    assert "载入" in page or "用接口" in page or view == "warnings"


async def test_warnings_are_for_supervisors_and_reading_the_page_is_recorded(client, town):
    homes = await settle_homes(town)
    await a_scene(client, name=PAYLOAD)
    async with transaction(town) as session:
        model = bearer(await open_account(session, "model", [Role.PARTNER]))
        desk = bearer(await open_account(session, "desk", [Role.DISPATCHER], [COMMUNITY]))
    await sent(client, model, [a_row("r1", homes[0].address), a_row("r2", "nowhere")])
    page = await drawn(client, "warnings")
    assert PAYLOAD in page
    assert "指定地址" in page
    assert "王小明" not in page
    async with town.connect() as connection:
        read = "SELECT count(*) FROM audit_entry WHERE action = 'warning_read'"
        before = await connection.scalar(text(read))
    assert before
    answer = await client.get("/outreach?view=warnings", headers=desk)
    assert PAYLOAD not in unescape(answer.text)
    assert "?view=warnings" not in answer.text
    async with town.connect() as connection:
        assert await connection.scalar(text(read)) == before


async def test_windows_show_what_was_registered_and_offer_to_pass_it_up(client, town):
    window = await opened(client, name="通挽五事窗口")
    await registered(client, window, "ji-nan")
    page = await drawn(client, "windows")
    assert "急难事" in page
    assert "0.0%（0/1）" in page
    assert "交办" in page


async def test_a_month_shows_days_decisions_and_its_deck(client, town):
    window = await opened(client)
    event = await registered(client, window, "ji-nan")
    cycle = await begun_cycle(client)
    month = (await begun_month(client, cycle)).json()["id"]
    await held(client, month, "2026-05-06", attended=[], note=PAYLOAD)
    path = f"/api/receptions/{month}/items/{event}/decision"
    decided = await client.put(path, json=A_RESOLUTION)
    assert decided.status_code == 200, decided.text
    page = await drawn(client, "receptions")
    assert "赞成 21，反对 2" in page
    assert "缺席：党委主要负责人、政府主要负责人" in page
    assert PAYLOAD in page
    assert f"/api/receptions/{month}/deck" in (await client.get("/outreach?view=receptions")).text


async def test_devices_show_what_they_raised_and_broadcasts_how_far_they_got(client, town):
    key = (await stood(client, a_device(name=PAYLOAD)))["key"]
    await stood(client, a_camera(1, 1))
    gone = (await stood(client, a_loudspeaker(code="LS-02")))["device"]["id"]
    await client.post(f"/api/place-devices/{gone}/revocation")
    event = (await raised(client, key)).json()["event"]
    joined = (await raised(client, key)).json()
    assert joined == {"event": event, "joined": True}
    cell = await cell_at(client)
    told = a_broadcast(cell["micro_grid_code"], message=PAYLOAD)
    said = await client.post("/api/broadcasts", json=told)
    assert said.status_code == 201, said.text
    page = await drawn(client, "devices")
    assert "报警器 1 在用 / 登记 1" in page
    assert "大喇叭 0 在用 / 登记 1" in page
    assert f"{PAYLOAD}（PA-01） #{event} 并入" in page
    assert f"涉及 {said.json()['households']} 户" in page
    assert "向微网格广播" in page
    answer = await client.get("/outreach?view=devices")
    assert 'href="https://video.example/live/1" target="_blank" rel="noopener' in answer.text
    async with transaction(town) as session:
        desk = bearer(await open_account(session, "desk", [Role.DISPATCHER], [COMMUNITY]))
    answer = await client.get("/outreach?view=devices", headers=desk)
    assert "报警器" in answer.text
    assert "向微网格广播" not in answer.text


async def test_who_directs_no_visits_has_no_desk(client, town):
    async with transaction(town) as session:
        auditor = bearer(await open_account(session, "auditor", [Role.AUDITOR]))
    assert (await client.get("/outreach", headers=auditor)).status_code == 403

"""The field page in a real browser: a day's work with and without a network, once and in order."""

import pytest
from sqlalchemy import text

from gridsvc.accounts import passwords
from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.dispatch import service as dispatch
from tests.browser.axe import serious
from tests.browser.phone import Unlucky, a_phone, kept_offline
from tests.dispatch.test_service import a_report
from tests.events.test_photos import a_photo
from tests.live import served
from tests.outreach.visits import begun, post_everywhere, settle_homes
from tests.outreach.warnings import a_row, a_scene, sent
from tests.towns import a_person, middle, staff
from tests.who import KEYRING, bearer, open_account

pytestmark = pytest.mark.browser

PASSWORD = "Correct-Horse-7"
PICTURE = {"name": "photo.jpg", "mimeType": "image/jpeg"}


@pytest.fixture
async def address(town, town_url):
    """A worker with one task, and the account of theirs."""
    await staff(town, a_person("w", middle(1, 1), capacity=9))
    async with transaction(town) as session:
        await dispatch.report(session, a_report(1, 1, description="垃圾桶满溢"), KEYRING)
        person = await session.scalar(text("SELECT id FROM person WHERE code = 'w'"))
        hashed = await passwords.hashed(PASSWORD)
        await open_account(
            session, "worker", [Role.GRID_WORKER], person_id=person, password_hash=hashed
        )
        await open_account(session, "planner", [Role.PLANNER], password_hash=hashed)
    with served(town_url) as address:
        yield address


@pytest.fixture
async def phone(browser, address):
    async with a_phone(browser, address) as seen:
        await sign_in(seen.page)
        yield seen


async def sign_in(page, login="worker"):
    await page.goto("/sign-in?next=/field")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_url("**/field")


async def offline(page):
    await page.get_by_role("button", name="接单").wait_for()
    await kept_offline(page, "/field")
    await page.context.set_offline(True)


async def press(page, name):
    await page.get_by_role("button", name=name, exact=True).click()


async def shoot(page, label, shade):
    chosen = page.get_by_label(label)
    await chosen.set_input_files(PICTURE | {"buffer": a_photo(colour=(shade, 90, 60))})
    await page.get_by_text(f"{label} (1)").wait_for()


async def handle(page):
    """Everything about the one task, from accepting to handling, with photos before and after."""
    await press(page, "接单")
    await press(page, "到场")
    await shoot(page, "处置前照片", 10)
    await shoot(page, "处置后照片", 200)
    await press(page, "处置完成")
    await page.get_by_label("怎样处置的").fill("已清运")
    await press(page, "确定完成")


async def all_sent(page):
    await page.wait_for_selector("#waiting", state="hidden", timeout=60_000)


async def kept(town):
    """States the event came to, in order, and the purposes of its photos."""
    async with town.connect() as connection:
        states = await connection.scalars(
            text("SELECT to_state FROM event_history WHERE event_id = 1 ORDER BY id")
        )
        photos = await connection.scalars(text("SELECT purpose FROM event_media ORDER BY id"))
        return list(states)[3:], list(photos)


WHOLE_DAY = (["ACCEPTED", "ON_SITE", "HANDLED"], ["before", "after"])


async def test_a_task_is_accepted_gone_to_shown_and_handled(phone, town, address):
    page = phone.page
    go = page.get_by_role("link", name="导航")
    _, lat = middle(1, 1)
    assert (await go.get_attribute("href")).startswith(f"geo:{lat:.3f}")
    assert await serious(page) == []
    await handle(page)
    await page.get_by_text("手里没有任务").wait_for()
    await all_sent(page)
    assert await kept(town) == WHOLE_DAY
    assert not phone.complaints
    assert all(url.startswith((address, "blob:", "data:")) for url in phone.requests)


async def test_without_a_network_it_arrives_later_once_and_in_order(phone, town):
    page = phone.page
    await offline(page)
    await page.reload()
    await handle(page)
    await page.locator("#waiting", has_text="5").wait_for()
    assert await kept(town) == ([], [])
    await page.reload()  # and the phone is switched off and on again
    await page.get_by_text("待发送").first.wait_for()
    async with Unlucky(page, loses=3) as network:
        await page.context.set_offline(False)
        await all_sent(page)
        assert network.lost == 3
    await page.get_by_text("手里没有任务").wait_for()
    assert await kept(town) == WHOLE_DAY
    async with town.connect() as connection:
        late = await connection.scalars(
            text(
                "SELECT at - captured_at > interval '0' FROM event_history"
                " WHERE event_id = 1 AND captured_at IS NOT NULL"
            )
        )
    assert set(late) == {True}


async def test_an_event_is_reported_with_a_photo_without_a_network(phone, town):
    page = phone.page
    await offline(page)
    await page.get_by_role("link", name="上报").click()
    await page.set_input_files("#photo", PICTURE | {"buffer": a_photo()})
    await page.get_by_text("手机定位（WGS-84）").wait_for()
    await page.select_option("[name=matter]", "E01")
    await page.get_by_label("情况说明").fill("路面有积水")
    await press(page, "提交")
    await page.get_by_text("已记下").wait_for()
    async with Unlucky(page, loses=2):
        await page.context.set_offline(False)
        await all_sent(page)
    async with town.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT description, (SELECT count(*) FROM event_media m WHERE m.event_id = e.id)"
                " FROM event e WHERE id > 1"
            )
        )
    assert found.all() == [("路面有积水", 1)]


async def test_what_came_too_late_is_kept_for_the_person_to_decide(
    phone, town, client_of, town_url
):
    page = phone.page
    await offline(page)
    await press(page, "接单")
    await press(page, "到场")
    async with client_of(town_url) as desk:
        answer = await desk.post(
            "/api/events/1/moves",
            json={"to_state": "RETURNED", "reason": "wrong_person", "note": "派错了"},
        )
        assert answer.status_code == 200, answer.text
        before = await kept(town)
    await page.context.set_offline(False)
    await page.get_by_role("link", name="待发送").click()
    refused = page.locator("#left article", has=page.locator(".failure"))
    await refused.wait_for()
    # Whether it was given back to the same worker or to nobody: the desk's word stands.
    assert await page.locator("#left article").count() <= 2
    sentence = await refused.inner_text()
    assert "做不了" in sentence or "不在您手里" in sentence
    for _ in range(2):
        await page.locator("#left .failure").first.wait_for()
        await page.get_by_role("button", name="删除").first.click()
        if await page.get_by_text("都已发送").count():
            break
    await page.get_by_text("都已发送").wait_for()
    assert (await kept(town))[0][: len(before[0])] == before[0]


async def test_a_task_is_given_back_with_the_reason(phone, town):
    page = phone.page
    await press(page, "退回")
    await press(page, "确定退回")
    await page.get_by_text("请写明情况").wait_for()
    await page.get_by_role("dialog").get_by_label("说明").fill("属水务部门管辖")
    async with page.expect_response("**/moves"):
        await press(page, "确定退回")
    async with town.connect() as connection:
        row = (
            await connection.execute(
                text("SELECT reason, note FROM event_history WHERE to_state = 'RETURNED'")
            )
        ).one()
    assert tuple(row) == ("no_power", "属水务部门管辖")


async def test_a_session_that_ran_out_loses_nothing(phone, town):
    page = phone.page
    await page.get_by_role("button", name="接单").wait_for()
    async with town.begin() as connection:
        await connection.execute(text("DELETE FROM login_session"))
    await press(page, "接单")
    await page.get_by_text("登录已过期").wait_for()
    await page.locator("#waiting", has_text="1").wait_for()
    # Somebody else signs in on this phone: what the worker did is not theirs to send.
    await sign_in(page, "planner")
    await page.get_by_text("不是网格工作人员").wait_for()
    assert await kept(town) == ([], [])
    await page.context.clear_cookies()
    await sign_in(page)
    await all_sent(page)
    assert await kept(town) == (["ACCEPTED"], [])


async def test_duty_cells_and_every_view_fit_a_phone(phone, town):
    page = phone.page
    duty = page.get_by_role("switch")
    assert await duty.inner_text() == "在岗"
    async with page.expect_response(lambda answer: answer.request.method != "GET"):
        await duty.click()
    await page.get_by_role("switch", checked=False).wait_for()
    async with town.connect() as connection:
        on_duty = await connection.scalar(text("SELECT on_duty FROM person WHERE code = 'w'"))
    assert not on_duty
    for name in ("任务", "走访", "上报", "网格", "我的", "待发送"):
        await page.get_by_role("link", name=name).click()
        await page.wait_for_selector(f"section[aria-label={name}]:not([hidden])")
        assert await serious(page) == [], name
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.get_by_role("link", name="网格").click()
    await page.locator("#cells-sum", has_text="户。").wait_for()
    assert await page.locator("#cells-list tbody tr").count() > 0


@pytest.fixture
async def doors(address, town, town_url, client_of):
    """Homes of the paper town, all the worker's to visit, and a warning about one of them."""
    homes = await settle_homes(town)
    async with transaction(town) as session:
        worker = await session.scalar(text("SELECT id FROM person WHERE code = 'w'"))
        await post_everywhere(session, worker)
        partner = bearer(await open_account(session, "model", [Role.PARTNER]))
    async with client_of(town_url) as desk:
        await begun(desk)
        await a_scene(desk)
        await sent(desk, partner, [a_row("r1", homes[-1].address)])
    return {home.address: home for home in homes}


async def record(page, home, result, note):
    door = page.locator(f"[data-household='{home.id}']")
    await door.get_by_role("button", name="记录走访").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("走访结果").select_option(result)
    await dialog.get_by_label("情况").fill(note)
    await dialog.get_by_role("button", name="保存").click()
    await dialog.wait_for(state="detached")


async def visits_kept(town):
    async with town.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT household_id, result, state, event_id IS NOT NULL,"
                " received_at > captured_at FROM visit ORDER BY id"
            )
        )
        return [tuple(row) for row in found]


async def test_visits_wait_without_a_network_and_what_is_doubted_is_explained(doors, phone, town):
    page = phone.page
    here, far = doors["b11-1"], doors["b33-1"]
    await page.get_by_role("link", name="走访", exact=True).click()
    await page.get_by_role("button", name="再显示").click()
    await page.locator(f"[data-household='{here.id}']").wait_for()
    assert await serious(page) == []
    await kept_offline(page, "/field")
    await page.context.set_offline(True)
    await record(page, here, "danger", "楼道堆物")
    await record(page, far, "well", "")
    await page.locator("#waiting", has_text="2").wait_for()
    await page.reload()  # and the phone is switched off and on again
    async with Unlucky(page, loses=1):
        await page.context.set_offline(False)
        await page.locator("#waiting", has_text="1").wait_for(timeout=60_000)
    await page.get_by_role("link", name="待发送").click()
    refused = page.locator("#left article", has_text="手机不在这户所在的微网格里")
    await refused.get_by_role("button", name="说明情况").click()
    await page.get_by_label("为什么这次走访应当算数").fill("住户在小区门口接受走访")
    await press(page, "再发送")
    await all_sent(page)
    assert await visits_kept(town) == [
        (here.id, "danger", "counted", True, True),
        (far.id, "well", "doubted", False, True),
    ]
    await page.get_by_role("link", name="我的").click()
    await page.locator("#mine tbody tr").first.wait_for()


async def test_a_warning_is_read_for_a_purpose_and_checked_on_the_spot(doors, phone, town):
    page = phone.page
    await page.context.set_geolocation(
        dict(zip(("longitude", "latitude"), doors["b33-1"].place, strict=True)) | {"accuracy": 8}
    )
    await page.get_by_role("link", name="走访", exact=True).click()
    await page.get_by_role("heading", name="待核查 1 条").wait_for()
    await press(page, "查看详情")
    await page.get_by_role("button", name="查看", exact=True).click()
    await page.get_by_text("王小明").wait_for()
    await press(page, "取消")
    # What is sealed is nowhere in the phone.
    kept = await page.evaluate(
        """async () => {
          const open = indexedDB.open('gridsvc-field');
          await new Promise((done) => { open.onsuccess = done; });
          const shelf = open.result.transaction('shelf').objectStore('shelf').getAll();
          await new Promise((done) => { shelf.onsuccess = done; });
          return JSON.stringify(shelf.result);
        }"""
    )
    assert "出租房屋风险" in kept
    assert "王小明" not in kept
    await press(page, "登记核查结果")
    await page.locator("[name=outcome]").select_option("serious")
    await page.get_by_label("核查情况").fill("群租属实")
    await page.get_by_role("dialog").get_by_role("button", name="保存").click()
    await all_sent(page)
    await page.get_by_role("heading", name="待核查").wait_for(state="detached")
    async with town.connect() as connection:
        found = await connection.execute(text("SELECT state, outcome FROM risk_warning"))
        reading = await connection.scalars(
            text("SELECT purpose FROM audit_entry WHERE action = 'warning_read' AND purpose > ''")
        )
        assert found.one() == ("ESCALATED", "serious")
        assert reading.all() == ["上门核查"]

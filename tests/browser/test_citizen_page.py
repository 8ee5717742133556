"""The citizen's page in a real browser: reporting without a network, once; following; rating."""

import pytest
from sqlalchemy import text

from tests.browser.axe import serious
from tests.browser.phone import Unlucky, a_phone, kept_offline, until
from tests.events.test_photos import a_photo
from tests.live import served
from tests.towns import a_person, middle, staff

pytestmark = pytest.mark.browser

PICTURE = {"name": "photo.jpg", "mimeType": "image/jpeg"}
RUBBISH = "小区东门垃圾桶满溢"


@pytest.fixture
async def address(town, town_url):
    await staff(town, a_person("w", middle(1, 1), capacity=9))
    with served(town_url) as address:
        yield address


@pytest.fixture
async def phone(browser, address):
    async with a_phone(browser, address) as seen:
        yield seen


async def counts(town):
    async with town.connect() as connection:
        return tuple(
            (
                await connection.execute(
                    text(
                        "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM event_media),"
                        " (SELECT count(*) FROM event_voice),"
                        " (SELECT count(*) FROM citizen_report)"
                    )
                )
            ).one()
        )


async def fill(page, *, photos=1, words=RUBBISH):
    for n in range(photos):
        content = a_photo(colour=(40 * n, 80, 120))
        await page.set_input_files("#photo", PICTURE | {"buffer": content})
        await page.wait_for_selector(f"#photos li:nth-child({n + 1})")
    if not photos:
        await page.click("#locate")
    await page.get_by_text("手机定位（WGS-84）").wait_for()
    await page.select_option("[name=matter]", "E01")
    await page.fill("[name=description]", words)


async def submit(page):
    await page.get_by_role("button", name="提交", exact=True).click()
    await page.wait_for_selector("#sent:not([hidden])")


async def number_on(page):
    await page.get_by_text("已收到，谢谢").wait_for()
    return await page.inner_text("#sent .number")


async def test_a_report_without_a_network_arrives_once_with_its_photos(phone, town):
    page = phone.page
    await page.goto("/report")
    await kept_offline(page, "/report", "/report/mine")
    await page.context.set_offline(True)
    await page.reload()
    await fill(page, photos=2)
    await submit(page)
    assert "已存在手机里" in await page.inner_text("#sent")
    assert await counts(town) == (0, 0, 0, 0)
    # The page is closed and opened again, still without a network: nothing was lost.
    await page.goto("/report/mine")
    await page.get_by_text(RUBBISH).wait_for()
    assert await page.inner_text("#waiting") == "1"
    async with Unlucky(page, loses=3) as network:
        await page.context.set_offline(False)
        await page.wait_for_selector("#mine .number", timeout=60_000)
        await page.wait_for_selector("#waiting", state="hidden", timeout=60_000)
        assert network.lost == 3
    assert await counts(town) == (1, 2, 0, 1)
    async with town.connect() as connection:
        row = (
            await connection.execute(
                text(
                    "SELECT description, received_at - captured_at AS waited,"
                    " ST_Distance(geom::geography,"
                    " ST_SetSRID(ST_MakePoint(:x, :y), 4326)::geography) AS away_m FROM event"
                ),
                dict(zip("xy", middle(1, 1), strict=True)),
            )
        ).one()
    assert row.description == RUBBISH
    assert row.waited.total_seconds() > 0
    assert row.away_m < 0.5


async def test_two_pages_of_a_phone_send_once(phone, town):
    await phone.page.goto("/report")
    await kept_offline(phone.page, "/report", "/report/mine")
    await phone.page.context.set_offline(True)
    await fill(phone.page)
    await submit(phone.page)
    other = await phone.page.context.new_page()
    await other.goto("/report/mine")
    await other.get_by_text(RUBBISH).wait_for()
    await phone.page.context.set_offline(False)
    await number_on(phone.page)
    await other.wait_for_selector("#mine .number")
    assert await counts(town) == (1, 1, 0, 1)


async def test_a_voice_note_is_enough(phone, town):
    page = phone.page
    await page.goto("/report")
    await page.click("#locate")
    await page.get_by_text("手机定位（WGS-84）").wait_for()
    await page.select_option("[name=matter]", "E01")
    await page.get_by_role("button", name="提交", exact=True).click()
    assert "请写几个字" in await page.inner_text("#fault")
    await page.click("#record")
    await page.get_by_text("正在录音").wait_for()
    await until(page, "() => Date.now() - (window.begun ??= Date.now()) > 400")
    await page.click("#record")
    await page.wait_for_selector("#heard audio")
    await submit(page)
    await number_on(page)
    assert await counts(town) == (1, 0, 1, 1)


async def test_what_was_begun_survives_the_page(phone):
    page = phone.page
    await page.goto("/report")
    await fill(page)
    await until(
        page,
        "async (words) => { const open = indexedDB.open('gridsvc-report');"
        " const db = await new Promise((ok) => { open.onsuccess = () => ok(open.result); });"
        " const ask = db.transaction('shelf').objectStore('shelf').get('draft');"
        " const kept = await new Promise((ok) => { ask.onsuccess = () => ok(ask.result); });"
        " db.close(); return kept?.fields.description === words && kept.place; }",
        RUBBISH,
    )
    await page.reload()
    await page.wait_for_selector("#photos li")
    assert await page.input_value("[name=description]") == RUBBISH
    await submit(page)
    await number_on(page)


async def test_somebody_follows_what_was_reported_near_by(browser, address, phone, town):
    await phone.page.goto("/report")
    await fill(phone.page, photos=0)
    await submit(phone.page)
    await number_on(phone.page)
    async with a_phone(browser, address) as other:
        await other.page.goto("/report")
        await other.page.click("#locate")
        await other.page.get_by_role("button", name="关注：暴露垃圾").click()
        await number_on(other.page)
        await other.page.get_by_role("link", name="看进度").click()
        await other.page.get_by_text("关注的事项").wait_for()
        await other.page.locator("#mine .state", has_text="已派遣").wait_for()
    assert await counts(town) == (1, 0, 0, 2)


async def test_it_is_rated_when_handled_and_reopened_when_closed(phone, town, client_of, town_url):
    page = phone.page
    await page.goto("/report")
    await fill(page, photos=0)
    await submit(page)
    number = await number_on(page)
    async with client_of(town_url) as desk:
        event = (await desk.get("/api/events")).json()["events"][0]["id"]
        for state in ("ACCEPTED", "HANDLED", "VERIFIED", "CLOSED"):
            told = {"to_state": state, "note": "已清运"}
            answer = await desk.post(f"/api/events/{event}/moves", json=told)
            assert answer.status_code == 200, answer.text
    await page.goto("/report/mine")
    await page.fill("[name=number]", number.lower())
    await page.get_by_role("button", name="查询").click()
    found = page.locator("#found")
    await found.get_by_role("button", name="4 星").click()
    await found.get_by_role("button", name="提交评价").click()
    await found.get_by_text("您的评价").wait_for()
    assert await serious(page) == []
    await found.get_by_label("说明还有什么问题").fill("又满了")
    await found.get_by_role("button", name="要求重新办理").click()
    await found.get_by_role("button", name="要求重新办理").wait_for(state="detached")
    async with town.connect() as connection:
        score = await connection.scalar(text("SELECT score FROM citizen_report"))
        reopened = await connection.scalar(
            text("SELECT count(*) FROM event_history WHERE to_state = 'REOPENED'")
        )
    assert (score, reopened) == (4, 1)
    await page.goto("/report/handled")
    await page.get_by_text("共 0 件").wait_for()


async def test_what_is_refused_stays_with_the_reason(browser, address, town):
    async with a_phone(browser, address, place=(100.0, 30.0)) as phone:
        await phone.page.goto("/report")
        await fill(phone.page, photos=1)
        await submit(phone.page)
        await phone.page.get_by_text("没有被接受").wait_for()
        await phone.page.get_by_role("link", name="看进度").click()
        refused = phone.page.locator("#mine article")
        await refused.locator(".failure").wait_for()
        assert "不在任何网格内" in await refused.inner_text()
        await refused.get_by_role("button", name="删除").click()
        await phone.page.get_by_text("还没有上报过").wait_for()
    assert await counts(town) == (0, 0, 0, 0)


async def test_the_pages_are_accessible_and_ask_nobody_else(phone, address):
    for path in ("/report", "/report/mine", "/report/handled"):
        await phone.page.goto(path)
        await phone.page.wait_for_selector("#waiting", state="attached")
        assert await serious(phone.page) == [], path
        wide = await phone.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, path
    assert not phone.complaints
    assert all(url.startswith((address, "blob:", "data:")) for url in phone.requests)


async def test_the_page_speaks_english(phone):
    await phone.page.goto("/language/en?next=/report")
    await phone.page.get_by_role("button", name="Use the phone's location").click()
    await phone.page.get_by_text("Phone's location (WGS-84)").wait_for()
    manifest = await phone.page.evaluate(
        "fetch(document.querySelector('link[rel=manifest]').href).then((a) => a.json())"
    )
    assert manifest["short_name"] == "Report"
    for icon in manifest["icons"]:
        assert await phone.page.evaluate("(src) => fetch(src).then((a) => a.ok)", icon["src"])

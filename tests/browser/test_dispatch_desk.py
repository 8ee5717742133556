"""The dispatcher's desk in a real browser, on the real service with its live stream."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import text

from gridsvc.accounts.access import COOKIE
from gridsvc.accounts.roles import Role
from gridsvc.accounts.sign_in import SignedIn, open_browser
from gridsvc.accounts.steps import Step
from gridsvc.db import transaction
from gridsvc.dispatch import service as dispatch
from gridsvc.mandates import service as mandates
from tests.browser.axe import serious
from tests.browser.conftest import Watched
from tests.browser.phone import until
from tests.dispatch.test_service import a_report
from tests.events.test_photos import a_photo
from tests.live import Killable, served
from tests.towns import COUNTY, a_person, an_officer, middle, staff
from tests.who import ALL_ROUND, KEYRING, bearer, open_account

pytestmark = pytest.mark.browser

#: What a server that is away or a session that is over makes a browser write into its console.
EXPECTED = re.compile(
    r"net::ERR_|Failed to load resource|Response Status Error Code 401|afterRequest|sendError"
)


@pytest.fixture
async def office(town):
    """Accounts and units in the paper town, and nobody in the field yet."""
    valid = {"valid_from": date(2020, 1, 1), "valid_to": None}
    async with transaction(town) as session:
        await open_account(session, "desk", [Role.DISPATCHER], [COUNTY])
        await open_account(session, "relief", [Role.DISPATCHER], [COUNTY])
        await mandates.load_units(
            session,
            [
                {"code": "street", "name": "纸上街道", "kind": "street", "level": "street",
                 "parent_code": None, "division_code": COUNTY} | valid,
                {"code": "chengguan", "name": "纸上区城市管理局", "kind": "department",
                 "level": "county", "parent_code": None, "division_code": COUNTY} | valid,
            ],
        )  # fmt: skip
    return town


@pytest.fixture
def desk_at(browser, office):
    """Open the desk of a service, signed in; the page and all it complained of."""

    @asynccontextmanager
    async def opened(address, path="/dispatch", *, login="desk", size=(1366, 768)):
        context = await browser.new_context(
            base_url=address, viewport={"width": size[0], "height": size[1]}
        )
        context.set_default_timeout(60_000)
        seen = Watched(await context.new_page())
        seen.watch()
        try:
            await let_in(office, context, address, login)
            await seen.page.goto(path)
            await seen.page.wait_for_selector("#link-state[data-state=live]")
            await seen.page.wait_for_selector("main[data-shown]")
            yield seen
            assert [c for c in seen.complaints if not EXPECTED.search(c)] == []
            assert all(url.startswith((address, "data:")) for url in seen.requests)
        finally:
            await context.close()

    return opened


async def let_in(engine, context, address, login):
    """Give a browser the cookie that signing in would."""
    async with transaction(engine) as session:
        account_id = await session.scalar(
            text("SELECT id FROM account WHERE login = :login"), {"login": login}
        )
        secret = await open_browser(session, SignedIn(account_id, login, Step.DONE))
    await context.add_cookies([{"name": COOKIE, "value": secret, "url": address}])


async def report(engine, column=1, row=1, **changes):
    """Somebody reports something, as a phone's request would have the service do."""
    async with transaction(engine) as session:
        return (await dispatch.report(session, a_report(column, row, **changes), KEYRING)).id


async def send(address, event_id, **change):
    """Somebody in the field moves an event, over HTTP."""
    async with httpx.AsyncClient(base_url=address, headers=ALL_ROUND) as client:
        answer = await client.post(f"/api/events/{event_id}/moves", json=change)
    assert answer.status_code == 200, answer.text


def state(page):
    return page.locator("#card article header .state")


async def test_an_event_comes_in_is_sent_to_the_nearest_and_followed_to_its_end(
    office, town_url, desk_at
):
    with served(town_url) as address:
        async with desk_at(address) as seen:
            page = seen.page
            async with httpx.AsyncClient(base_url=address, headers=ALL_ROUND) as phone:
                told = a_report(1, 1, "E02", description="东门占道").model_dump(mode="json")
                event_id = (await phone.post("/api/events", json=told)).json()["id"]
                await phone.post(f"/api/events/{event_id}/photos", content=a_photo())
            row = page.locator(f"#event-{event_id}")
            await row.wait_for()
            assert "待派遣" in await row.inner_text()
            assert "东门占道" in await row.inner_text()
            await staff(office, an_officer("far", middle(3, 3)), an_officer("near", middle(1, 2)))
            await row.click()
            await page.wait_for_selector("#card .candidates li")
            first = page.locator(".candidates li").first
            assert "near" in await first.inner_text()
            assert "分钟" in await first.inner_text()
            assert f"event={event_id}" in page.url
            photo = page.locator("#card .photos img")
            await photo.scroll_into_view_if_needed()
            await expect(photo).to_have_js_property("complete", True)
            assert await photo.evaluate("image => image.naturalWidth") > 0
            await first.get_by_role("button", name="派遣").click()
            await page.wait_for_selector("#card article[data-state=DISPATCHED]")
            assert "near" in await page.inner_text("#card .facts")
            await send(address, event_id, to_state="ACCEPTED")
            await page.wait_for_selector("#card article[data-state=ACCEPTED]")
            await send(address, event_id, to_state="HANDLED", note="已清运")
            await page.wait_for_selector("#card article[data-state=HANDLED]")
            assert "已清运" in await page.inner_text("#card .history")
            await page.get_by_role("button", name="核查通过").click()
            await page.wait_for_selector("#card article[data-state=VERIFIED]")
            await page.get_by_role("button", name="结案").click()
            await page.wait_for_selector("#card article[data-state=CLOSED]")
            assert re.search("已结案", await state(page).inner_text())
            await row.wait_for(state="detached")  # what is closed is open work no more


async def test_an_override_needs_a_reason_and_what_is_being_written_stays(
    office, town_url, desk_at
):
    await staff(office, a_person("near", middle(1, 1)), a_person("wise", middle(3, 3)),
                a_person("away", middle(1, 2), on_duty=False))  # fmt: skip
    event_id = await report(office)
    with served(town_url) as address:
        async with desk_at(address, f"/dispatch?event={event_id}") as seen:
            page = seen.page
            assert "不在岗" in await page.locator(".passed-over").inner_text()
            await page.locator(".passed-over .name", has_text="away").click()
            assert await page.input_value("[name=person]") == "away"
            await page.fill("[name=person]", "wise")
            await page.locator("form[data-act=override] button").click()
            assert await page.locator("form[data-act=override] :invalid").count() == 1
            await page.locator("form[data-act=override] [name=reason]").type("熟悉该处")
            # The event moves while the reason is being written.
            await send(address, event_id, to_state="ACCEPTED")
            await page.wait_for_selector("#card article[data-state=ACCEPTED]")
            reason = page.locator("form[data-act=override] [name=reason]")
            await expect(reason).to_have_value("熟悉该处")
            # Whether its window has the focus is another matter: browsers stand side by side here.
            await until(page, "() => document.activeElement?.name === 'reason'")
            await page.keyboard.type("商户")
            await page.locator("form[data-act=override] button").click()
            await page.wait_for_selector("#card article[data-handler=wise]")
            assert "人工指派：熟悉该处商户" in await page.inner_text("#card .facts")
            assert "改派给 wise：熟悉该处商户" in await page.inner_text("#card .history")
            assert await page.input_value("form[data-act=override] [name=reason]") == ""


async def test_of_two_dispatchers_at_once_the_second_is_told(office, town_url, desk_at):
    await staff(office, *(an_officer(f"o{n}", middle(n, 1)) for n in range(3)))
    event_id = await report(office, 1, 1, matter="E02")
    with served(town_url) as address:
        async with desk_at(address, f"/dispatch?event={event_id}") as seen:
            page = seen.page
            await page.wait_for_selector(".candidates button[data-person=o2]")
            await page.evaluate("document.querySelector('#card article').dataset.handler = 'o0'")
            await page.locator(".candidates button[data-person=o2]").click()
            await page.wait_for_selector(".told .bad")
            assert "情况已变化" in await page.inner_text(".told .bad")
            await page.wait_for_selector("#card article[data-handler=o1]")


async def test_a_whistle_is_blown_and_the_check_in_seen(office, town_url, desk_at):
    await staff(office, a_person("near", middle(1, 1)))
    event_id = await report(office)
    with served(town_url) as address:
        async with desk_at(address, f"/dispatch?event={event_id}") as seen:
            page = seen.page
            await page.wait_for_selector("#whistle option[value=chengguan]", state="attached")
            await page.keyboard.press("w")
            await page.keyboard.type("占道反复，请到场")
            await page.select_option("#whistle [name=unit]", "street")
            await page.select_option("#whistle [name=units]", ["chengguan"])
            await page.locator("#whistle form button").click()
            await page.wait_for_selector("#whistles .call")
            assert "纸上区城市管理局" in await page.inner_text("#whistles")
            assert "未报到" in await page.inner_text("#whistles")
            assert "剩" in await page.inner_text("#whistles .countdown")
            async with transaction(office) as session:
                department = await open_account(
                    session, "bureau", [Role.DEPARTMENT], [COUNTY], matters=["E01"]
                )
            async with httpx.AsyncClient(base_url=address, headers=bearer(department)) as bureau:
                call = (await bureau.get("/api/whistles")).json()["whistles"][0]["id"]
                told = {"unit": "chengguan", "client_key": "k"}
                answer = await bureau.post(f"/api/whistles/{call}/check-ins", json=told)
                assert answer.status_code == 200, answer.text
            await page.wait_for_selector("#whistles .good")
            assert "已报到" in await page.inner_text("#whistles .good")
            # The calling unit says what came of it, and ends it with a score.
            await page.fill("#whistles form[data-act=judge] input", "当晚清退")
            await page.get_by_role("button", name="未解决").click()
            await expect(page.locator("#whistles .call > .state")).to_have_text("未解决")
            await page.wait_for_selector("#card:not([aria-busy])")
            await page.fill("#whistles form[data-act=judge] input", "复查已清退")
            await page.get_by_role("button", name="已解决").click()
            await expect(page.locator("#whistles .call > .state")).to_have_text("已解决")
            await page.wait_for_selector("#card:not([aria-busy])")
            await page.select_option("#whistles form[data-act=close-call] select", "4")
            await page.get_by_role("button", name="评分并办结").click()
            await expect(page.locator("#whistles .call > .state")).to_have_text("已办结")
            assert await page.locator("#whistles form").count() == 0
    async with office.connect() as connection:
        assert await connection.scalar(text("SELECT score FROM whistle_unit")) == 4


async def test_an_event_is_put_off_by_one_and_approved_by_another(office, town_url, desk_at):
    await staff(office, a_person("near", middle(1, 1)))
    event_id = await report(office)
    async with transaction(office) as session:
        await open_account(session, "chief", [Role.SUPERVISOR], [COUNTY])
    with served(town_url) as address:
        async with desk_at(address, f"/dispatch?event={event_id}") as seen:
            page = seen.page
            await page.click("#suspend summary")
            await page.fill("#suspend [name=until]", "2099-01-01T08:00")
            await page.fill("#suspend [name=note]", "等路灯灯头到货")
            await page.select_option("#suspend [name=reason]", "materials")
            await page.locator("#suspend form button").click()
            await page.wait_for_selector(".told .bad")  # not within a year
            day = (datetime.now() + timedelta(days=30)).strftime("%Y-%m-%dT08:00")
            await page.fill("#suspend [name=until]", day)
            await page.locator("#suspend form button").click()
            await page.wait_for_selector("#card .notice:has-text('desk 申请挂账至')")
            assert "须由他人审批" in await page.inner_text("#card")
            assert await page.locator("[data-act=decide-suspension]").count() == 0
        async with desk_at(address, f"/dispatch?event={event_id}", login="chief") as seen:
            page = seen.page
            await page.wait_for_selector("[data-act=decide-suspension]")
            assert "等路灯灯头到货" in await page.inner_text("#card")
            assert await serious(page) == []
            await page.get_by_role("button", name="批准挂账").click()
            await page.wait_for_selector("#card article[data-state=SUSPENDED]")


async def test_while_the_server_is_away_the_page_says_so_and_then_misses_nothing(
    office, town_url, desk_at
):
    known = await report(office, 0, 0)
    with Killable(town_url) as service:
        async with desk_at(service.address) as seen:
            page = seen.page
            await page.wait_for_selector(f"#event-{known}")
            await page.evaluate("window.stayed = true")
            service.kill()
            await page.wait_for_selector("#banner:not([hidden])")
            assert "正在重连" in await page.inner_text("#banner")
            missed = [await report(office, n, 2) for n in range(3)]
            service.start()
            await page.wait_for_selector("#link-state[data-state=live]")
            for event_id in missed:
                await page.wait_for_selector(f"#event-{event_id}")
            assert await page.locator("#banner").is_hidden()
            assert await page.evaluate("window.stayed")


async def test_a_session_that_ended_is_said_and_nothing_written_is_lost(office, town_url, desk_at):
    await staff(office, a_person("near", middle(1, 1)), a_person("wise", middle(3, 3)))
    event_id = await report(office)
    with served(town_url) as address:
        async with desk_at(address, f"/dispatch?event={event_id}") as seen:
            page = seen.page
            await page.locator("#override summary").click()
            await page.fill("[name=person]", "wise")
            await page.fill("form[data-act=override] [name=reason]", "熟悉该处")
            async with office.begin() as connection:
                await connection.execute(text("DELETE FROM login_session"))
            await page.locator("form[data-act=override] button").click()
            await page.wait_for_selector(".told .bad")
            assert "填写的内容还在" in await page.inner_text(".told .bad")
            await page.wait_for_selector("#banner a")

            async def late(route):
                await asyncio.sleep(1)
                await route.continue_()

            # The page is asked for the new session's mark; until it has come nothing is live.
            await page.route("**/dispatch", late)
            await let_in(office, page.context, address, "desk")
            await page.wait_for_selector("#link-state[data-state=live]")
            await page.wait_for_selector("#banner", state="hidden")
            assert await page.input_value("form[data-act=override] [name=reason]") == "熟悉该处"
            await page.locator("form[data-act=override] button").click()
            await page.wait_for_selector("#card article[data-handler=wise]")


async def test_what_is_looked_at_is_in_the_address(office, town_url, desk_at):
    rubbish, stall = await report(office, 0, 0), await report(office, 2, 2, matter="E02")
    with served(town_url) as address:
        async with desk_at(address) as seen:
            page = seen.page
            await page.wait_for_selector(f"#event-{stall}")
            await page.select_option("[name=matter]", "E01")
            await page.wait_for_selector(f"#event-{stall}", state="detached")
            assert await page.locator(f"#event-{rubbish}").count() == 1
            assert "matter=E01" in page.url
            kept = page.url
            await page.select_option("[name=state]", "HANDLED")
            await page.wait_for_selector(f"#event-{rubbish}", state="detached")
            await page.go_back()
            await page.wait_for_selector(f"#event-{rubbish}")
        async with desk_at(address, kept.removeprefix(address)) as seen:
            assert await seen.page.input_value("[name=matter]") == "E01"
            assert await seen.page.locator(".row").count() == 1


async def test_a_new_urgent_event_is_heard_and_counted_in_the_title(office, town_url, desk_at):
    with served(town_url) as address:
        async with desk_at(address) as seen:
            page = seen.page
            title = await page.title()
            await page.mouse.click(700, 400)  # browsers let nobody be heard before
            await report(office)  # nobody is there to take it: that is urgent
            await expect(page).to_have_title(re.compile(r"^\(1\) "))
            assert "急件" in await page.inner_text("#told")
            await page.keyboard.press("u")
            await page.wait_for_selector("#card article")
            assert await page.title() == title


async def test_all_goes_by_the_keyboard_and_help_tells_how(office, town_url, desk_at):
    older, newer = await report(office, 0, 0), await report(office, 2, 2)
    with served(town_url) as address:
        async with desk_at(address) as seen:
            page = seen.page
            await page.wait_for_selector(f"#event-{newer}")
            await page.keyboard.press("j")
            await page.wait_for_selector(f"#card [data-event='{newer}']")
            await page.keyboard.press("j")
            await page.wait_for_selector(f"#card [data-event='{older}']")
            await page.keyboard.press("k")
            await page.wait_for_selector(f"#card [data-event='{newer}']")
            await page.keyboard.press("?")
            assert "跳到最急的事件" in await page.inner_text("#keys")
            await page.keyboard.press("Escape")
            assert await page.locator("#keys").is_hidden()
            await page.keyboard.press("m")
            assert await page.get_attribute("#sound", "aria-pressed") == "false"
            await page.keyboard.press("Escape")
            await page.wait_for_selector("#card article", state="detached")


async def test_a_repeated_report_is_shown_and_linked(office, town_url, desk_at):
    first = await report(office, description="东门垃圾满溢")
    again = await report(office, description="东门垃圾又满溢了")
    with served(town_url) as address:
        async with desk_at(address, f"/dispatch?event={again}") as seen:
            page = seen.page
            await page.locator(f"#nearby [data-act=link][data-event='{first}']").click()
            await page.wait_for_selector("#card .notice [data-act=unlink]")
            assert f"与事件 #{first} 重复" in await page.inner_text("#card")
            await page.locator("#card [data-act=unlink]").click()
            await page.wait_for_selector("#card [data-act=unlink]", state="detached")


async def test_exact_places_take_a_purpose_which_is_recorded(office, town_url, desk_at):
    await staff(office, a_person("near", middle(1, 1)))
    with served(town_url) as address:
        async with desk_at(address) as seen:
            page = seen.page
            # Not what the page itself is told: a reload takes answers away before they are read.
            coarse = await page.evaluate("fetch('/api/desk/people').then((told) => told.json())")
            assert {one.get("lon") for one in coarse} == {None}
            await page.click("#places")
            async with page.expect_response("**/api/desk/people*purpose*") as exact:
                await page.locator("#purpose button.main").click()
            assert (await (await exact.value).json())[0]["lon"] == pytest.approx(middle(1, 1)[0])
    async with office.connect() as connection:
        purposes = await connection.scalars(
            text("SELECT purpose FROM audit_entry WHERE action = 'whereabouts_read'")
        )
        assert set(purposes) == {"调度派遣"}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_desk_has_no_serious_fault_for_screen_readers(
    office, town_url, desk_at, language
):
    await staff(office, a_person("near", middle(1, 1)))
    event_id = await report(office)
    await report(office, 2, 2)
    with served(town_url) as address:
        async with desk_at(address, f"/dispatch?event={event_id}") as seen:
            page = seen.page
            await page.goto(f"/language/{language}?next=/dispatch?event={event_id}")
            await page.wait_for_selector("#card .candidates li")
            await page.wait_for_selector("#card .history")
            assert await serious(page) == []
            if language == "en":
                assert await page.inner_text("#hand-over") == "Shifts"
                assert "Micro-grid" in await page.inner_text("#card .facts")
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 1366
            await page.keyboard.press("h")
            await page.wait_for_selector("#shift form.write")
            assert await serious(page) == []


async def test_a_shift_is_handed_over_and_taken_over_by_name(office, town_url, desk_at):
    event_id = await report(office)  # nobody is there to take it
    with served(town_url) as address:
        async with desk_at(address) as seen:
            page = seen.page
            await page.wait_for_selector(f"#event-{event_id}")
            await page.keyboard.press("h")
            await page.fill("#shift form.write [name=name]", "周晓")
            await page.fill("#shift form.write [name=notes]", "东门夜市，22 点复查")
            await page.reload()  # what was begun stays
            await page.wait_for_selector("main[data-shown]")
            await page.click("#hand-over")
            notes = page.locator("#shift form.write [name=notes]")
            await expect(notes).to_have_value("东门夜市，22 点复查")
            await page.locator("#shift form.write button").click()
            await page.wait_for_selector("#shift .shift")
            await expect(notes).to_have_value("")
        async with desk_at(address, login="relief") as seen:
            page = seen.page
            await page.click("#hand-over")
            shift = page.locator("#shift .shift")
            await shift.wait_for()
            assert "周晓" in await shift.inner_text()
            assert "未结 1 · 待派 1 · 超时 0" in await shift.inner_text()
            await shift.locator("[name=name]").fill("吴敏")
            await shift.get_by_role("button", name="接班").click()
            await page.wait_for_selector("#shift .shift .good")
            assert "吴敏 已接班" in await shift.inner_text()
            await shift.get_by_role("button", name=f"#{event_id}").click()
            await page.wait_for_selector(f"#card [data-event='{event_id}']")

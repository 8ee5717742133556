"""The leader's page in a real browser: every figure leads down to as many cases as it says."""

import io
import re
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text

from gridsvc.accounts import passwords
from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from tests.browser.axe import serious
from tests.browser.phone import PHONE, a_phone
from tests.events.lives import WAYS, lived
from tests.live import served
from tests.towns import COMMUNITY, COUNTY
from tests.who import open_account

pytestmark = pytest.mark.browser

PASSWORD = "Correct-Horse-7"
DESK = {"width": 1366, "height": 768}


@pytest.fixture
async def lived_in(town, town_url, client):
    await lived(town, client)
    async with transaction(town) as session:
        hashed = await passwords.hashed(PASSWORD)
        await open_account(session, "leader", [Role.APPRAISER], password_hash=hashed)
    return town_url


@pytest.fixture
def address(lived_in):
    with served(lived_in) as address:
        yield address


@pytest.fixture
async def seen(browser, address):
    async with a_phone(browser, address, size=DESK) as seen:
        await sign_in(seen.page)
        yield seen


async def sign_in(page):
    await page.goto(f"/sign-in?next=/overview%3Fdivision={COUNTY}")
    await page.fill("[name=login]", "leader")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await drawn(page)


async def drawn(page):
    await page.wait_for_selector("#trend-table tbody tr", state="attached")


async def cases_of(page, button):
    """How many cases a figure leads to: as told, and as listed."""
    await button.click()
    note = page.locator("#cases [data-total]")
    await note.wait_for()
    return int(await note.get_attribute("data-total")), await page.locator("[data-case]").count()


async def test_every_figure_leads_to_as_many_cases_as_it_says(seen):
    page = seen.page
    tiles = page.locator(".tile")
    nonzero = 0
    for n in range(await tiles.count()):
        tile = tiles.nth(n)
        told = re.match(r"\d+ / \d+|\d+", (await tile.inner_text()).split("\n", 1)[1])
        words = await tile.locator("span").last.inner_text()
        share = re.match(r"(\d+) / (\d+)", words)
        number = int(share[1]) if share else int(told[0])
        assert await cases_of(page, tile) == (number, number), await tile.inner_text()
        nonzero += number > 0
    assert nonzero > 4
    assert (await tiles.first.inner_text()).split("\n")[1] == str(len(WAYS))


async def test_an_area_is_compared_entered_and_left_again(seen):
    page = seen.page
    row = page.locator("#children tbody tr").first
    reported = row.locator("[data-figure=reported]")
    assert await cases_of(page, reported) == (len(WAYS), len(WAYS))
    assert await page.inner_text("#cases h2") == "上报件数"
    late = row.locator(r"[data-figure='handle.on_time']")
    numerator = int(re.search(r"（(\d+)/\d+）", await late.inner_text())[1])
    assert await cases_of(page, late) == (numerator, numerator)
    await page.get_by_role("link", name="纸上社区").click()
    await page.locator("h1", has_text="纸上社区").wait_for()
    assert COMMUNITY in page.url
    assert not await page.locator("#map-panel").is_visible()
    await page.go_back()
    await page.locator("h1", has_text="纸上区").wait_for()


async def test_the_filter_holds_for_figures_and_cases(seen):
    page = seen.page
    await page.select_option("[name=matter]", "E02")
    tile = page.locator("[data-tile=reported]")
    await tile.locator("b", has_text=re.compile("^0$")).wait_for()
    assert await cases_of(page, tile) == (0, 0)
    await page.select_option("[name=days]", "90")
    await page.select_option("[name=matter]", "")
    await tile.locator("b", has_text=str(len(WAYS))).wait_for()
    assert await cases_of(page, tile) == (len(WAYS), len(WAYS))


async def test_the_page_keeps_its_figures_when_the_service_is_away_or_the_session_is_over(
    seen, town
):
    page = seen.page
    tile = page.locator("[data-tile=reported] b")
    await page.context.set_offline(True)
    await page.select_option("[name=days]", "30")
    await page.get_by_text("服务暂时没有应答").wait_for()
    assert await tile.inner_text() == str(len(WAYS))
    await page.context.set_offline(False)
    await page.get_by_role("button", name="再试一次").click()
    await page.wait_for_selector("#fault", state="hidden")
    async with town.begin() as connection:
        await connection.execute(text("DELETE FROM login_session"))
    await page.select_option("[name=days]", "7")
    await page.get_by_role("link", name="登录已过期").click()
    await page.wait_for_url("**/sign-in**")


async def test_it_is_accessible_fits_a_phone_and_asks_nobody_else(seen, address):
    page = seen.page
    await cases_of(page, page.locator("[data-tile=reported]"))
    assert await serious(page) == []
    assert not seen.complaints
    assert all(url.startswith((address, "data:")) for url in seen.requests)
    await page.set_viewport_size(PHONE)
    await page.reload()
    await drawn(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await page.goto("/language/en?next=/overview")
    await page.get_by_role("button", name="Handled on time").first.wait_for()


async def test_a_briefing_of_the_area_is_ordered_watched_and_fetched(browser, lived_in):
    # Without a browser of its own the service paints by itself: the same file, sooner.
    with served(lived_in, jobs=True, browser="-") as address:
        async with a_phone(browser, address, size=DESK) as seen:
            page = seen.page
            await sign_in(page)
            await page.select_option("#briefing [name=kind]", "open")
            await page.select_option("#briefing [name=format]", "xlsx")
            await page.get_by_role("button", name="导出", exact=True).click()
            link = page.get_by_role("link", name="下载简报（1 页")
            await link.wait_for()
            async with page.expect_download() as fetched:
                await link.click()
            file = await fetched.value
            assert file.suggested_filename == f"briefing-{COUNTY}-open.xlsx"
            book = openpyxl.load_workbook(io.BytesIO(Path(await file.path()).read_bytes()))
            assert any(COMMUNITY in str(row) for sheet in book for row in sheet.values)
            assert not seen.complaints
            # What was asked for cannot be: the service's reason stands there.
            await page.select_option("#briefing [name=atlas]", "community")
            await page.select_option("#briefing [name=format]", "png")
            await page.get_by_role("button", name="导出", exact=True).click()
            assert "an atlas has many pages" in await page.inner_text("#briefing-state .failure")

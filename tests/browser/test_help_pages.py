"""Help in a real browser: every desk's link leads to its chapter, which reads well everywhere."""

import pytest

from gridsvc.accounts import passwords
from gridsvc.accounts.roles import Role
from gridsvc.db import transaction
from gridsvc.web.chapters import CHAPTERS, chapter
from tests.browser.axe import serious
from tests.browser.phone import PHONE, a_phone
from tests.live import served
from tests.towns import COUNTY, a_person, middle, staff
from tests.who import open_account

pytestmark = pytest.mark.browser

PASSWORD = "Correct-Horse-7"
WIDE = {"width": 1366, "height": 768}
ROLES = [Role.PLANNER, Role.DISPATCHER]
DESKS = {
    "/sign-in": "sign-in",
    "/report": "report",
    "/field": "field",
    "/plan": "planner",
    "/dispatch": "dispatcher",
    "/overview": "overview",
}


@pytest.fixture
async def address(town, town_url):
    await staff(town, a_person("w", middle(1, 1)))
    async with transaction(town) as session:
        hashed = await passwords.hashed(PASSWORD)
        await open_account(session, "ann", ROLES, [COUNTY], password_hash=hashed)
    with served(town_url) as address:
        yield address


async def test_the_help_of_every_desk_is_its_own_chapter(browser, address):
    async with a_phone(browser, address, size=WIDE) as seen:
        page = seen.page
        for desk, name in DESKS.items():
            if name == "planner":
                await sign_in(page)
            await page.goto(desk)
            await page.get_by_role("link", name="帮助").click()
            await page.wait_for_url(f"**/help/{name}")
            assert await page.inner_text("article h1") == chapter(name).title
        seen.complaints = [one for one in seen.complaints if "401" not in one]  # a stranger's phone
        assert not seen.complaints
        assert all(url.startswith((address, "blob:", "data:")) for url in seen.requests)


async def sign_in(page):
    await page.goto("/sign-in")
    await page.fill("[name=login]", "ann")
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_selector(".who")


@pytest.mark.parametrize("size", [WIDE, PHONE])
async def test_every_chapter_fits_its_window_and_can_be_read_by_everybody(browser, address, size):
    async with a_phone(browser, address, size=size) as seen:
        page = seen.page
        for path in ("/help", *(f"/help/{name}" for name in CHAPTERS)):
            await page.goto(path)
            wide = await page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size["width"], path
            assert await serious(page) == [], path
        assert not seen.complaints
        assert all(url.startswith(address) for url in seen.requests)


async def test_the_contents_lead_to_a_task_and_paper_shows_the_text_alone(browser, address):
    async with a_phone(browser, address, size=WIDE) as seen:
        page = seen.page
        await page.goto("/help/planner")
        task = chapter("planner").tasks[-1]
        await page.get_by_role("link", name=task).click()
        assert await page.evaluate(
            """(id) => new Promise((done) => requestAnimationFrame(() => {
                const top = document.getElementById(id).getBoundingClientRect().top;
                done(top >= -60 && top < innerHeight);
            }))""",
            task,
        )
        await page.emulate_media(media="print")
        assert not await page.locator(".masthead").is_visible()
        assert not await page.locator(".contents").is_visible()
        assert await page.locator("article img").first.is_visible()

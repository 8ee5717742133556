"""Opens pages of a running demonstration and keeps pictures of them."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from gridsvc.town.accounts import PASSWORD
from tests.bench.gallery import keep

MOST_BYTES = 150_000
DESK = (1366, 768)
#: Tall enough for most of an event's card.
TALL = (1366, 1080)
PHONE = (390, 844)
WALL = (1600, 900)
#: Until maps and charts have faded in.
STILL_MS = 2500


class Camera:
    """Opens pages of a running demonstration and keeps pictures of them."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.browser, self.address, self.folder = browser, address, folder

    def visit(self, size: tuple[int, int], place: tuple[float, float] | None = None) -> Page:
        """A page of a browser, or of a phone that knows where it is, without an account."""
        where = place and {"longitude": place[0], "latitude": place[1], "accuracy": 8}
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": size[0], "height": size[1]},
            geolocation=where,  # type: ignore[arg-type]
            permissions=["geolocation"] if place else [],
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(60_000)
        return context.new_page()

    def signed_in(self, role: str, *where: tuple) -> Page:
        """A page of somebody who has one of the demonstration's accounts."""
        page = self.visit(*where)
        page.goto("/sign-in")
        sign_in_here(page, f"demo-{role}", PASSWORD)
        page.wait_for_selector(".who")
        return page

    def take(self, seen: Page | Locator, name: str, *, passing: bool = False) -> None:
        """Keep a picture, of what is passing at once."""
        if not passing:
            still(seen if isinstance(seen, Page) else seen.page)
        keep(seen.screenshot(), self.folder / f"{name}.png", most_bytes=MOST_BYTES)


def sign_in_here(page: Page, login: str, password: str) -> None:
    """Fill in the form that is shown."""
    page.fill("[name=login]", login)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="登录").click()


def sign_out_elsewhere(page: Page) -> None:
    """End the session of a page that does not hear of it."""
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="退出").click()
    other.get_by_role("link", name="登录").first.wait_for()
    other.close()


def still(page: Page) -> None:
    """Wait for what is on its way, and for maps and charts that fade in."""
    page.wait_for_timeout(STILL_MS)

"""A real Chromium without network: any request that is not expected is an error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from httpx import ASGITransport, AsyncClient
from playwright.async_api import Browser, Page, Route, async_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A microphone that hums, and nobody who is asked whether it may.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@dataclass
class Watched:
    """A page and all it asked for and complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._on_console)
        self.page.on("dialog", self._on_dialog)

    def _on_console(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    async def _on_dialog(self, dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        await dialog.dismiss()


@pytest.fixture
def watched(browser):
    """Open pages in a context of their own, at a window size, optionally over an ASGI app."""

    @asynccontextmanager
    async def opened(width: int = 1280, height: int = 800, site=None) -> AsyncIterator[Watched]:
        context = await browser.new_context(viewport={"width": width, "height": height})
        try:
            if site is None:
                await context.set_offline(True)
            else:
                await context.route("**/*", _answer_from(site))
            context.set_default_timeout(10_000)
            seen = Watched(await context.new_page())
            seen.watch()
            yield seen
        finally:
            await context.close()

    return opened


def _answer_from(site):
    async def answer(route: Route) -> None:
        request = route.request
        if not request.url.startswith("http://site/"):
            await route.abort()
            return
        async with AsyncClient(transport=ASGITransport(site), base_url="http://site") as client:
            reply = await client.request(request.method, request.url, headers=request.headers)
        headers = {name: value for name, value in reply.headers.items() if name != "content-length"}
        await route.fulfill(status=reply.status_code, headers=headers, body=reply.content)

    return answer

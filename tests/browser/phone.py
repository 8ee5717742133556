"""What the tests of the phones' pages share: a phone, and its network."""

import asyncio
from contextlib import asynccontextmanager

from tests.browser.conftest import Watched
from tests.towns import middle

PHONE = {"width": 390, "height": 844}
HERE = middle(1, 1)


@asynccontextmanager
async def a_phone(browser, address, *, place=HERE, size=PHONE):
    """A page of a phone that reaches the service alone and knows where it is."""
    context = await browser.new_context(
        base_url=address,
        viewport=size,
        geolocation={"longitude": place[0], "latitude": place[1], "accuracy": 8},
        permissions=["geolocation", "microphone"],
    )
    context.set_default_timeout(40_000)
    seen = Watched(await context.new_page())
    seen.watch()
    try:
        yield seen
    finally:
        await context.close()


async def until(page, script, arg=None):
    """Wait until a script says yes; it may be asynchronous.

    `wait_for_function` may not, and looks again by `eval`, which the pages' rules refuse.
    """
    async with asyncio.timeout(60):
        while not await page.evaluate(script, arg):
            await asyncio.sleep(0.05)


async def kept_offline(page, *paths):
    """Wait until the service worker rules the page and keeps pages and what they are made of."""
    await until(
        page,
        """async (paths) => {
          if (!navigator.serviceWorker.controller) return false;
          const cache = await caches.open('gridsvc-pages');
          const made = performance.getEntriesByType('resource').map((one) => one.name)
            .filter((name) => new URL(name).pathname.startsWith('/static/'));
          const kept = await Promise.all([...made, ...paths].map((name) => cache.match(name)));
          return kept.every(Boolean);
        }""",
        list(paths),
    )


class Unlucky:
    """A network that loses so many answers of the service, which took what was sent."""

    def __init__(self, page, *, loses):
        self._page, self._left = page, loses
        self.lost = 0

    async def __aenter__(self):
        await self._page.route("**/api/**", self._carry)
        return self

    async def __aexit__(self, *_):
        await self._page.unroute("**/api/**", self._carry)

    async def _carry(self, route):
        if route.request.method != "POST" or not self._left:
            await route.continue_()
            return
        self._left -= 1
        await route.fetch()
        self.lost += 1
        await route.abort()

"""The wall of the command centre in a real browser, and a day of it with the clock sped up."""

import pytest
from playwright.async_api import expect

from tests.bench.desk import watch
from tests.bench.desk.__main__ import DAY, SPEED, on_the_wall, opened, stormy
from tests.browser.axe import serious
from tests.towns import a_person, middle, staff

pytestmark = pytest.mark.browser


async def test_the_wall_shows_figures_and_what_happens(browser, town, town_url):
    await staff(town, a_person("near", middle(1, 1)))
    with stormy(town_url, events_per_s=5, life_s=60, people=50) as address:
        page = await opened(browser, town_url, address, "/dispatch/wall", (1920, 1080))
        try:
            await expect(page.locator("[data-figure=in_time]")).to_contain_text("/ 4000")
            await expect(page.locator("#latest li")).to_have_count(12)
            first = await page.locator("#latest li").first.inner_text()
            await expect(page.locator("#latest li").first).not_to_have_text(first)
            assert await page.locator(".chart canvas").count() == 2
            wide = await page.evaluate("document.documentElement.scrollWidth")
            high = await page.evaluate("document.documentElement.scrollHeight")
            assert (wide, high) == (1920, 1080)
            assert await serious(page) == []
        finally:
            await page.context.close()


@pytest.mark.soak
async def test_a_day_on_the_wall_leaves_nothing_behind(browser, town, town_url):
    told = await on_the_wall(browser, town_url, hours=24)
    assert 100 < told["listed"] < 2000
    # The first hours fill what is bounded: lists, tiles, charts.
    early, late = told["memory"][3], told["memory"][-1]
    # A collection may come a moment too early; not three times in a row.
    left_mb = min(one["heap_mb"] for one in told["memory"][-3:])
    assert left_mb < early["heap_mb"] * 1.1 + 0.5, watch.shown(told)
    assert late["nodes"] < early["nodes"] * 1.1 + 100
    assert late["listeners"] < early["listeners"] * 1.1 + 20
    assert DAY["events_per_s"] * 86400 == 5000
    assert SPEED > 1

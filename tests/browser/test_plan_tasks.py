"""What takes its time at the planner's desk, by the job queue; and plans out as files."""

import geopandas as gpd
import pytest

from tests.browser.conftest import Watched
from tests.browser.phone import until
from tests.browser.test_plan_desk import CODE, DeskPage, log_in, nanjing_url
from tests.live import served

__all__ = ["nanjing_url"]

pytestmark = pytest.mark.browser


@pytest.fixture
async def desk(browser, nanjing_url):
    """A planner at a service that works on its queue."""
    with served(nanjing_url, jobs=True) as address:
        context = await browser.new_context(
            base_url=address, viewport={"width": 1366, "height": 768}
        )
        context.set_default_timeout(60_000)
        seen = Watched(await context.new_page())
        seen.watch()
        await log_in(seen.page, "ann")
        yield DeskPage(seen, None)
        await context.close()
    assert seen.complaints == []


async def test_cells_are_divided_anew_and_the_page_says_how_far_it_is(desk):
    page = desk.page
    await desk.begin("自动划分")
    chosen = sorted(await desk.cells())[:3]
    await desk.choose(*chosen)
    await page.keyboard.press("a")
    await page.wait_for_selector("#banner:has-text('自动划分')")
    await until(page, "() => planDesk.version() === 1 && document.getElementById('banner').hidden")
    await page.keyboard.press("Control+z")
    await until(page, "() => planDesk.version() === 2 && !planDesk.sender.busy")
    assert set(chosen) <= set(await desk.cells())


async def test_a_plan_in_force_goes_out_as_a_file(desk, tmp_path):
    await desk.page.goto(f"/plan?division={CODE}")
    async with desk.page.expect_download() as saved:
        await desk.page.get_by_role("link", name="GeoPackage").first.click()
    path = tmp_path / (await saved.value).suggested_filename
    await (await saved.value).save_as(path)
    assert path.name.startswith("plan-")
    cells = gpd.read_file(path)
    assert {"code", "kind", "households"} <= set(cells.columns)
    assert len(cells) > 1

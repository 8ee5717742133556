import re

import pytest

from gridsvc.maps.plan_report import report_html
from tests.maps.reports import MADE_AT, TITLE, make_changes, make_plan, make_report, plan_before

pytestmark = pytest.mark.browser

CHINESE = re.compile(r"[\u4e00-\u9fff]")


async def open_report(seen, folder, count: int = 60):
    """Open a whole report from a file; what it asks for and complains of is nothing."""
    cells = make_plan(count)
    html = report_html(
        make_report(cells, changes=make_changes(cells)),
        cells,
        previous=plan_before(cells),
        title=TITLE,
        made_at=MADE_AT,
    )
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8")
    await seen.page.goto(path.as_uri())
    assert seen.requests == [path.as_uri()]
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 800)])
async def test_the_report_opens_from_a_file_fits_the_window_and_speaks_english(
    watched, tmp_path, width, height
):
    async with watched(width, height) as seen:
        await open_report(seen, tmp_path)
        page = seen.page
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert CHINESE.search(await page.inner_text("#verdict"))
        await page.screenshot(path=tmp_path / "report.png", full_page=True)
        await page.get_by_role("button", name="English").press("Enter")
        assert await page.get_attribute("html", "lang") == "en"
        words = await page.inner_text("main")
        for name in (TITLE, "实验小学", "王**", "中文"):
            words = words.replace(name, "")
        assert not CHINESE.search(words)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.get_by_role("button", name="中文").click()
        assert "不切割楼栋" in await page.inner_text("#checks")
        assert (tmp_path / "report.png").stat().st_size > 50_000
        assert seen.complaints == []
        assert len(seen.requests) == 1


async def test_a_number_on_the_map_leads_to_its_row_by_mouse_and_by_keyboard(watched, tmp_path):
    async with watched() as seen:
        await open_report(seen, tmp_path)
        number = seen.page.locator("#map .flag").last
        target = await number.get_attribute("href")
        await number.click()
        assert await seen.page.evaluate("location.hash") == target
        assert await seen.page.locator(f"{target}:target").is_visible()
        await seen.page.locator(f"{target} .plate").press("Enter")
        cell = seen.page.locator("#map .cells path:target")
        assert await cell.count() == 1
        assert (await cell.locator("title").text_content()).split(" ")[0] == (
            await seen.page.locator(f"{target} .plate").inner_text()
        )


async def test_maps_zoom_by_buttons_and_keys_and_move_by_dragging(watched, tmp_path):
    async with watched() as seen:
        await open_report(seen, tmp_path)
        svg = seen.page.locator("#map .frame svg")
        whole = await svg.get_attribute("viewBox")
        await seen.page.locator("#map [data-zoom=in]").click()
        await svg.focus()
        await seen.page.keyboard.press("+")
        nearer = await svg.get_attribute("viewBox")
        assert float(nearer.split()[2]) < float(whole.split()[2]) / 2
        await svg.hover(position={"x": 300, "y": 300}, force=True)
        box = await svg.bounding_box()
        await seen.page.mouse.down()
        await seen.page.mouse.move(box["x"] + 200, box["y"] + 300, steps=4)
        await seen.page.mouse.up()
        moved = await svg.get_attribute("viewBox")
        assert float(moved.split()[0]) > float(nearer.split()[0])
        assert await seen.page.evaluate("location.hash") == ""
        await seen.page.keyboard.press("0")
        assert await svg.get_attribute("viewBox") == whole
        assert seen.complaints == []

"""Finding, keys, the other language and paper on an exported map in real Chromium."""

import pytest

from tests.browser.test_coverage_map import MAP, alone, open_map
from tests.maps.frames import make_frames

pytestmark = pytest.mark.browser


async def test_a_cell_is_found_by_its_code_with_the_keyboard_alone(watched, tmp_path):
    frames = alone(make_frames(30))
    cell = frames.micro_grids.iloc[7]
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        await seen.page.locator(".gridsvc-finder input").focus()
        await seen.page.keyboard.type(cell["code"])
        assert cell["code"] in await seen.page.inner_text("#gridsvc-found")
        await seen.page.keyboard.press("Enter")
        assert cell["code"] in await seen.page.inner_text(".gridsvc-sheet")
        await seen.page.keyboard.press("Escape")
        await seen.page.keyboard.press("Escape")
        await seen.page.locator(".gridsvc-sheet").wait_for(state="detached")
        assert not seen.complaints
        assert len(seen.requests) == 1


async def test_enter_tells_about_the_middle_of_the_map(watched, tmp_path):
    frames = alone(make_frames(30))
    cell = frames.micro_grids.iloc[7]
    at = cell.geometry.centroid
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        await seen.page.evaluate(f"{MAP}.setView([{at.y}, {at.x}], 17, {{animate: false}})")
        await seen.page.locator(".leaflet-container").focus()
        await seen.page.keyboard.press("Enter")
        assert cell["code"] in await seen.page.inner_text(".gridsvc-sheet")


async def test_the_page_turns_english_and_back(watched, tmp_path):
    async with watched() as seen:
        await open_map(seen, make_frames(30), tmp_path)
        chinese = await seen.page.inner_text("#gridsvc-legend")
        await seen.page.locator(".gridsvc-button").click()
        assert "Legend" in await seen.page.inner_text("#gridsvc-legend")
        assert await seen.page.get_attribute("html", "lang") == "en"
        assert await seen.page.inner_text("#gridsvc-title h1") == "青云街道网格覆盖图"
        await seen.page.locator(".gridsvc-button").click()
        assert await seen.page.inner_text("#gridsvc-legend") == chinese
        assert not seen.complaints


async def test_printing_fills_a_sheet_laid_across_and_restores_the_window(watched, tmp_path):
    async with watched() as seen:
        await open_map(seen, make_frames(30), tmp_path)
        before = await seen.page.evaluate(f"[{MAP}.getSize().x, {MAP}.getZoom()]")
        await seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert await seen.page.evaluate(f"{MAP}.getSize().x") == 1062
        await seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert await seen.page.evaluate(f"[{MAP}.getSize().x, {MAP}.getZoom()]") == before
        assert not seen.complaints

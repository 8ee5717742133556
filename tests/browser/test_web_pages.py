import pytest

from tests.web.site import CELL, figures, make_site

pytestmark = pytest.mark.browser


async def test_landing_page_locates_a_point_and_names_who_would_come(watched):
    async with watched(site=make_site(figures())) as seen:
        await seen.page.goto("http://site/")
        await seen.page.get_by_role("button", name="定位").click()
        await seen.page.wait_for_selector("#answer table")
        text = await seen.page.inner_text("#answer")
        assert CELL.micro_grid_code in text
        assert "98 户" in text
        assert "李*" in text
        assert "2.2 分钟" in text
        await seen.page.select_option("[name=matter]", "G0101")
        await seen.page.get_by_role("button", name="定位").click()
        await seen.page.wait_for_selector("#answer .notice")
        assert "没有在岗" in await seen.page.inner_text("#answer")
        assert not seen.complaints
        assert all(url.startswith("http://site/") for url in seen.requests)


async def test_a_refused_point_shows_why(watched):
    async with watched(site=make_site(figures())) as seen:
        await seen.page.goto("http://site/")
        await seen.page.fill("[name=lon]", "-5")
        await seen.page.get_by_role("button", name="定位").click()
        await seen.page.wait_for_selector("#answer .failure")
        assert "没有覆盖" in await seen.page.inner_text("#answer")


async def test_answers_of_the_service_stay_text(watched):
    payload = "<img src=x onerror=alert(1)>"
    cell = CELL.model_copy(update={"division_name": payload})
    async with watched(site=make_site(figures(), cell)) as seen:
        await seen.page.goto("http://site/")
        await seen.page.get_by_role("button", name="定位").click()
        await seen.page.wait_for_selector("#answer table")
        assert payload in await seen.page.inner_text("#answer")
        assert not await seen.page.locator("#answer img").count()
        assert not seen.complaints


async def test_api_documentation_lists_the_operations_without_outside_requests(watched):
    async with watched(site=make_site(figures())) as seen:
        await seen.page.goto("http://site/docs")
        await seen.page.wait_for_selector(".opblock")
        assert await seen.page.locator(".opblock").count() == 2
        await seen.page.locator(".opblock-summary-control").first.click()
        await seen.page.wait_for_selector(".opblock.is-open")
        assert not seen.complaints
        assert all(url.startswith(("http://site/", "data:")) for url in seen.requests)


@pytest.mark.parametrize("width", [390, 1280])
async def test_landing_page_fits_its_window(watched, width):
    async with watched(width, 800, site=make_site(figures(town="长" * 120))) as seen:
        await seen.page.goto("http://site/")
        wide = await seen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width

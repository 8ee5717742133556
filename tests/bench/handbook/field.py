"""The field worker's phone: duty, tasks, reports, cells, visits, their own figures."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page

from tests.bench.handbook.camera import PHONE, Camera
from tests.bench.handbook.phone import a_photo, fill_in_report, place_in_a_cell

#: Tall enough for a whole report.
WHOLE_FORM_PX = 1080
#: Only what is said above a list.
HEAD_PX = 300


def field(camera: Camera) -> None:
    page = camera.signed_in("grid-worker", PHONE)
    task = page.request.get("/api/field").json()["tasks"][0]
    page.context.close()
    page = camera.signed_in("grid-worker", PHONE, (task["lon"], task["lat"]))
    page.goto("/field")
    page.get_by_role("button", name="接单").first.wait_for()
    camera.take(page, "field-tasks")
    duty(camera, page)
    page.get_by_role("button", name="退回").first.click()
    page.get_by_role("dialog").get_by_label("说明").fill("树池由园林部门养护")
    camera.take(page, "field-return")
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    card = page.locator(f'[data-task="{task["id"]}"]')
    handle(page, card, "已补齐三块篦子", lambda: camera.take(page, "field-handle"))
    page.get_by_role("link", name="上报").click()
    fill_in_report(page, "人行道上井盖缺失，已放警示锥")
    page.set_viewport_size({"width": PHONE[0], "height": WHOLE_FORM_PX})
    camera.take(page, "field-report")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.context.set_offline(True)
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已记下").wait_for()
    page.get_by_role("link", name="待发送").click()
    page.locator("#left article").first.wait_for()
    camera.take(page, "field-waiting")
    page.context.set_offline(False)
    page.wait_for_selector("#waiting", state="hidden")
    page.set_viewport_size({"width": PHONE[0], "height": HEAD_PX})
    camera.take(page, "field-another")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.get_by_role("link", name="网格").click()
    page.locator("#cells-list tbody tr").first.wait_for()
    camera.take(page, "field-cells")
    page.get_by_role("link", name="我的").click()
    page.get_by_role("heading", name="本周").wait_for()
    camera.take(page, "field-mine")
    page.context.close()


def duty(camera: Camera, page: Page) -> None:
    """Off duty at noon, and back again; the picture is of both."""
    page.set_viewport_size({"width": PHONE[0], "height": HEAD_PX})
    page.get_by_role("switch", name="在岗").click()
    page.get_by_role("switch", name="离岗").wait_for()
    camera.take(page, "field-duty")
    page.get_by_role("switch", name="离岗").click()
    page.get_by_role("switch", name="在岗").wait_for()
    page.wait_for_selector("#waiting", state="hidden")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})


def handle(page: Page, card: Locator, words: str, before_the_end: Callable = lambda: None) -> None:
    """All of a task, with photos."""
    card.get_by_role("button", name="接单").click()
    card.get_by_role("button", name="到场").click()
    for label, covered in (("处置前照片", False), ("处置后照片", True)):
        card.get_by_label(label).set_input_files(a_photo(covered=covered))
        card.get_by_text(f"{label} (1)").wait_for()
    before_the_end()
    card.get_by_role("button", name="处置完成").click()
    page.get_by_label("怎样处置的").fill(words)
    page.get_by_role("button", name="确定完成").click()
    page.wait_for_selector("#waiting", state="hidden")


def visits(camera: Camera) -> None:
    page = camera.signed_in("grid-worker", PHONE, place_in_a_cell(camera))
    page.goto("/field#visits")
    page.reload()
    page.wait_for_selector(".door")
    camera.take(page, "field-warnings")
    page.locator("[data-programme]").first.scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, document.querySelector('[data-programme]').offsetTop - 12)")
    camera.take(page, "field-visits")
    page.get_by_role("button", name="记录走访").first.click()
    camera.take(page, "field-visit")
    page.context.close()

"""The citizen's phone: a report, a following, progress, a rating."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.bench.handbook.camera import PHONE, TALL, Camera
from tests.bench.handbook.dispatcher import close, open_one
from tests.bench.handbook.field import handle
from tests.bench.handbook.phone import fill_in_report, place_in_a_cell

#: Tall enough for the whole form.
FORM = (390, 1840)
#: Tall enough for a report that was closed, and what may be said of it.
WHOLE_CARD_PX = 1120
#: Degrees, about fifteen metres.
NEAR = 1.5e-4


def report(camera: Camera) -> None:
    place = place_in_a_cell(camera)
    page = camera.visit(FORM, place)
    page.goto("/report")
    fill_in_report(page, "路边井盖不见了，晚上很危险")
    camera.take(page, "report-new")
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已收到，谢谢").wait_for()
    follow(camera, place)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto("/report/mine")
    page.wait_for_selector(".steps")
    camera.take(page, "report-mine")
    have_it_handled(camera)
    page.set_viewport_size({"width": PHONE[0], "height": WHOLE_CARD_PX})
    page.reload()
    page.get_by_role("button", name="4 星").click()
    page.get_by_label("想说的话（可不填）").fill("来得很快，井盖也装牢了")
    camera.take(page, "report-rate")
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto("/report/handled")
    page.wait_for_selector("#handled tbody tr")
    camera.take(page, "report-handled")
    page.context.close()


def follow(camera: Camera, place: tuple[float, float]) -> None:
    """Somebody else, a few steps away."""
    page = camera.visit((PHONE[0], 1060), (place[0] + NEAR, place[1]))
    page.goto("/report")
    page.get_by_role("button", name="用手机定位").click()
    page.locator("#nearby .near").first.wait_for()
    camera.take(page, "report-near")
    page.locator("#nearby .near button").first.click()
    page.get_by_text("已收到，谢谢").wait_for()
    page.context.close()


def have_it_handled(camera: Camera) -> None:
    """What was reported last goes to the worker, who handles it; the dispatcher closes it."""
    desk = camera.signed_in("dispatcher", TALL)
    desk.goto("/dispatch")
    open_one(desk, 0)
    event = desk.get_attribute("#card article", "data-event")
    give(desk, "WG00001")
    phone = camera.signed_in("grid-worker", PHONE)
    phone.goto("/field")
    handle(phone, phone.locator(f'[data-task="{event}"]'), "已装新井盖")
    phone.context.close()
    desk.goto(f"/dispatch?event={event}")
    close(desk)
    desk.context.close()


def give(page: Page, person: str) -> None:
    """The event that is open, to somebody who may have it already."""
    if page.get_attribute("#card article", "data-handler") == person:
        return
    page.keyboard.press("o")
    page.fill("#override [name=person]", person)
    page.fill("#override [name=reason]", "他就在现场附近巡查")
    page.get_by_role("button", name="改派", exact=True).click()
    page.wait_for_selector(f'#card article[data-handler="{person}"]')

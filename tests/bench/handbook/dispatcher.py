"""The dispatcher's desk, from an event that comes in to one that is closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from playwright.sync_api import Page

from tests.bench.handbook.camera import DESK, TALL, WALL, Camera, sign_out_elsewhere, still
from tests.bench.handbook.phone import place_in_a_cell, tell


def dispatcher(camera: Camera) -> None:
    page = camera.signed_in("dispatcher", DESK)
    page.goto("/dispatch?state=DISPATCHED")
    open_one_with_a_choice(page)
    camera.take(page, "dispatch-desk")
    page.set_viewport_size({"width": TALL[0], "height": TALL[1]})
    card = page.locator("#card")
    camera.take(card, "dispatch-card")
    page.keyboard.press("o")
    page.fill("#override [name=person]", "WG00002")
    page.fill("#override [name=reason]", "他就在现场附近巡查")
    page.locator("#override button").scroll_into_view_if_needed()
    camera.take(card, "dispatch-override")
    page.locator("#override summary").click()
    card.press("w")
    page.select_option("#whistle [name=units]", index=[0, 2])
    page.fill("#whistle [name=description]", "涉及几家单位，请到场会商")
    page.locator("#whistle button").scroll_into_view_if_needed()
    camera.take(card, "dispatch-whistle")
    duplicates(camera, page)
    handled(page)
    camera.take(card, "dispatch-verify")
    close(page)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    filters(camera, page)
    put_off(camera, page)
    dialogs(camera, page)
    page.set_viewport_size({"width": WALL[0], "height": WALL[1]})
    page.goto("/dispatch/wall")
    page.wait_for_selector("main[data-shown]")
    camera.take(page, "dispatch-wall")
    page.context.close()
    away(camera)


def duplicates(camera: Camera, page: Page) -> None:
    """Two people told the same."""
    lon, lat = place_in_a_cell(camera)
    tell(page, (lon, lat), "路口的井盖不见了，电动车差点掉进去")
    tell(page, (lon + 2e-4, lat), "路口井盖没了，很危险，请来看看")
    page.goto("/dispatch")
    open_one(page, 0)
    page.locator("#nearby li").first.wait_for()
    page.locator("#nearby").scroll_into_view_if_needed()
    camera.take(page.locator("#card"), "dispatch-nearby")


def handled(page: Page) -> None:
    """Open what the worker of the field page has handled."""
    page.goto("/dispatch?state=HANDLED")
    open_one(page, 0)
    page.get_by_role("button", name="核查通过").wait_for()
    page.wait_for_selector("#nearby *")


def close(page: Page) -> None:
    """Verify the open event and close it."""
    for name in ("核查通过", "结案"):
        page.get_by_role("button", name=name, exact=True).click()
        page.get_by_role("button", name=name, exact=True).wait_for(state="detached")


def filters(camera: Camera, page: Page) -> None:
    """One community, what is in somebody's hands, due first: all of it in the address."""
    page.goto("/dispatch")
    area = page.locator("#filters [name=division] option", has_text="社区").first
    code = area.get_attribute("value")
    page.goto(f"/dispatch?division={code}&state=DISPATCHED&order=due")
    page.wait_for_selector("main[data-shown]")
    camera.take(page, "dispatch-filters")


def put_off(camera: Camera, page: Page) -> None:
    """One asks for it, another decides."""
    page.goto("/dispatch?state=DISPATCHED")
    open_one(page, 0)
    until = (datetime.now() + timedelta(days=10)).strftime("%Y-%m-%dT09:00")
    page.click("#suspend summary")
    page.fill("#suspend [name=until]", until)
    page.select_option("#suspend [name=reason]", "materials")
    page.fill("#suspend [name=note]", "配件停产，厂家十日后补货")
    card = page.locator("#card")
    camera.take(card, "dispatch-put-off")
    page.get_by_role("button", name="提交申请").click()
    page.locator("#card .notice", has_text="申请挂账至").wait_for()
    event = page.get_attribute("#card article", "data-event")
    chief = camera.signed_in("supervisor", DESK)
    chief.goto(f"/dispatch?event={event}")
    chief.fill("[data-act=decide-suspension] [name=decided]", "同意，到货后立即更换")
    camera.take(chief.locator("#card"), "dispatch-decide")
    chief.get_by_role("button", name="批准挂账").click()
    chief.wait_for_selector("#card article[data-state=SUSPENDED]")
    chief.context.close()


def dialogs(camera: Camera, page: Page) -> None:
    page.goto("/dispatch")
    page.wait_for_selector("main[data-shown]")
    for button, name in (("人员精确位置", "dispatch-purpose"), ("快捷键", "dispatch-keys")):
        page.get_by_role("button", name=button).click()
        camera.take(page.locator("dialog[open]"), name)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="交接班").click()
    page.fill("form.write [name=name]", "周雨")
    page.fill("form.write [name=notes]", "青年路积水未退，夜里请再看一次")
    camera.take(page.locator("dialog[open]"), "dispatch-shift")
    page.keyboard.press("Escape")


def away(camera: Camera) -> None:
    """The live stream does not answer; then the session has ended elsewhere."""
    page = camera.signed_in("dispatcher", DESK)
    page.goto("/dispatch")
    open_one(page, 0)
    stream = "**/api/live*"
    page.route(stream, lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('online'))")  # so that it is asked for anew
    page.wait_for_selector("#banner:has-text('服务暂时联系不上')")
    camera.take(page, "dispatch-away")
    page.unroute(stream)
    page.wait_for_selector("#link-state[data-state=live]")
    sign_out_elsewhere(page)
    page.wait_for_selector("#banner:has-text('登录已过期')")
    camera.take(page, "dispatch-expired")
    page.context.close()


def open_one(page: Page, k: int) -> None:
    page.wait_for_selector("main[data-shown]")
    page.locator("#rows [role=option]").nth(k).click()
    page.wait_for_selector("#card article")


def open_one_with_a_choice(page: Page) -> None:
    """An event that somebody else could take too."""
    for k in range(8):
        open_one(page, k)
        page.wait_for_selector("#candidates li")
        still(page)
        if page.locator("#candidates [data-act=assign]").count():
            return

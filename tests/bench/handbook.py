"""The handbook's pictures, taken from the running service with the demonstration town.

    python -m tests.bench.handbook [--only planner,field] [--address URL] [--out DIR]

Starts a demonstration of its own (a few minutes) unless an address is given, signs in by the
demonstration's accounts, does what the handbook tells, and keeps pictures of at most 150 kB.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx
import numpy as np
import shapely
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from gridsvc.town.accounts import PASSWORD
from gridsvc.web.chapters import FOLDER
from tests.bench.gallery import keep
from tests.browser.conftest import CHROMIUM, FLAGS

MOST_BYTES = 150_000
DESK = (1366, 768)
PHONE = (390, 844)
WALL = (1600, 900)
#: Tall enough for most of an event's card.
TALL = (1366, 1080)
#: How long a demonstration may take to be made.
PATIENCE_S = 900


class Camera:
    """Opens pages of a running demonstration and keeps pictures of them."""

    def __init__(self, browser: Browser, address: str, folder: Path) -> None:
        self.browser, self.address, self.folder = browser, address, folder

    def visit(self, size: tuple[int, int], place: tuple[float, float] | None = None) -> Page:
        """A page of a browser, or of a phone that knows where it is, without an account."""
        where = place and {"longitude": place[0], "latitude": place[1], "accuracy": 8}
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": size[0], "height": size[1]},
            geolocation=where,  # type: ignore[arg-type]
            permissions=["geolocation"] if place else [],
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        context.set_default_timeout(60_000)
        return context.new_page()

    def signed_in(self, role: str, *where: tuple) -> Page:
        page = self.visit(*where)
        page.goto("/sign-in")
        page.fill("[name=login]", f"demo-{role}")
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_selector(".who")
        return page

    def take(self, seen: Page | Locator, name: str) -> None:
        still(seen if isinstance(seen, Page) else seen.page)
        keep(seen.screenshot(), self.folder / f"{name}.png", most_bytes=MOST_BYTES)


def still(page: Page) -> None:
    """Wait for what is on its way, and for maps and charts that fade in."""
    page.wait_for_timeout(1500)


def a_photo(*, covered: bool = False) -> dict:
    """A manhole without its cover, or with it, as far as one can be drawn."""
    picture = Image.new("RGB", (960, 720), (126, 130, 128))
    draw = ImageDraw.Draw(picture)
    for k in range(0, 960, 120):
        draw.line([(k, 0), (k - 160, 720)], fill=(112, 116, 114), width=4)
    draw.ellipse([300, 240, 680, 500], fill=(88, 90, 92), outline=(60, 60, 62), width=18)
    draw.ellipse([340, 272, 640, 470], fill=(104, 100, 92) if covered else (18, 20, 24))
    written = io.BytesIO()
    picture.save(written, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}


# What is done at each desk, in the order of the handbook.


def sign_in(camera: Camera) -> None:
    page = camera.visit((900, 520))
    page.goto("/sign-in")
    page.fill("[name=login]", "demo-planner")
    camera.take(page, "sign-in")
    page.context.close()


def planner(camera: Camera) -> None:
    page = camera.signed_in("planner", DESK)
    page.goto("/plan")
    codes = "options => options.map((one) => one.value).filter(Boolean)"
    community = page.eval_on_selector_all("select[name=division] option", codes)[0]
    page.goto(f"/plan?division={community}")
    page.fill("#new-draft [name=name]", "春季调整")
    camera.take(page, "plan-list")
    page.get_by_role("button", name="新建并打开").click()
    page.wait_for_selector("[data-ready]")
    cells = page.evaluate("[...planDesk.cells.values()].filter(one => one.kind === 'ordinary')")
    shapes = {cell["number"]: shapely.geometry.shape(cell["geometry"]) for cell in cells}
    plump = sorted(shapes, key=lambda n: shapes[n].convex_hull.area / shapes[n].area)
    choose(page, plump[0], shapes[plump[0]])
    camera.take(page, "plan-desk")
    split(camera, page, {number: shapes[number] for number in plump})
    page.get_by_role("tab", name="问题").click()
    page.locator("#problems button").first.click()
    camera.take(page, "plan-problems")
    page.reload()
    page.wait_for_selector("[data-ready]")
    page.get_by_role("tab", name="历史").click()
    page.wait_for_selector("#compare option", state="attached")
    page.get_by_role("button", name="比较").click()
    page.wait_for_selector("#comparison *")
    camera.take(page, "plan-compare")
    page.get_by_role("tab", name="发布").click()
    camera.take(page, "plan-publish")
    collide(camera, page)


def choose(page: Page, number: int, shape: shapely.Polygon) -> None:
    page.get_by_role("button", name="选择").first.click()
    if page.evaluate("[...planDesk.chosen].join()") != str(number):
        page.mouse.click(*pixel(page, *shape.representative_point().coords[0]))
        page.wait_for_function("n => [...planDesk.chosen].join() === n", arg=str(number))


def split(camera: Camera, page: Page, shapes: dict[int, shapely.Polygon]) -> None:
    """Draw a line through a cell of which both halves have people; the picture is of the line."""
    for number, shape in shapes.items():
        if not draw(page, number, shape):
            continue
        if page.evaluate(
            "[...planDesk.cells.values()].every(c => c.households || c.kind !== 'ordinary')"
        ):
            undo(page)
            draw(page, number, shape, lambda: camera.take(page, "plan-split"))
            break
        undo(page)
    page.get_by_role("button", name="选择").first.click()


def undo(page: Page) -> None:
    version = page.evaluate("planDesk.version()")
    page.keyboard.press("Control+z")
    changed_from(page, version)


def draw(
    page: Page, number: int, shape: shapely.Polygon, before_the_end: Callable = lambda: None
) -> bool:
    """Cut a cell across its longer side; whether the service took it."""
    choose(page, number, shape)
    page.get_by_role("button", name="画线拆分").click()
    version = page.evaluate("planDesk.version()")
    start, end = (pixel(page, *at) for at in across(shape))
    page.mouse.click(*start)
    page.mouse.move(*end, steps=5)
    before_the_end()
    page.wait_for_timeout(300)
    page.mouse.dblclick(*end)
    answered = "was => planDesk.version() !== was || !document.getElementById('banner').hidden"
    page.wait_for_function(answered, arg=version)
    if page.locator("#banner").is_visible():
        page.get_by_role("button", name="知道了").click()
        return False
    changed_from(page, version)
    return True


def across(shape: shapely.Polygon) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of a line through the middle of a shape, a little beyond its longer sides."""
    corners = shapely.get_coordinates(shape.minimum_rotated_rectangle)
    sides = sorted(pairwise(corners), key=lambda c: np.hypot(*(c[1] - c[0])))
    (a, b), middle = sides[0], np.array(shape.centroid.coords[0])
    half = 0.7 * (b - a)
    return tuple(middle - half), tuple(middle + half)


def pixel(page: Page, lon: float, lat: float) -> tuple[float, float]:
    x, y = page.evaluate(
        """([lon, lat]) => {
            const R = 6378137, rad = Math.PI / 180;
            const at = [R * lon * rad, R * Math.log(Math.tan(Math.PI / 4 + lat * rad / 2))];
            const box = document.getElementById('map').getBoundingClientRect();
            const [x, y] = planDesk.view.map.getPixelFromCoordinate(at);
            return [box.x + x, box.y + y];
        }""",
        [lon, lat],
    )
    return x, y


def changed_from(page: Page, version: int) -> None:
    script = "was => planDesk.version() !== was && !planDesk.sender.busy"
    page.wait_for_function(script, arg=version)


def collide(camera: Camera, page: Page) -> None:
    """Somebody else changes the draft first."""
    other = camera.signed_in("planner", DESK)
    other.goto(page.url)
    other.wait_for_selector("[data-ready]")
    version = page.evaluate("planDesk.version()")
    page.reload()
    page.wait_for_selector("[data-ready]")
    for desk, row in ((page, 0), (other, 1)):
        desk.locator("#cells button").nth(row).click()
        desk.get_by_role("button", name="锁定").click()
        if desk is page:
            changed_from(page, version)
    other.wait_for_selector("#banner:not([hidden])")
    camera.take(other, "plan-collision")
    for desk in (page, other):
        desk.context.close()


def field(camera: Camera) -> None:
    page = camera.signed_in("grid-worker", PHONE)
    task = page.request.get("/api/field").json()["tasks"][0]
    page.context.close()
    page = camera.signed_in("grid-worker", PHONE, (task["lon"], task["lat"]))
    page.goto("/field")
    page.get_by_role("button", name="接单").first.wait_for()
    camera.take(page, "field-tasks")
    page.get_by_role("button", name="退回").first.click()
    page.get_by_role("dialog").get_by_label("说明").fill("树池由园林部门养护")
    camera.take(page, "field-return")
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    handle(camera, page)
    page.get_by_role("link", name="上报").click()
    page.set_input_files("#photo", a_photo())
    page.get_by_role("button", name="用手机定位").click()
    page.get_by_text("手机定位（WGS-84）").wait_for()
    page.get_by_label("情况说明").fill("人行道上井盖缺失，已放警示锥")
    choose_matter(page)
    camera.take(page, "field-report")
    page.context.set_offline(True)
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已记下").wait_for()
    page.get_by_role("link", name="待发送").click()
    page.locator("#left article").first.wait_for()
    camera.take(page, "field-waiting")
    page.context.set_offline(False)
    page.wait_for_selector("#waiting", state="hidden")
    page.get_by_role("link", name="网格").click()
    page.locator("#cells-list tbody tr").first.wait_for()
    camera.take(page, "field-cells")
    page.context.close()


def choose_matter(page: Page) -> None:
    name = page.locator("#report [name=matter] option").filter(has_text="井盖").first.inner_text()
    page.select_option("#report [name=matter]", label=name)


def handle(camera: Camera, page: Page) -> None:
    """All of the first task, with photos; the picture is of the photos taken."""
    page.get_by_role("button", name="接单").first.click()
    page.get_by_role("button", name="到场").first.click()
    for label, covered in (("处置前照片", False), ("处置后照片", True)):
        page.get_by_label(label).first.set_input_files(a_photo(covered=covered))
        page.get_by_text(f"{label} (1)").wait_for()
    camera.take(page, "field-handle")
    page.get_by_role("button", name="处置完成").first.click()
    page.get_by_label("怎样处置的").fill("已补齐三块篦子")
    page.get_by_role("button", name="确定完成").click()
    page.wait_for_selector("#waiting", state="hidden")


def report(camera: Camera) -> None:
    page = camera.visit((390, 1500), place_of_an_event(camera))
    page.goto("/report")
    page.set_input_files("#photo", a_photo())
    page.get_by_role("button", name="用手机定位").click()
    page.get_by_text("手机定位（WGS-84）").wait_for()
    choose_matter(page)
    page.locator("[name=description]").fill("路边井盖不见了，晚上很危险")
    camera.take(page, "report-new")
    page.get_by_role("button", name="提交").click()
    page.get_by_text("已收到，谢谢").wait_for()
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    page.goto("/report/mine")
    page.wait_for_selector(".steps")
    camera.take(page, "report-mine")
    page.goto("/report/handled")
    page.wait_for_selector("#handled tbody tr")
    camera.take(page, "report-handled")
    page.context.close()


def place_of_an_event(camera: Camera) -> tuple[float, float]:
    page = camera.signed_in("dispatcher", DESK)
    event = page.request.get("/api/desk/events").json()["events"][0]
    page.context.close()
    return event["lon"], event["lat"]


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
    camera.take(card, "dispatch-override")
    page.locator("#override summary").click()
    page.locator("#card").press("w")
    page.fill("#whistle [name=description]", "涉及几家单位，请到场会商")
    page.locator("#whistle button").scroll_into_view_if_needed()
    camera.take(card, "dispatch-whistle")
    verify(camera, page)
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
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
    page.set_viewport_size({"width": WALL[0], "height": WALL[1]})
    page.goto("/dispatch/wall")
    page.wait_for_selector("main[data-shown]")
    camera.take(page, "dispatch-wall")
    page.context.close()


def verify(camera: Camera, page: Page) -> None:
    """What the worker of the field page has handled."""
    page.goto("/dispatch?state=HANDLED")
    open_one(page, 0)
    page.get_by_role("button", name="核查通过").wait_for()
    page.wait_for_selector("#nearby *")
    camera.take(page.locator("#card"), "dispatch-verify")
    for name in ("核查通过", "结案"):
        page.get_by_role("button", name=name, exact=True).click()
        page.get_by_role("button", name=name, exact=True).wait_for(state="detached")


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


def overview(camera: Camera) -> None:
    page = camera.signed_in("supervisor", (1366, 900))
    page.goto("/overview")
    page.wait_for_selector("#children tbody tr")
    page.select_option("#rate", "filed")
    camera.take(page, "overview")
    children = page.locator("section.panel", has=page.locator("#children"))
    children.scroll_into_view_if_needed()
    camera.take(children, "overview-children")
    page.locator("[data-tile=reported]").click()
    page.wait_for_selector("#cases tbody tr")
    page.locator("#cases").scroll_into_view_if_needed()
    camera.take(page, "overview-cases")
    page.goto("/overview")
    page.select_option("#briefing [name=kind]", "households")
    page.locator("#briefing button").click()
    page.wait_for_selector("#briefing-state a")
    panel = page.locator("section.panel", has=page.locator("#briefing"))
    panel.scroll_into_view_if_needed()
    camera.take(panel, "briefing")
    page.goto("/maps/coverage")
    page.wait_for_selector("[data-drawn]")
    camera.take(page, "coverage")
    page.context.close()


#: In this order: the worker handles what the dispatcher verifies and everybody may then see.
def outreach(camera: Camera) -> None:
    page = camera.signed_in("supervisor", DESK)
    for view in ("visits", "windows", "receptions", "devices"):
        page.goto(f"/outreach?view={view}")
        camera.take(page, f"outreach-{view}")
    page.context.close()


def registers(camera: Camera) -> None:
    page = camera.signed_in("supervisor", DESK)
    for view in ("groups&kind=volunteer_team", "standards", "projects", "repairs", "burden"):
        page.goto(f"/registers?view={view}")
        camera.take(page, f"registers-{view.partition('&')[0]}")
    page.context.close()


def appraisal(camera: Camera) -> None:
    page = camera.signed_in("appraiser", DESK)
    for view in ("indicators", "surveys", "stars", "rounds"):
        page.goto(f"/appraisal?view={view}")
        camera.take(page, f"appraisal-{view}")
    page.context.close()


def visits(camera: Camera) -> None:
    page = camera.signed_in("grid-worker", PHONE, place_of_an_event(camera))
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


WALKS = {
    one.__name__: one
    for one in (
        *(sign_in, planner, field, visits, dispatcher, report),
        *(overview, outreach, registers, appraisal),
    )
}


@contextmanager
def demonstration() -> Iterator[str]:
    """Address of a demonstration of our own, made anew and thrown away."""
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-handbook-"))
    folder.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from gridsvc.cli import main; main()"]
    settings = {"GRIDSVC_DATA_DIR": str(folder / "data"), "GRIDSVC_REQUESTS_PER_MINUTE": "100000"}
    server = subprocess.Popen(
        [*command, "run", "--demo", "--port", str(port)],
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/health/ready", server)
        yield address
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder)


def wait_for(url: str, server: subprocess.Popen) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert server.poll() is None, "the demonstration ended"
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(1)
    raise TimeoutError(url)


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.handbook")
    parser.add_argument("--only", default=",".join(WALKS), help=f"Of {', '.join(WALKS)}.")
    parser.add_argument("--address", help="Of a demonstration that runs already.")
    parser.add_argument("--out", type=Path, default=FOLDER / "pictures")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.address:
        take_all(asked.address, asked)
    else:
        with demonstration() as address:
            take_all(address, asked)


def take_all(address: str, asked: argparse.Namespace) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in asked.only.split(","):
            WALKS[name](Camera(browser, address, asked.out))
        browser.close()


if __name__ == "__main__":
    main()

"""The planner: a draft begun, its cells worked on, the draft published."""

from __future__ import annotations

import csv
import io

import numpy as np
import shapely
from playwright.sync_api import Page

from gridsvc.town.accounts import PASSWORD
from gridsvc.town.settle import SMALL_TOWN
from tests.bench.handbook.camera import DESK, Camera, sign_in_here, sign_out_elsewhere
from tests.bench.handbook.plan_desk import Border, PlanDesk, across

#: Degrees, about ten metres.
NEAR = 1e-4
DRAG_PX = 36


def planner(camera: Camera) -> None:
    page = camera.signed_in("planner", DESK)
    page.goto("/plan")
    codes = "options => options.map((one) => one.value).filter(Boolean)"
    community, another = page.eval_on_selector_all("select[name=division] option", codes)[:2]
    tables(camera, page, community)
    desk = begin(camera, page, community, "春季调整", "plan-list")
    desk.choose(next(iter(desk.cells())))
    camera.take(page, "plan-desk")
    for task in (
        *(split, divide, merge, move, redraw, hand_over, carve, lock, automatic),
        *(undo, problems, comment, compare, publish, files, away, expired, collide),
    ):
        task(camera, desk)
    history(camera, page, another)
    page.context.close()


def begin(camera: Camera, page: Page, community: str, name: str, picture: str = "") -> PlanDesk:
    page.goto(f"/plan?division={community}")
    page.fill("#new-draft [name=name]", name)
    if picture:
        camera.take(page, picture)
    page.get_by_role("button", name="新建并打开").click()
    return PlanDesk(page)


def tables(camera: Camera, page: Page, community: str) -> None:
    """A list of households with two rows that are wrong."""
    with (SMALL_TOWN / "households.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row[1].startswith(community)][:8]
    rows[2][1] = f"{community}9999"
    rows[5][5] = "三人"
    written = io.StringIO()
    header = ("户号", "楼栋编号", "单元", "楼层", "房号", "人数")
    csv.writer(written).writerows([header, *rows])
    page.goto(f"/plan?division={community}")
    table = {"name": "户登记表.csv", "mimeType": "text/csv", "buffer": written.getvalue().encode()}
    page.set_input_files("#table [name=file]", [table])
    page.get_by_role("button", name="逐行检查").click()
    page.locator("#table-faults tr").nth(1).wait_for()
    page.set_viewport_size({"width": DESK[0], "height": 1000})
    camera.take(page.locator("section", has=page.locator("#table")), "plan-tables")
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})


def split(camera: Camera, desk: PlanDesk) -> None:
    """Draw a line through a cell of which both halves have people; the picture is of the line."""
    for number, shape in desk.cells().items():
        for picture in (False, True):
            desk.choose(number)
            desk.tool("split")
            shot = (lambda: camera.take(desk.page, "plan-split")) if picture else (lambda: None)
            if not desk.draw(across(shape), shot):
                break
            if picture:
                return
            good = desk.every_cell_has_people()
            desk.undo()
            if not good:
                break


def divide(camera: Camera, desk: PlanDesk) -> None:
    desk.choose(fullest(desk))
    desk.page.get_by_role("button", name="按户拆分").click()
    camera.take(desk.page, "plan-divide")
    with desk.change():
        desk.page.get_by_role("button", name="确定").click()


def fullest(desk: PlanDesk) -> int:
    households = desk.households()
    return max(households, key=lambda number: households[number])


def merge(camera: Camera, desk: PlanDesk) -> None:
    """The picture is of the two that are chosen, which have too few households."""
    cells, households = desk.cells(), desk.households()
    few = min(desk.borders(), key=lambda one: households[one.one] + households[one.other])
    desk.choose(few.one, few.other)
    desk.look_at(cells[few.one], cells[few.other])
    desk.page.get_by_role("button", name="合并").hover()
    camera.take(desk.page, "plan-merge")
    with desk.change():
        desk.page.keyboard.press("m")
    desk.undo()


def move(camera: Camera, desk: PlanDesk) -> None:
    """The picture is of a corner that is being dragged away from the middle of a cell."""
    cells = desk.cells()
    desk.choose()
    for border in desk.borders():
        for corner in border.line.coords[1:-1]:
            desk.tool("corner")
            desk.look_at(border.line, zoom=19)
            start = np.array(desk.pixel(*corner))
            off = start - desk.pixel(*cells[border.one].centroid.coords[0])
            desk.page.mouse.move(*start)
            desk.page.mouse.down()
            desk.page.mouse.move(*(start + DRAG_PX * off / np.hypot(*off)), steps=8)
            camera.take(desk.page, "plan-move")
            if desk.try_to(desk.page.mouse.up):
                desk.undo()
                return


def redraw(camera: Camera, desk: PlanDesk) -> None:
    """The picture is of the new border that is being drawn, a little beside the old one."""
    buildings = shapely.union_all(desk.buildings())
    for border in sorted(desk.borders(), key=straight, reverse=True):
        start, end = (np.array(border.line.coords[k]) for k in (0, -1))
        for aside in (0.3, -0.3, 0.15, -0.15):
            away = aside * np.array([start[1] - end[1], end[0] - start[0]])
            places = [tuple(start), tuple((start + end) / 2 + away), tuple(end)]
            if shapely.LineString(places).intersects(buildings):
                continue
            desk.choose(border.one, border.other)
            desk.look_at(border.line)
            desk.tool("redraw")
            if desk.draw(places, lambda: camera.take(desk.page, "plan-redraw")):
                desk.undo()
                return


def straight(border: Border) -> float:
    (a, b), (c, d) = border.line.coords[0], border.line.coords[-1]
    return round(np.hypot(c - a, d - b) / border.line.length, 2)


def hand_over(camera: Camera, desk: PlanDesk) -> None:
    """The picture is of a cell that took a building from beyond its border."""
    cells = desk.cells()
    for border in desk.borders():
        beyond = [one for one in desk.buildings() if cells[border.other].contains(one)]
        for building in sorted(beyond, key=cells[border.one].distance)[:3]:
            desk.choose(border.one)
            desk.tool("building")
            desk.look_at(building.buffer(6 * NEAR))
            at = desk.pixel(*building.representative_point().coords[0])
            if desk.try_to(lambda at=at: desk.page.mouse.click(*at)):
                camera.take(desk.page, "plan-hand-over")
                desk.undo()
                return


def carve(camera: Camera, desk: PlanDesk) -> None:
    """Round a building in a cell of several, which then is a dedicated one."""
    buildings = desk.buildings()
    for shape in desk.cells().values():
        inside = sorted((one for one in buildings if shape.contains(one)), key=lambda b: -b.area)
        if len(inside) < 2:
            continue
        ring = inside[0].minimum_rotated_rectangle.buffer(0.6 * NEAR, join_style="mitre")
        desk.choose()
        desk.tool("carve")
        desk.look_at(shape)
        before = set(desk.cells())
        if desk.draw(ring.exterior.coords[:-1], lambda: camera.take(desk.page, "plan-carve")):
            desk.choose(max(set(desk.cells()) - before))
            desk.look_at(shape)
            with desk.change():
                desk.page.keyboard.press("g")
            camera.take(desk.page, "plan-dedicated")
            return


def lock(camera: Camera, desk: PlanDesk) -> None:
    cells = desk.cells()
    number = next(iter(cells))
    desk.choose(number)
    with desk.change():
        desk.page.get_by_role("button", name="锁定").click()
    desk.choose()
    desk.look_at(*cells.values())
    camera.take(desk.page, "plan-lock")
    desk.undo()


def automatic(camera: Camera, desk: PlanDesk) -> None:
    """The picture is of a division on its way."""
    cells = desk.cells()
    desk.choose(*cells)
    desk.look_at(*cells.values())
    with desk.change():
        desk.page.keyboard.press("a")
        desk.page.wait_for_selector("#banner:has-text('正在自动划分')")
        camera.take(desk.page, "plan-automatic", passing=True)
    desk.undo()


def undo(camera: Camera, desk: PlanDesk) -> None:
    desk.choose()
    desk.tab("history")
    desk.page.locator("#history li").nth(3).wait_for()
    camera.take(desk.page, "plan-undo")


def problems(camera: Camera, desk: PlanDesk) -> None:
    desk.tab("problems")
    desk.page.locator("#problems button").first.click()
    camera.take(desk.page, "plan-problems")
    desk.reload()


def comment(camera: Camera, desk: PlanDesk) -> None:
    """Of a supervisor, who was sent the link."""
    reader = camera.signed_in("supervisor", DESK)
    reader.goto(desk.page.url)
    seen = PlanDesk(reader)
    number = fullest(desk)
    seen.page.locator(f'#cells tr[data-number="{number}"] button').click()
    seen.tab("comments")
    reader.fill("#comment [name=note]", "这一格从北到南太长，北头那片能不能划给东边？")
    reader.get_by_role("button", name="发表").click()
    reader.locator("#comments li").first.wait_for()
    camera.take(reader, "plan-comment")
    reader.context.close()


def compare(camera: Camera, desk: PlanDesk) -> None:
    desk.tab("history")
    desk.page.wait_for_selector("#compare option", state="attached")
    desk.page.get_by_role("button", name="比较").click()
    desk.page.wait_for_selector("#comparison *")
    camera.take(desk.page, "plan-compare")
    desk.reload()


def publish(camera: Camera, desk: PlanDesk) -> None:
    desk.tab("publish")
    camera.take(desk.page, "plan-publish")


def files(camera: Camera, desk: PlanDesk) -> None:
    desk.tab("files")
    desk.page.select_option("#export [name=format]", "shp")
    desk.page.select_option("#export [name=datum]", "cgcs2000_metric")
    camera.take(desk.page, "plan-files")


def away(camera: Camera, desk: PlanDesk) -> None:
    desk.choose(fullest(desk))
    with desk.change():
        desk.page.context.set_offline(True)
        desk.page.keyboard.press("l")
        desk.page.wait_for_selector("#banner:has-text('服务器没有回应')")
        camera.take(desk.page, "plan-away")
        desk.page.context.set_offline(False)


def expired(camera: Camera, desk: PlanDesk) -> None:
    desk.choose(fullest(desk))
    sign_out_elsewhere(desk.page)
    desk.page.keyboard.press("l")
    desk.page.wait_for_selector("#banner:has-text('登录已过期')")
    camera.take(desk.page, "plan-expired")
    desk.page.get_by_role("button", name="去登录").click()
    sign_in_here(desk.page, "demo-planner", PASSWORD)
    desk.ready()


def collide(camera: Camera, desk: PlanDesk) -> None:
    """Somebody else changes the draft first."""
    page = camera.signed_in("planner", DESK)
    page.goto(desk.page.url)
    other = PlanDesk(page)
    desk.reload()
    one, another, *_ = desk.cells()
    desk.choose(one)
    with desk.change():
        desk.page.keyboard.press("l")
    other.choose(another)
    other.page.keyboard.press("l")
    page.wait_for_selector("#banner:not([hidden])")
    camera.take(page, "plan-collision")
    page.context.close()


def history(camera: Camera, page: Page, community: str) -> None:
    """A plan that took the place of another, approved by somebody else."""
    desk = begin(camera, page, community, "新楼入住")
    for number, shape in desk.cells().items():
        desk.choose(number)
        desk.tool("split")
        if desk.draw(across(shape)):
            if desk.every_cell_has_people():
                break
            desk.undo()
    desk.tab("publish")
    page.get_by_role("button", name="检查并提交").click()
    page.locator("#state", has_text="待审批").wait_for()
    chief = camera.signed_in("supervisor", DESK)
    chief.goto(page.url)
    PlanDesk(chief).tab("publish")
    chief.fill("#decide [name=note]", "同意，月底前与社区交接")
    camera.take(chief, "plan-approve")
    chief.get_by_role("button", name="批准").click()
    chief.locator("#state", has_text="已发布").wait_for()
    chief.context.close()
    page.goto(f"/plan?division={community}")
    camera.take(page.locator("section", has_text="方案历史"), "plan-history")

"""Planners at work on a real block of Nanjing, in a real browser; the cells stay a coverage."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from playwright.async_api import expect
from sqlalchemy import text

from gridsvc.accounts import passwords
from gridsvc.accounts.roles import Role
from gridsvc.db import make_engine, transaction
from gridsvc.geo import WGS84
from gridsvc.grids import service as grids
from gridsvc.grids.area_queries import AreaFrames
from tests.browser.axe import serious
from tests.browser.conftest import Watched
from tests.browser.phone import until
from tests.conftest import MIGRATED, copy_of
from tests.live import served
from tests.towns import settings
from tests.who import open_account

pytestmark = pytest.mark.browser

PASSWORD = "Correct-Horse-7"
CODE = "320102003001"
BLOCK = Path(__file__).with_name("nanjing_block.geojson")


def nanjing() -> AreaFrames:
    """Buildings and streets round a crossing in the centre of Nanjing (OpenStreetMap)."""
    frame = gpd.GeoDataFrame.from_features(json.loads(BLOCK.read_text("utf-8")), crs=WGS84)
    layers = {name: rows.reset_index(drop=True) for name, rows in frame.groupby("layer")}
    boundary = layers["boundary"][["geometry"]].assign(code=CODE, name="香铺营社区")
    special = gpd.GeoDataFrame({"kind": [], "name": []}, geometry=[], crs=WGS84)
    buildings = layers["buildings"].assign(
        households=lambda rows: rows["households"].astype(int),
        estimated=True,
    )
    return AreaFrames(boundary, buildings, layers["barriers"], special)


@pytest.fixture(scope="module")
async def nanjing_url(cluster):
    """A database with the block, planned and published, a planner, another and a supervisor."""
    async with copy_of(cluster, MIGRATED) as url:
        engine = make_engine(url)
        area = nanjing()
        async with transaction(engine) as session:
            outline = area.boundary.geometry.iloc[0]
            await grids.load_divisions(session, [grids.DivisionRow(CODE, "香铺营社区", outline)])
            await grids.load_area(session, area)
            draft = await grids.draft_plan(session, CODE, settings())
            await grids.publish_plan(session, draft.plan_id)
            hashed = await passwords.hashed(PASSWORD)
            for login, role in (
                ("ann", Role.PLANNER), ("ben", Role.PLANNER), ("sue", Role.SUPERVISOR),
            ):  # fmt: skip
                await open_account(session, login, [role], [CODE], password_hash=hashed)
        yield url
        await engine.dispose()


@pytest.fixture
async def at_work(browser, nanjing_url):
    """Sign planners in to a service on the block, each with a page of their own."""
    engine, contexts = make_engine(nanjing_url), []
    with served(nanjing_url) as address:

        async def sign_in(login):
            context = await browser.new_context(
                base_url=address, viewport={"width": 1366, "height": 768}
            )
            context.set_default_timeout(60_000)
            contexts.append(context)
            seen = Watched(await context.new_page())
            seen.watch()
            await log_in(seen.page, login)
            return DeskPage(seen, engine)

        yield sign_in
        for context in contexts:
            await context.close()
    await engine.dispose()


async def log_in(page, login):
    await page.goto("/sign-in")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_selector(".who")


class DeskPage:
    """The desk as hands use it: places in degrees become pixels."""

    def __init__(self, seen, engine):
        self.seen, self.page, self.engine = seen, seen.page, engine

    async def begin(self, name):
        await self.page.goto(f"/plan?division={CODE}")
        await self.begin_here(name)

    async def begin_here(self, name):
        await self.page.fill("#new-draft [name=name]", name)
        await self.page.get_by_role("button", name="新建并打开").click()
        await self.ready()

    async def ready(self):
        await self.page.wait_for_selector("[data-ready]")
        self.draft = int(await self.page.get_attribute("#desk", "data-draft"))

    async def open(self, draft):
        await self.page.goto(f"/plan?draft={draft}")
        await self.ready()

    async def version(self):
        return await self.page.evaluate("planDesk.version()")

    async def changed_from(self, version):
        await until(
            self.page, "was => planDesk.version() !== was && !planDesk.sender.busy", version
        )
        await self.assert_coverage()

    async def cells(self):
        """Shape of every cell on the page, in degrees."""
        told = await self.page.evaluate("[...planDesk.cells.values()]")
        return {cell["number"]: shapely.geometry.shape(cell["geometry"]) for cell in told}

    async def pixel(self, lon, lat):
        x, y = await self.page.evaluate(
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

    async def tool(self, name):
        await self.page.get_by_role("button", name=name, exact=False).first.click()

    async def draw(self, places):
        """Click from place to place and end by a double click."""
        for lon, lat in places[:-1]:
            await self.page.mouse.click(*await self.pixel(lon, lat))
            # A second click too soon would be a double one.
            await self.page.wait_for_timeout(300)
        await self.page.mouse.dblclick(*await self.pixel(*places[-1]))

    async def look_at(self, at):
        """Close enough that a few metres are more than what snaps back."""
        x, y = await self.pixel(*at)
        await self.page.evaluate(
            """([x, y]) => {
                const box = document.getElementById('map').getBoundingClientRect();
                const view = planDesk.view.map.getView();
                view.setCenter(planDesk.view.map.getCoordinateFromPixel([x - box.x, y - box.y]));
                view.setZoom(19.5);
                planDesk.view.map.renderSync();
            }""",
            [x, y],
        )

    async def drag(self, start, end):
        await self.page.mouse.move(*await self.pixel(*start))
        await self.page.mouse.down()
        x, y = await self.pixel(*end)
        await self.page.mouse.move(x - 6, y - 6, steps=4)
        await self.page.mouse.move(x, y, steps=4)

    async def choose(self, *numbers):
        for k, number in enumerate(numbers):
            row = self.page.locator(f'#cells tr[data-number="{number}"] button')
            await row.click(modifiers=["Shift"] if k else [])
        await until(
            self.page,
            "n => planDesk.chosen.size === n && !planDesk.view.map.getView().getAnimating()",
            len(numbers),
        )

    async def assert_coverage(self):
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text(
                    "SELECT c.number, ST_AsBinary(c.geom) AS wkb, d.geom IS NOT NULL AS whole,"
                    " ST_AsBinary(d.geom) AS land FROM draft_cell c"
                    " JOIN division d ON d.code = c.division_code"
                    " WHERE c.draft_id = :id AND c.alive"
                ),
                {"id": self.draft},
            )
            found = rows.all()
        shapes = np.array([shapely.from_wkb(row.wkb) for row in found], dtype=object)
        land = shapely.from_wkb(found[0].land)
        assert shapely.coverage_is_valid(shapes)
        assert shapely.is_valid(shapes).all()
        off = shapely.union_all(shapes).symmetric_difference(land).area
        assert off < 1e-5 * land.area
        assert sorted(row.number for row in found) == sorted(await self.cells())


def widest(cells):
    """Number and shape of the largest cell."""
    return max(cells.items(), key=lambda item: item[1].area)


def across_from_a_vertex(shape):
    """From a vertex of a cell through its middle and a little beyond the other side."""
    ring = np.array(shape.exterior.coords)[:-1]
    middle = np.array(shape.centroid.coords[0])
    for start in ring[np.argsort(-np.hypot(*(ring - middle).T))]:
        line = shapely.LineString([start, start + 3 * (middle - start)])
        inside = line.intersection(shape)
        if inside.geom_type == "LineString" and inside.length > 0:
            end = np.array(inside.coords)
            end = end[np.argmax(np.hypot(*(end - start).T))]
            return [tuple(start), tuple(end + 0.03 * (end - start))]
    raise AssertionError


def shared_corner(cells):
    """A corner inside the land that cells share, as far from every building as there is one."""
    houses = shapely.union_all(nanjing().buildings.geometry.to_numpy())
    land = shapely.union_all(list(cells.values()))
    counts = {}
    for shape in cells.values():
        for at in set(shape.exterior.coords):
            counts[at] = counts.get(at, 0) + 1
    inner = [at for at in counts if counts[at] >= 2
             and land.boundary.distance(shapely.Point(at)) > 2e-4]  # fmt: skip
    return max(inner, key=lambda at: houses.distance(shapely.Point(at)))


async def test_a_planner_splits_drags_merges_undoes_and_publishes(at_work):
    ann = await at_work("ann")
    await ann.begin("春季调整")
    await ann.assert_coverage()
    before = await ann.cells()
    number, shape = widest(before)

    await ann.tool("画线拆分")
    version = await ann.version()
    await ann.draw(across_from_a_vertex(shape))
    await ann.changed_from(version)
    split = await ann.cells()
    assert len(split) == len(before) + 1
    new = max(split)

    await ann.tool("移动界线")
    at = shared_corner(split)
    version = await ann.version()
    await ann.look_at(at)
    await ann.drag(at, (at[0] + 6e-5, at[1] + 4e-5))
    assert "户" in await ann.page.inner_text("#hint")  # figures while she drags
    await ann.page.mouse.up()
    await ann.changed_from(version)
    moved = await ann.cells()
    changed = [n for n in moved if not moved[n].equals(split[n])]
    assert len(changed) >= 2

    await ann.tool("选择")
    await ann.choose(number, new)
    version = await ann.version()
    await ann.page.keyboard.press("m")
    await ann.changed_from(version)
    assert set(await ann.cells()) == set(before)

    version = await ann.version()
    await ann.page.keyboard.press("Control+z")
    await ann.changed_from(version)
    assert new in await ann.cells()
    await ann.page.reload()
    await ann.ready()
    version = await ann.version()
    await ann.page.get_by_role("button", name="撤销").click()
    await ann.changed_from(version)
    again = await ann.cells()
    assert all(again[n].equals_exact(split[n], 1e-7) for n in split)

    await publish(ann, await at_work("sue"))
    assert await in_force(ann.engine) == len(split)
    assert not ann.seen.complaints
    assert all(url.startswith("http://127.0.0.1") for url in ann.seen.requests)


async def publish(ann, sue):
    """One submits, the other approves."""
    await ann.page.get_by_role("tab", name="发布").click()
    await ann.page.get_by_role("button", name="检查并提交").click()
    await expect(ann.page.locator("#state")).to_have_text("待审批")
    await sue.open(ann.draft)
    await sue.page.get_by_role("tab", name="发布").click()
    await sue.page.get_by_role("button", name="批准").click()
    await expect(sue.page.locator("#state")).to_have_text("已发布")


async def in_force(engine):
    async with engine.connect() as connection:
        return await connection.scalar(
            text("SELECT count(*) FROM micro_grid WHERE valid @> now() AND division_code = :code"),
            {"code": CODE},
        )


async def test_two_planners_collide_and_both_are_heard(at_work):
    ann, ben = await at_work("ann"), await at_work("ben")
    await ann.begin("两人同改")
    await ben.open(ann.draft)
    one, other = list(await ann.cells())[:2]
    await ann.choose(one)
    await ann.page.keyboard.press("l")
    await ann.changed_from(0)
    await ben.choose(other)
    await ben.page.keyboard.press("l")
    await expect(ben.page.locator("#banner")).to_contain_text("ann 刚改过这份草案")
    assert await ben.version() == 0
    await ben.page.get_by_role("button", name="在最新版上重做我的操作").click()
    await until(ben.page, "() => planDesk.version() === 2")
    locked = await ben.page.evaluate("[...planDesk.cells.values()].filter(c => c.locked).length")
    assert locked == 2


async def test_nothing_drawn_is_lost_when_the_session_ends(at_work):
    ann = await at_work("ann")
    await ann.begin("会话过期")
    _, shape = widest(await ann.cells())
    async with transaction(ann.engine) as session:
        await session.execute(text("DELETE FROM login_session"))
    await ann.tool("画线拆分")
    await ann.draw(across_from_a_vertex(shape))
    await expect(ann.page.locator("#banner")).to_contain_text("登录已过期")
    await ann.page.get_by_role("button", name="去登录").click()
    await ann.page.fill("[name=login]", "ann")
    await ann.page.fill("[name=password]", PASSWORD)
    await ann.page.get_by_role("button", name="登录").click()
    await ann.ready()
    assert await ann.version() == 1
    await ann.assert_coverage()


async def test_a_half_drawn_line_outlives_a_reload_and_a_server_away_is_waited_for(at_work):
    ann = await at_work("ann")
    await ann.begin("断网")
    _, shape = widest(await ann.cells())
    start, end = across_from_a_vertex(shape)
    await ann.tool("画线拆分")
    await ann.page.mouse.click(*await ann.pixel(*start))
    await ann.page.mouse.move(*await ann.pixel(*shape.centroid.coords[0]))
    await ann.page.reload()
    await ann.ready()
    await expect(ann.page.locator('[data-tool="split"]')).to_have_attribute("aria-pressed", "true")
    await ann.page.context.set_offline(True)
    await ann.page.mouse.dblclick(*await ann.pixel(*end))
    await expect(ann.page.locator("#banner")).to_contain_text("服务器没有回应")
    assert await ann.version() == 0
    await ann.page.context.set_offline(False)
    await ann.changed_from(0)
    await expect(ann.page.locator("#banner")).to_be_hidden()


async def test_refusals_are_told_in_chinese_and_change_nothing(at_work):
    ann = await at_work("ann")
    await ann.begin("误操作")
    before = await ann.cells()
    _, shape = widest(before)
    start, _ = across_from_a_vertex(shape)
    await ann.tool("画线拆分")
    await ann.draw([start, shape.centroid.coords[0]])
    await expect(ann.page.locator("#banner")).to_contain_text("停在格子里面")
    assert await ann.version() == 0
    assert (await ann.cells()).keys() == before.keys()


async def test_cells_go_out_as_a_file_and_come_in_again(at_work, tmp_path):
    ann = await at_work("ann")
    await ann.begin("文件")
    page, before = ann.page, await ann.cells()
    await page.click("#tab-files")
    await page.select_option("#export [name=format]", "kml")
    await expect(page.locator("#export [name=datum]")).to_be_disabled()
    await page.select_option("#export [name=format]", "dxf")
    await page.select_option("#export [name=datum]", "cgcs2000_metric")
    async with page.expect_download() as waited:
        await page.get_by_role("button", name="导出", exact=True).click()
    path = tmp_path / (await waited.value).suggested_filename
    assert path.name == f"draft-{ann.draft}.dxf"
    await (await waited.value).save_as(path)

    # A second draft of one cell takes all cells from the file, and gives them back.
    await page.goto(f"/plan?division={CODE}")
    await page.select_option("#new-draft [name=origin]", "blank:")
    await ann.begin_here("空白")
    await page.click("#tab-files")
    await page.set_input_files("#import [name=file]", path)
    await page.get_by_role("button", name="导入", exact=True).click()
    await ann.changed_from(0)
    after = await ann.cells()
    assert after.keys() == before.keys()
    assert all(after[n].hausdorff_distance(before[n]) < 1e-6 for n in before)
    await expect(page.locator("#files-state")).to_contain_text("已导入")
    await page.get_by_role("button", name="撤销").click()
    await ann.changed_from(1)
    assert len(await ann.cells()) == 1

    # What is no proper division is refused with its place.
    first = min(before)
    rows = [
        {"type": "Feature", "properties": {"number": n}, "geometry": shapely.geometry.mapping(cell)}
        for n, cell in before.items()
        if n != first
    ]
    path = tmp_path / "gap.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), "utf-8")
    await page.set_input_files("#import [name=file]", path)
    await page.get_by_role("button", name="导入", exact=True).click()
    await expect(page.locator("#banner")).to_contain_text("不属于任何格子")
    assert await ann.version() == 2


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_desk_is_accessible_and_fits_its_window(at_work, language):
    ann = await at_work("ann")
    await ann.page.goto(f"/language/{language}?next=/plan?division={CODE}")
    found = []
    for path in (f"/plan?division={CODE}", None):
        if path:
            await ann.page.goto(path)
        else:
            await ann.page.fill("#new-draft [name=name]", "无障碍")
            await ann.page.locator("#new-draft button").click()
            await ann.ready()
        found += [f"{path} {one}" for one in await serious(ann.page)]
    assert found == []
    wide = await ann.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 1366

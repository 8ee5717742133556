import re
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from gridsvc.maps.coverage import CoverageFrames, to_html
from gridsvc.maps.legend import FILLS, LEVELS
from tests.maps.frames import make_frames

pytestmark = pytest.mark.browser

PANELS = [
    "#gridsvc-title",
    "#gridsvc-legend",
    ".leaflet-control-layers",
    ".leaflet-control-zoom",
    ".leaflet-control-scale",
    ".leaflet-control-attribution",
]
#: Shown in every field at once, so that each meets every way text takes into the page.
PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "${alert(1)}`${alert(1)}`",
    "</script><script>alert(1)</script>",
    "\"'><svg onload=alert(1)>\\",
    "{{7*7}}{% for x in y %}{#",
    "<!--<script>\u202eيمين😀\ud800",
]
# The Leaflet map is the only one among the page's globals.
MAP = "Object.values(window).find((it) => it instanceof L.Map)"


async def open_map(seen, frames: CoverageFrames, folder, *, policy: bool = True) -> None:
    html = to_html(frames)
    if not policy:
        html = html.replace("Content-Security-Policy", "x-nothing")
    path = folder / "map.html"
    path.write_text(html, encoding="utf-8")
    await seen.page.goto(path.as_uri())
    await seen.page.wait_for_selector("[data-drawn]")
    assert seen.requests == [path.as_uri()]


async def place_of(seen, point: shapely.Point) -> tuple[float, float]:
    """Pixel of a point on the page, after the map has been brought to show it large."""
    await seen.page.evaluate(f"{MAP}.setView([{point.y}, {point.x}], 17, {{animate: false}})")
    at = await seen.page.evaluate(f"{MAP}.latLngToContainerPoint([{point.y}, {point.x}])")
    return at["x"], at["y"]


def alone(frames: CoverageFrames, **layers) -> CoverageFrames:
    """Frames with nothing but micro-grids and grids, and what is given."""
    nothing = {"people": frames.people[:0], "events": frames.events[:0]}
    return replace(frames, **(nothing | layers))


async def test_map_opens_from_a_file_and_asks_nobody_for_anything(watched, tmp_path):
    async with watched() as seen:
        await open_map(seen, make_frames(60), tmp_path)
        for panel in PANELS:
            assert await seen.page.locator(panel).is_visible(), panel
        assert await seen.page.inner_text("#gridsvc-title h1") == "青云街道网格覆盖图"
        assert await seen.page.inner_text(".leaflet-control-attribution") == (
            "资料来源：青云街道示范数据（自动生成）"
        )
        assert not seen.complaints
        assert len(seen.requests) == 1


@pytest.mark.parametrize("level", range(len(LEVELS)))
async def test_cells_have_the_colour_of_their_class(watched, tmp_path, level):
    frames = alone(make_frames(12))
    frames.micro_grids["kind"] = "ordinary"
    frames.micro_grids["households"] = [50, 85, 100, 115, 150][level]
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        cell = frames.micro_grids.geometry.iloc[5]
        # Half-way from the middle to the border there is neither label nor line.
        spot = cell.centroid
        x, y = await place_of(seen, spot)
        assert await colour_at(seen, "gridsvc-410", x, y) == FILLS[level].colour


async def colour_at(seen, pane: str, x: float, y: float) -> str:
    return await seen.page.evaluate(
        """([pane, x, y]) => {
            const canvas = document.querySelector(`.leaflet-${pane}-pane canvas`);
            const box = canvas.getBoundingClientRect();
            const scale = canvas.width / box.width;
            const at = [(x - box.left) * scale, (y - box.top) * scale];
            const [r, g, b] = canvas.getContext('2d').getImageData(...at, 1, 1).data;
            return '#' + [r, g, b].map((v) => v.toString(16).padStart(2, '0')).join('');
        }""",
        [pane, x, y],
    )


async def test_hover_and_click_tell_about_the_cell_and_its_grid(watched, tmp_path):
    frames = alone(make_frames(30))
    frames.micro_grids["households"] = 93
    frames.micro_grids["kind"] = "ordinary"
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        cell = frames.micro_grids.iloc[7]
        x, y = await place_of(seen, cell.geometry.centroid)
        await seen.page.mouse.move(x, y)
        assert cell["name"] in await seen.page.inner_text(".gridsvc-tip")
        await seen.page.mouse.click(x, y)
        told = await seen.page.inner_text(".gridsvc-sheet")
        assert cell["code"] in told
        assert "93 户 ÷ 100 户 = 93 %" in told
        assert "所属网格" in told
        assert cell["grid_code"] in told.split()
        assert not seen.complaints


async def test_dedicated_cells_have_no_target_to_be_measured_by(watched, tmp_path):
    frames = alone(make_frames(12))
    frames.micro_grids["kind"] = "dedicated"
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        middle = frames.micro_grids.geometry.iloc[5].centroid
        await seen.page.mouse.click(*await place_of(seen, middle))
        told = await seen.page.inner_text(".gridsvc-sheet")
        assert "专属" in told
        assert "÷" not in told


async def test_canvases_lie_on_whole_pixels_after_every_move(watched, tmp_path):
    async with watched() as seen:
        await open_map(seen, make_frames(30), tmp_path)
        for move in ("setZoom(16.75)", "setZoom(15.5, {animate: false})", "panBy([33.4, 7.7])"):
            await seen.page.evaluate(f"void {MAP}.{move}")
            await seen.page.wait_for_timeout(600)
            shifts = await seen.page.evaluate(
                "[...document.querySelectorAll('.gridsvc-canvas')].map((c) => c.style.transform)"
            )
            assert all(re.fullmatch(r"translate3d\((-?\d+px,? ?){3}\)", it) for it in shifts)


async def test_people_and_events_lie_above_the_cells(watched, tmp_path):
    frames = make_frames(30)
    spot = frames.micro_grids.geometry.iloc[3].centroid
    event = frames.events[:1].set_geometry([spot], crs="EPSG:4326")
    async with watched() as seen:
        await open_map(seen, alone(frames, events=event), tmp_path)
        await seen.page.mouse.click(*await place_of(seen, spot))
        told = await seen.page.inner_text(".gridsvc-sheet")
        assert event["matter"].iloc[0] in told
        assert event["description"].iloc[0] in told


async def test_layer_switch_takes_layers_away_and_brings_them_back(watched, tmp_path):
    async with watched() as seen:
        await open_map(seen, make_frames(30), tmp_path)
        switches = seen.page.locator(".leaflet-control-layers-overlays input")
        shown = await seen.page.locator("canvas.gridsvc-canvas").count()
        assert shown == await switches.count() - 1  # missing liaisons are off at first
        for index in range(await switches.count()):
            was_on = await switches.nth(index).is_checked()
            await switches.nth(index).click()
            after = await seen.page.locator("canvas.gridsvc-canvas").count()
            assert after == shown + (-1 if was_on else 1)
            await switches.nth(index).click()
        assert await seen.page.locator("canvas.gridsvc-canvas").count() == shown
        assert not seen.complaints


async def test_cells_without_a_worker_are_marked_and_others_are_not(watched, tmp_path):
    frames = alone(make_frames(12))
    frames.micro_grids["workers"] = 1
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        assert await painted(seen, "gridsvc-470") == 0
    frames.micro_grids.loc[4, "workers"] = 0
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        assert await painted(seen, "gridsvc-470") > 50


async def painted(seen, pane: str) -> int:
    """Number of pixels of a layer that are not transparent."""
    return await seen.page.evaluate(
        """(pane) => {
            const canvas = document.querySelector(`.leaflet-${pane}-pane canvas`);
            const { width, height } = canvas;
            const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
            return data.filter((value, i) => i % 4 === 3 && value > 0).length;
        }""",
        pane,
    )


@pytest.mark.parametrize(
    ("width", "height", "length"),
    [(1920, 1080, 9), (1280, 720, 200), (1024, 600, 9), (768, 1024, 200), (390, 700, 200)],
)
async def test_panels_keep_clear_of_each_other_and_inside_the_window(
    watched, tmp_path, width, height, length
):
    words = "长街道网格覆盖图" * 30
    frames = make_frames(20, title=words[:length], source=words[:length])
    async with watched(width, height) as seen:
        await open_map(seen, frames, tmp_path)
        boxes = {panel: await seen.page.locator(panel).bounding_box() for panel in PANELS}
        areas = gpd.GeoSeries(
            {
                panel: shapely.box(b["x"], b["y"], b["x"] + b["width"], b["y"] + b["height"])
                for panel, b in boxes.items()
            }
        )
        window = shapely.box(0, 0, width, height)
        assert areas.within(window).all(), areas[~areas.within(window)]
        for panel, area in areas.items():
            others = areas.drop(panel)
            assert not others.overlaps(area).any(), (panel, others[others.overlaps(area)])


@pytest.mark.parametrize("policy", [True, False], ids=["policy", "escaping alone"])
async def test_text_from_outside_is_shown_and_never_run(watched, tmp_path, policy):
    payload = " ".join(PAYLOADS)
    frames = poisoned(payload)
    spot = frames.events.geometry.iloc[0]
    async with watched() as seen:
        await open_map(seen, frames, tmp_path, policy=policy)
        assert await seen.page.title() == seen_as(payload)
        assert await seen.page.text_content("#gridsvc-title h1") == seen_as(payload)
        assert await seen.page.text_content(".leaflet-control-attribution") == seen_as(payload)
        for layer in ("未结事件", "人员（在岗与离岗）", "微网格（户数与目标之比）", "网格边界"):
            x, y = await place_of(seen, spot)  # the details may have moved the map
            await seen.page.mouse.move(x + 3, y + 1)
            await seen.page.mouse.move(x, y)
            assert in_header(payload) in await seen.page.text_content(".gridsvc-tip")
            await seen.page.mouse.click(x, y)
            assert in_header(payload) in await seen.page.text_content(".gridsvc-sheet")
            await seen.page.keyboard.press("Escape")
            await seen.page.locator(".gridsvc-sheet").wait_for(state="detached")
            await seen.page.get_by_label(layer).uncheck()
        assert not seen.complaints
        assert len(seen.requests) == 1


def seen_as(payload: str) -> str:
    """What a document can show of a text: no lone surrogates."""
    return payload.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def in_header(payload: str) -> str:
    """What the data block keeps of a text: JSON in UTF-8, which has no lone surrogates either."""
    return payload.encode("utf-8", "replace").decode()


def poisoned(payload: str) -> CoverageFrames:
    """Frames with one text in every field, all at one spot."""
    frames = make_frames(6, title=payload, source=payload)
    cells, grids = frames.micro_grids, frames.grids
    cells[["code", "name", "grid_code"]] = payload
    grids[["code", "name"]] = payload
    grids = grids[:1].set_geometry([cells.union_all().envelope], crs="EPSG:4326")
    spot = [cells.geometry.iloc[2].centroid]
    people = frames.people[:1].set_geometry(spot, crs="EPSG:4326")
    people[["code", "label"]] = payload
    events = frames.events[:1].set_geometry(spot, crs="EPSG:4326")
    events = events.assign(
        event_id=payload, matter=payload, description=payload, state=payload, handler=payload
    )
    return replace(frames, grids=grids, people=people, events=events)


async def test_policy_stops_what_would_get_past_all_escaping(watched, tmp_path):
    async with watched() as seen:
        await open_map(seen, make_frames(6), tmp_path)
        await seen.page.evaluate(
            "document.body.insertAdjacentHTML('beforeend',"
            " '<img src=data:, onerror=\"document.body.id = 1\">')"
        )
        await seen.page.evaluate(
            "document.body.append(Object.assign(document.createElement('script'),"
            " {text: 'document.body.id = 2'}))"
        )
        await seen.page.wait_for_timeout(200)
        assert await seen.page.evaluate("document.body.id") == ""
        sent = "fetch('https://outside.invalid/').then(() => 'sent', () => 'refused')"
        assert await seen.page.evaluate(sent) == "refused"
        assert len(seen.requests) == 1


async def test_an_empty_town_says_so(watched, tmp_path):
    frames = make_frames(6)
    empty = alone(frames, micro_grids=frames.micro_grids[:0], grids=frames.grids[:0])
    async with watched() as seen:
        await open_map(seen, empty, tmp_path)
        assert await seen.page.locator(".gridsvc-notice").is_visible()
        assert not seen.complaints


async def test_a_damaged_file_says_so(watched, tmp_path):
    html = to_html(make_frames(6))
    middle = html.index('octet-stream"') + 400
    path = tmp_path / "damaged.html"
    path.write_text(html[:middle] + "AAAA" + html[middle + 4 :], encoding="utf-8")
    async with watched() as seen:
        await seen.page.goto(path.as_uri())
        notice = seen.page.locator(".gridsvc-notice")
        await notice.wait_for()
        assert "无法解开" in await notice.inner_text()

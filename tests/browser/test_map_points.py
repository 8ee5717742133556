"""Thousands of points on a compact map in real Chromium: gathered when far, exact when near."""

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely
from playwright.async_api import expect

from gridsvc.maps.compact import CompactData, Facts, Field, PointLayer, PointStyle, Symbol
from gridsvc.maps.inline import self_contained
from tests.browser.phone import until

pytestmark = pytest.mark.browser

MAP = "Object.values(window).find((it) => it instanceof L.Map)"
LAYER = f"[...gridsvc.inspector({MAP}).layers][0]"
SYMBOLS = [Symbol("circle", "#c2003c", "#7d0027"), Symbol("square", "#0d3c7a", "#0d3c7a")]
HERE = (32.05, 118.8)
CLUSTERS = """() => {
  const layer = [...gridsvc.inspector(MAP).layers][0];
  return layer.groups().map((it) => [it.rows.length, layer.radius(it), it.x, it.y]);
}""".replace("MAP", MAP)


def make_events(count: int, seed: int = 0) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    spots = rng.normal((HERE[1], HERE[0]), 0.05, (count, 2))
    return gpd.GeoDataFrame(
        {"number": range(count), "kind": rng.integers(0, 2, count)},
        geometry=shapely.points(spots),
        crs="EPSG:4326",
    )


def make_page(events: gpd.GeoDataFrame, **style) -> str:
    drawing = folium.Map(HERE, zoom_start=12, tiles=None, max_zoom=20)
    drawing.default_js, drawing.default_css = drawing.default_js[:1], drawing.default_css[:1]
    data = CompactData({}, {"events": events})
    data.add_to(drawing)
    PointLayer(
        data,
        "events",
        name="事件",
        style=PointStyle("kind", SYMBOLS, **({"words": ["甲", "乙"]} | style)),
        facts=Facts("事件", [Field("编号", "number")], [Field("", "number")]),
    ).add_to(drawing)
    return self_contained(drawing)


async def open_page(seen, page: str, folder) -> None:
    path = folder / "points.html"
    path.write_text(page, encoding="utf-8")
    await seen.page.goto(path.as_uri())
    await seen.page.wait_for_selector("[data-drawn]")


@pytest.mark.parametrize("zoom", [9, 12, 14])
async def test_rings_count_every_point_once(watched, tmp_path, zoom):
    async with watched() as seen:
        await open_page(seen, make_page(make_events(5000)), tmp_path)
        await seen.page.evaluate(f"void {MAP}.setZoom({zoom}, {{animate: false}})")
        groups = await seen.page.evaluate(CLUSTERS)
        assert sum(count for count, *_ in groups) == 5000
        assert len(groups) < 5000
        assert not seen.complaints
        assert len(seen.requests) == 1


async def test_rings_lie_still_while_the_map_is_moved(watched, tmp_path):
    async with watched() as seen:
        await open_page(seen, make_page(make_events(3000)), tmp_path)
        before = await seen.page.evaluate(CLUSTERS)
        await seen.page.evaluate(f"void {MAP}.panBy([213, 77], {{animate: false}})")
        assert await seen.page.evaluate(CLUSTERS) == before


async def test_a_ring_tells_what_it_is_made_of_and_opens_on_a_click(watched, tmp_path):
    events = make_events(400)
    # Another cluster far away, so that the ring below is one of several.
    spots = np.full((400, 2), (HERE[1], HERE[0]))
    spots[300:] += 0.2
    spots[:300] += np.linspace(0, 1e-3, 300)[:, None]
    events = events.set_geometry(shapely.points(spots), crs="EPSG:4326")
    async with watched() as seen:
        await open_page(seen, make_page(events), tmp_path)
        at = await seen.page.evaluate(
            f"(() => {{ const it = {LAYER}.groups().sort((a, b) => b.rows.length - a.rows.length)"
            f"[0]; return {MAP}.latLngToContainerPoint(gridsvc.latLng(it.x, it.y)); }})()"
        )
        await seen.page.mouse.move(at["x"], at["y"])
        kinds = events["kind"][:300].value_counts()
        told = f"300 · 甲 {kinds[0]} · 乙 {kinds[1]}"
        await expect(seen.page.locator(".gridsvc-tip")).to_have_text(told)
        await seen.page.mouse.click(at["x"], at["y"])
        await until(seen.page, f"{MAP}.getZoom() > 12")


async def test_near_every_point_stands_at_its_place_and_places_tell_all(watched, tmp_path):
    events = make_events(200)
    spots = shapely.get_coordinates(events.geometry)
    spots[:3] = (HERE[1], HERE[0])
    events = events.set_geometry(shapely.points(spots), crs="EPSG:4326")
    async with watched() as seen:
        await open_page(seen, make_page(events), tmp_path)
        await seen.page.evaluate(f"void {MAP}.setView({list(HERE)}, 17, {{animate: false}})")
        assert await seen.page.evaluate(f"{LAYER}.isNear()")
        at = await seen.page.evaluate(f"{MAP}.latLngToContainerPoint({list(HERE)})")
        await seen.page.mouse.click(at["x"], at["y"])
        told = await seen.page.locator(".gridsvc-sheet dd").all_inner_texts()
        assert sorted(told) == ["0", "1", "2"]


async def test_density_is_darkest_where_most_points_are(watched, tmp_path):
    events = make_events(4000)
    async with watched() as seen:
        await open_page(seen, make_page(events, far="density"), tmp_path)
        middle, edge = await seen.page.evaluate(
            f"""[[0, 0], [350, 0]].map(([dx, dy]) => {{
                const canvas = document.querySelector('.gridsvc-canvas');
                const box = canvas.getBoundingClientRect();
                const at = {MAP}.latLngToContainerPoint({list(HERE)});
                const pen = canvas.getContext('2d');
                return [...pen.getImageData(at.x + dx - box.left, at.y + dy - box.top, 1, 1).data];
            }})"""
        )
        assert middle[3] > edge[3]
        assert sum(middle[:3]) < 500


async def test_a_few_points_are_never_gathered(watched, tmp_path):
    async with watched() as seen:
        await open_page(seen, make_page(make_events(20)), tmp_path)
        assert await seen.page.evaluate(f"{LAYER}.isNear()")


async def test_no_points_at_all_make_an_empty_layer(watched, tmp_path):
    for far in ("clusters", "density"):
        async with watched() as seen:
            await open_page(seen, make_page(make_events(0), far=far, few=-1), tmp_path)
            assert not seen.complaints

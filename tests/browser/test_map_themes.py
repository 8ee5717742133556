"""Themes on an exported map in real Chromium: one colour at a time, its legend, both languages."""

import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridsvc.maps.circles import Nearness, services
from gridsvc.maps.duty import duty
from gridsvc.maps.matters import matters
from gridsvc.maps.served import devices
from gridsvc.roads.modes import Mode
from gridsvc.roads.travel import ByLine
from tests.browser.test_coverage_map import MAP, open_map
from tests.maps.frames import make_frames

pytestmark = pytest.mark.browser

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NAMES = {"E01": "市容环境", "E02": "街面秩序"}


def themes(frames):
    cells = frames.micro_grids
    codes = cells["code"]
    here = shapely.point_on_surface(cells.geometry.array)
    lon, lat = shapely.get_coordinates(here).T
    posted = pd.DataFrame(
        {"posted": 2, "posted_on_duty": 1, "grid_code": codes.to_numpy()}, index=codes
    )
    homes = pd.DataFrame({"cell": codes, "households": 10, "lon": lon, "lat": lat})
    kinds = {"name": ["站"], "kind": ["station"]}
    points = gpd.GeoDataFrame(kinds, geometry=here[:1], crs=cells.crs)
    events = gpd.GeoDataFrame(
        {
            "class": ["E01", "E02"] * (len(cells) // 2),
            "matter": "占道",
            "state": "CLOSED",
            "day": "2026-11-01",
            "cell": codes.to_numpy(),
        },
        geometry=here,
        crs=cells.crs,
    )
    counted = pd.DataFrame({"E01": 1, "E02": [0, 2] * (len(cells) // 2)}, index=codes)
    said = ("近 90 天受理事件", "events received in 90 days")
    return (
        services(cells, homes, points, Nearness(300), ByLine(Mode.WALK)),
        matters(counted, events, NAMES, said),
        duty(posted),
    )


async def put_on(seen, name):
    await seen.page.get_by_label(name, exact=True).check()


async def test_a_colour_put_on_takes_the_other_off_and_brings_its_legend(watched, tmp_path):
    frames = make_frames(30)
    frames = make_frames(30, themes=themes(frames), first="services")
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        await seen.page.hover(".leaflet-control-layers")
        legend = await seen.page.inner_text("#gridsvc-legend")
        assert "服务点覆盖" in legend
        assert "在岗网格员" not in legend
        await put_on(seen, "在岗网格员")
        assert not await seen.page.get_by_label("服务点覆盖", exact=True).is_checked()
        legend = await seen.page.inner_text("#gridsvc-legend")
        assert "部分在岗" in legend
        # Its points are still on the map, and so are they in the legend.
        assert "服务点覆盖" in legend
        assert not seen.complaints


async def test_every_word_of_a_theme_turns_english(watched, tmp_path):
    frames = make_frames(30)
    frames = make_frames(30, themes=themes(frames), first="services")
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        await seen.page.locator(".gridsvc-button").click()
        texts = await seen.page.locator("#gridsvc-legend").all_text_contents()
        texts += await seen.page.locator(".leaflet-control-layers").all_text_contents()
        told = " ".join(texts)
        for name in NAMES.values():  # what matters are called is data
            told = told.replace(name, "")
        assert not CHINESE.findall(told), CHINESE.sub(lambda m: f"[{m[0]}]", told)


async def test_one_matter_is_chosen_on_the_legend(watched, tmp_path):
    frames = make_frames(30)
    frames = make_frames(30, themes=themes(frames), first="matters")
    shown = "[...gridsvc.inspector({}).layers].find((l) => l.options.table === 'matter_points')"
    shown = shown.replace("{}", MAP) + ".shownRows().length"
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        assert await seen.page.evaluate(shown) == 30
        await seen.page.select_option("#gridsvc-legend select", label="市容环境")
        assert await seen.page.evaluate(shown) == 15
        await seen.page.select_option("#gridsvc-legend select", label="全部事项")
        assert await seen.page.evaluate(shown) == 30
        assert not seen.complaints


async def test_a_large_map_is_drawn_in_pieces_to_the_same_picture(watched, tmp_path):
    frames = make_frames(1500, wobble=24)
    picture = """async () => {
      const settled = async () => {
        while (gridsvc.isDrawing()) await new Promise(requestAnimationFrame);
      };
      const map = MAP;
      const cells = [...gridsvc.inspector(map).layers].find((l) => l.options.style?.classes);
      map.setZoom(map.getZoom() + 1, { animate: false });
      const pieces = gridsvc.isDrawing();
      await settled();
      const read = () => {
        const { width, height } = cells._container;
        return cells._container.getContext('2d').getImageData(0, 0, width, height).data;
      };
      const [inPieces, whole] = [read(), (cells.repaintNow(), read())];
      let far = 0;
      for (let i = 0; i < whole.length; i += 1) far += Math.abs(whole[i] - inPieces[i]) > 40;
      return [pieces, far / whole.length, cells.data.arcs.x.length];
    }""".replace("MAP", MAP)
    async with watched() as seen:
        await open_map(seen, frames, tmp_path)
        in_pieces, far, corners = await seen.page.evaluate(picture)
        assert corners > 60_000
        assert in_pieces
        assert far < 0.002


async def test_a_camera_opens_its_video_and_what_is_no_address_opens_nothing(watched, tmp_path):
    frames = make_frames(2)
    codes = frames.micro_grids["code"]
    urls = ["https://video.example/live/1", "javascript:window.ran='link'"]
    places = gpd.GeoDataFrame(
        {"code": ["c0", "c1"], "name": urls, "kind": "camera", "alarms": 0, "video_url": urls},
        geometry=frames.micro_grids.geometry.representative_point(),
        crs=frames.micro_grids.crs,
    )
    figures = pd.DataFrame({"devices": 1, "alarms": 0}, index=codes)
    theme = devices(figures, places, 90)
    sheet = """([map, n]) => {
      const inspector = gridsvc.inspector(map);
      const layer = [...inspector.layers].find((l) => l.options.table === 'device_marks');
      return inspector.sheet({ layer, row: n }).innerHTML;
    }"""
    async with watched() as seen:
        await open_map(seen, make_frames(2, themes=(theme,), first="devices"), tmp_path)
        told = [
            await seen.page.evaluate(f"(n) => ({sheet})([{MAP}, n])", n) for n in range(len(urls))
        ]
    assert f'<a href="{urls[0]}" target="_blank" rel="noopener noreferrer">打开视频</a>' in told[0]
    assert "<a" not in told[1]

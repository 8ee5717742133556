"""What lies under a draft: nothing from outside, unless the installation names one place for it."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from tests.browser.conftest import Watched
from tests.browser.test_plan_desk import DeskPage, log_in, nanjing_url
from tests.events.test_photos import a_photo
from tests.live import served
from tests.maps.test_basemap import a_file
from tests.towns import place_in_tile

__all__ = ["nanjing_url"]

pytestmark = pytest.mark.browser


@contextmanager
def tile_server():
    """Address of an orthophoto on another port, and the tiles it was asked for."""
    asked, tile = [], a_photo()

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.end_headers()
            self.wfile.write(tile)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/wmts/{{z}}/{{y}}/{{x}}", asked
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _hosts(page):
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    yield hosts


async def opened(browser, address):
    context = await browser.new_context(base_url=address, viewport={"width": 1366, "height": 768})
    context.set_default_timeout(60_000)
    seen = Watched(await context.new_page())
    seen.watch()
    await log_in(seen.page, "ann")
    return DeskPage(seen, None), context


def corner(grid, z, x, y):
    """Where the north-west corner of a tile lies, in degrees."""
    if grid == "mercator":
        return place_in_tile(x, y, z)
    side = 360 / 2**z
    return x * side - 180, 90 - y * side


@pytest.mark.parametrize("grid", ["mercator", "geographic"])
async def test_an_orthophoto_is_asked_for_once_it_is_wanted(browser, nanjing_url, grid):
    with (
        tile_server() as (tiles, asked),
        served(nanjing_url, imagery_url=tiles, imagery_grid=grid) as address,
    ):
        desk, context = await opened(browser, address)
        await desk.begin("影像")
        assert asked == []
        await desk.page.check("#imagery")
        for _ in range(100):
            if asked:
                break
            await desk.page.wait_for_timeout(50)
        assert asked
        # A tile of the window, some hundredths of a degree wide, and not of the other grid.
        z, y, x = map(int, asked[0].split("/")[2:])
        off = np.subtract(corner(grid, z, x, y), (118.767, 32.044))
        assert np.abs(off).max() < 0.1
        # It is remembered, and the policy names that place alone.
        answer = await desk.page.reload()
        await desk.ready()
        assert await desk.page.is_checked("#imagery")
        policy = answer.headers["content-security-policy"]
        (images,) = [one for one in policy.split("; ") if one.startswith("img-src")]
        assert images == f"img-src 'self' data: blob: {tiles.partition('/wmts')[0]}"
        assert not desk.seen.complaints
        await context.close()


async def test_the_background_file_shows_what_lies_around(browser, nanjing_url, tmp_path):
    path = a_file(tmp_path / "a.pmtiles")
    with served(nanjing_url, basemap=path) as address:
        desk, context = await opened(browser, address)
        with _hosts(desk.page) as hosts:
            async with desk.page.expect_response("**/api/maps/basemap*") as answered:
                await desk.begin("底图")
            assert (await answered.value).status == 200
            assert await desk.page.locator("#imagery").count() == 0
            assert len(hosts) == 1
        assert not desk.seen.complaints
        await context.close()

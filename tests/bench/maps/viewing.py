"""A map's file in a fresh Chromium without network: seconds to draw, memory, pans and zooms."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import psutil
from playwright.sync_api import Route, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS

SIZE = {"width": 1366, "height": 768}
MAP = "Object.values(window).find((it) => it instanceof L.Map)"
#: Leaflet itself is answered from our copy, so that maps that link it can be drawn at all.
_LEAFLET = {"leaflet.js": "text/javascript", "leaflet.css": "text/css"}

# A step is over when the page has put the next frame on screen, draws no more and is idle again.
# The longest time from a frame to the next is how long the page did not answer; a map drawn in
# one piece is whole after it, ours when the last of its pieces is shown, which is told as well.
_STEP = """async ([dx, dy, by]) => {
  const map = MAP;
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  await frame();
  await frame();
  const begin = performance.now();
  let worst = 0;
  let last = begin;
  const look = () => {
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
  };
  if (by) map.setZoom(map.getZoom() + by, { animate: false });
  else map.panBy([dx, dy], { animate: false });
  do {
    await frame();
    look();
  } while (globalThis.gridsvc?.isDrawing());
  await frame();
  look();
  await new Promise((done) => setTimeout(done, 0));
  look();
  return [worst, performance.now() - begin];
}""".replace("MAP", MAP)
_WHOLE = """!globalThis.gridsvc
  || Boolean(document.querySelector('[data-drawn]')) && !gridsvc.isDrawing()"""
_PANS = [(450, 0), (0, 250), (-450, 0), (0, -250)] * 2
_ZOOMS = [1, 1, 1, 1, -1, -1, -1, -1]


@dataclass(frozen=True)
class Viewing:
    """What one viewing measured.

    Attributes
    ----------
    drawn_s
        From the start of loading until the whole map is on screen.
    memory_mb
        Proportional share of the page's process after drawing and after all moves, the larger.
    pan_ms, zoom_ms
        Longest time the page did not answer after a move by a third of the window, or by one
        zoom step, until the map was whole again.
    pan_whole_ms, zoom_whole_ms
        Longest time until it was.
    outside
        Requests that would have left the page.
    """

    drawn_s: float
    memory_mb: float
    pan_ms: float
    zoom_ms: float
    pan_whole_ms: float
    zoom_whole_ms: float
    outside: int


def view(path: Path) -> Viewing:
    """Open a map's file, move about in it, and measure."""
    outside: list[str] = []

    def answer(route: Route) -> None:
        url = route.request.url
        outside.append(url)
        name = url.rsplit("/", 1)[-1]
        if name in _LEAFLET:
            text = files("gridsvc").joinpath("web", "static", "vendor", "leaflet", name)
            route.fulfill(body=text.read_bytes(), content_type=_LEAFLET[name])
        else:
            # What else they link serves markers and dialogs this map has none of. An empty
            # answer costs them nothing, which favours them.
            route.fulfill(body="", content_type="text/css" if name.endswith("css") else "")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=SIZE)
        page.set_default_timeout(180_000)
        page.route("http**/*", answer)
        begin = time.perf_counter()
        page.goto(path.absolute().as_uri(), wait_until="load", timeout=180_000)
        # The page's policy lets nobody wait inside it.
        while not page.evaluate(_WHOLE):
            page.wait_for_timeout(20)
        page.screenshot(clip={"x": 0, "y": 0, "width": 8, "height": 8})
        drawn = time.perf_counter() - begin
        memory = _renderer_mb()
        pans = [page.evaluate(_STEP, [*shift, 0]) for shift in _PANS]
        zooms = [page.evaluate(_STEP, [0, 0, by]) for by in _ZOOMS]
        memory = max(memory, _renderer_mb())
        browser.close()
    moves = [max(times) for steps in (pans, zooms) for times in zip(*steps, strict=True)]
    pan, pan_whole, zoom, zoom_whole = moves
    return Viewing(drawn, memory, pan, zoom, pan_whole, zoom_whole, len(outside))


def _renderer_mb() -> float:
    """Memory of the largest page process below this one."""
    shares = [
        child.memory_full_info().pss
        for child in psutil.Process().children(recursive=True)
        if "--type=renderer" in child.cmdline()
    ]
    return max(shares) / 2**20

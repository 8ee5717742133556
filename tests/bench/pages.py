"""Every page at a desk's size and at a phone's, side by side, for the README's gallery.

    python -m tests.bench.pages --address URL [--only plan,field] [--out DIR]

Reads a demonstration that runs (``gridsvc run --demo``) and changes nothing in it but a draft, the
first time. Fails where a page is wider than its screen.
"""

from __future__ import annotations

import argparse
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.bench.gallery import keep
from tests.bench.handbook.camera import DESK, PHONE, Camera, still
from tests.browser.conftest import CHROMIUM, FLAGS

#: Height of both in a picture, and what lies between them, in pixels.
HEIGHT, GAP = 512, 12
MOST_BYTES = 110_000
#: Where somebody with a phone stands: in the demonstration town.
PLACE = (119.62, 32.955)


@dataclass(frozen=True)
class Shown:
    """A page of the gallery: its address, the role that looks, what is there once it is drawn."""

    path: str
    role: str | None
    drawn: str


PAGES = {
    "sign-in": Shown("/sign-in", None, "[name=login]"),
    "help": Shown("/help/dispatcher", None, "h2"),
    "docs": Shown("/docs", "administrator", ".swagger-ui .opblock"),
    "report": Shown("/report", None, "main"),
    "report-mine": Shown("/report/mine", None, "main"),
    "report-handled": Shown("/report/handled", None, "main"),
    "field": Shown("/field", "grid-worker", "main article"),
    "home": Shown("/", "dispatcher", ".who"),
    "dispatch": Shown("/dispatch", "dispatcher", "main[data-shown] .row"),
    "wall": Shown("/dispatch/wall", "dispatcher", "main[data-shown]"),
    "plan": Shown("/plan?division={community}", "planner", "#table"),
    "draft": Shown("/plan?draft={draft}", "planner", "[data-ready]"),
    "overview": Shown("/overview", "supervisor", "#trend-table tbody tr"),
    "coverage": Shown("/maps/coverage", "supervisor", "[data-drawn]"),
    "outreach": Shown("/outreach", "supervisor", "main table"),
    "registers": Shown("/registers", "supervisor", "main table"),
    "appraisal": Shown("/appraisal", "appraiser", "main table"),
}


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages")
    parser.add_argument("--address", required=True, help="Of a demonstration that runs.")
    parser.add_argument("--only", default=",".join(PAGES), help=f"Of {', '.join(PAGES)}.")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/pages"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        camera = Camera(browser, asked.address, asked.out)
        for name in asked.only.split(","):
            seen = [_seen(camera, PAGES[name], size) for size in (DESK, PHONE)]
            keep(_beside(seen), asked.out / f"{name}.png", most_bytes=MOST_BYTES)
        browser.close()


def _seen(camera: Camera, shown: Shown, size: tuple[int, int]) -> Image.Image:
    page = camera.signed_in(shown.role, size, PLACE) if shown.role else camera.visit(size, PLACE)
    page.goto(_filled(page, shown.path))
    page.wait_for_selector(shown.drawn, state="attached")
    still(page)
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > size[0]:
        raise SystemExit(f"{shown.path} is {wide} pixels wide on a screen of {size[0]}")
    picture = Image.open(io.BytesIO(page.screenshot()))
    page.context.close()
    return picture


def _filled(page: Page, path: str) -> str:
    """The address with a community of the town and a draft of it, made where there is none."""
    if "{" not in path:
        return path
    page.goto("/plan")
    codes = "options => options.map((one) => one.value).filter(Boolean)"
    community = page.eval_on_selector_all("select[name=division] option", codes)[0]
    page.goto(f"/plan?division={community}")
    if "{draft}" in path:
        page.fill("#new-draft [name=name]", "春季调整")
        page.get_by_role("button", name="新建并打开").click()
        page.wait_for_selector("[data-ready]")
        return page.url
    return path.format(community=community)


def _beside(pictures: list[Image.Image]) -> bytes:
    """Pictures of equal height in a row, as PNG."""
    small = [
        one.convert("RGB").resize(
            (round(one.width * HEIGHT / one.height), HEIGHT), Image.Resampling.LANCZOS
        )
        for one in pictures
    ]
    width = sum(one.width for one in small) + GAP * (len(small) - 1)
    row = Image.new("RGB", (width, HEIGHT), "white")
    left = 0
    for one in small:
        row.paste(one, (left, 0))
        left += one.width + GAP
    written = io.BytesIO()
    row.save(written, "PNG")
    return written.getvalue()


if __name__ == "__main__":
    main()

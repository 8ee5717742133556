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
from playwright.sync_api import Browser, Page, sync_playwright

from gridsvc.town.accounts import PASSWORD
from tests.bench.gallery import keep
from tests.browser.conftest import CHROMIUM, FLAGS

SIZES = ((1366, 768), (390, 844))
#: Height of both in a picture, and what lies between them, in pixels.
HEIGHT, GAP = 512, 12
MOST_BYTES = 110_000
#: Where somebody with a phone stands: in the demonstration town.
PLACE = {"longitude": 118.7, "latitude": 32.0, "accuracy": 8}


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
        for name in asked.only.split(","):
            seen = [_seen(browser, asked.address, PAGES[name], size) for size in SIZES]
            keep(_beside(seen), asked.out / f"{name}.png", most_bytes=MOST_BYTES)
        browser.close()


def _seen(browser: Browser, address: str, shown: Shown, size: tuple[int, int]) -> Image.Image:
    context = browser.new_context(
        base_url=address,
        viewport={"width": size[0], "height": size[1]},
        geolocation=PLACE,  # type: ignore[arg-type]
        permissions=["geolocation"],
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    if shown.role is not None:
        _sign_in(page, shown.role)
    page.goto(_filled(page, shown.path))
    page.wait_for_selector(shown.drawn, state="attached")
    page.wait_for_load_state("networkidle" if "data-shown" not in shown.drawn else "load")
    page.wait_for_timeout(800)  # maps settle
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > size[0]:
        raise SystemExit(f"{shown.path} is {wide} pixels wide on a screen of {size[0]}")
    picture = Image.open(io.BytesIO(page.screenshot()))
    context.close()
    return picture


def _sign_in(page: Page, role: str) -> None:
    page.goto("/sign-in")
    page.fill("[name=login]", f"demo-{role}")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_selector(".who")


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

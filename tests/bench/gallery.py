"""The gallery of the README: every layer of a division on screen, and one on paper.

    python -m tests.bench.gallery --division CODE --where town [--layers matters,plans] [--out DIR]

Reads the database that ``GRIDSVC_DATABASE_URL`` or ``GRIDSVC_DATA_DIR`` names, draws each layer
with ``gridsvc map``, looks at it in Chromium, and keeps a picture of at most 250 kB.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from gridsvc.maps.themes import NAMES, chosen
from tests.browser.conftest import CHROMIUM, FLAGS

SIZE = {"width": 1180, "height": 720}
MOST_BYTES = 250_000
#: An A4 sheet laid across, less its margins, at 96 dots to the inch.
PAPER = {"width": 1062, "height": 733}


def main() -> None:
    """Draw what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gallery")
    parser.add_argument("--division", required=True)
    parser.add_argument("--where", required=True, help="What the pictures' names begin with.")
    parser.add_argument("--layers", default=",".join(NAMES))
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    told = parser.parse_args()
    names = chosen(told.layers)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name in names:
            file = Path(folder) / f"{name}.html"
            _draw(told.division, name, file)
            page = browser.new_page(viewport=SIZE)
            _open(page, file)
            keep(page.screenshot(), told.out / f"map-{told.where}-{name}.png")
            if name == names[0]:
                keep(_on_paper(page), told.out / f"paper-{told.where}.png")
            page.close()
        browser.close()


def _draw(division: str, name: str, file: Path) -> None:
    command = [sys.executable, "-c", "from gridsvc.cli import main; main()", "map"]
    asked = ["--division", division, "--layers", name, "--out", str(file), "--json"]
    subprocess.run([*command, *asked], check=True, stdout=subprocess.DEVNULL)


def _open(page: Page, file: Path) -> None:
    page.goto(file.absolute().as_uri())
    page.wait_for_selector("[data-drawn]")
    while page.evaluate("gridsvc.isDrawing()"):
        page.wait_for_timeout(20)


def _on_paper(page: Page) -> bytes:
    """What a printer gets, as a picture."""
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    return page.screenshot()


def keep(picture: bytes, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
    """Write a picture with as many colours as fit."""
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (256, 128, 64, 32):
        packed = io.BytesIO()
        # By the median a colour of few pixels, such as a legend's, would be lost among the others.
        few = whole.quantize(colours, Image.Quantize.MAXCOVERAGE, 3, dither=Image.Dither.NONE)
        few.save(packed, "PNG", optimize=True)
        if packed.tell() <= most_bytes:
            break
    path.write_bytes(packed.getvalue())
    print(f"{path} {packed.tell():,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()

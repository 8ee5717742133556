"""Where there is no browser matplotlib paints the same page."""

import io

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from gridsvc.briefing import fonts
from gridsvc.briefing.page import page
from gridsvc.briefing.painting import GivenUp
from gridsvc.briefing.papers import Paper
from gridsvc.briefing.placing import widest_place
from gridsvc.briefing.plotting import Matplotlib
from gridsvc.errors import Unavailable
from tests.briefing.sheets import HOSTILE, a_sheet


def colour_at(picture, dots_per_mm, x, y):
    red, green, blue = picture.getpixel((round(x * dots_per_mm), round(y * dots_per_mm)))[:3]
    return f"#{red:02x}{green:02x}{blue:02x}"


def colours_of_cells(picture, scene, dots_per_mm):
    """Share of cells whose colour is found in them, but for letters and lines."""
    found = []
    for item in scene.items:
        if item.key.startswith("cell:") and not item.style.hatch:
            x, y = widest_place(item.geometry)
            corners = [(x + dx, y + dy) for dx in (-2.5, 2.5) for dy in (-3, 3)]
            seen = {colour_at(picture, dots_per_mm, *corner) for corner in corners}
            found.append(item.style.fill in seen)
    return np.mean(found)


def test_the_pdf_has_one_page_of_its_size_with_chinese_that_can_be_searched():
    (only,) = PdfReader(io.BytesIO(Matplotlib().pdf(page(a_sheet(20), Paper.A4)))).pages
    assert [float(side) for side in only.mediabox[2:]] == pytest.approx([841.89, 595.28], abs=0.5)
    assert "青云街道网格覆盖图" in only.extract_text()


def test_the_picture_has_the_colours_of_the_cells():
    scene = page(a_sheet(20), Paper.A4)
    picture = Image.open(io.BytesIO(Matplotlib().png(scene, 4)))
    assert picture.size == (1188, 840)
    assert colours_of_cells(picture, scene, 4) == 1


@pytest.mark.parametrize("name", HOSTILE)
def test_what_the_font_does_not_have_is_a_square_and_no_failure(name):
    scene = page(a_sheet(4, title=f"$x${name}", source=name), Paper.A4)
    assert Matplotlib().png(scene, 2).startswith(b"\x89PNG")


def test_it_can_be_stopped():
    with pytest.raises(GivenUp):
        Matplotlib(lambda: True).pdf(page(a_sheet(4), Paper.A4))


def test_without_a_chinese_font_it_says_what_to_install(monkeypatch, tmp_path):
    config = tmp_path / "fonts.conf"
    config.write_text("<fontconfig></fontconfig>")
    monkeypatch.setenv("FONTCONFIG_FILE", str(config))
    fonts.chinese.cache_clear()
    try:
        with pytest.raises(Unavailable, match="apt-get install fonts-noto-cjk"):
            Matplotlib()
    finally:
        fonts.chinese.cache_clear()

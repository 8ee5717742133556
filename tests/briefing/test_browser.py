"""Pages painted by the browser, and browsers that fail."""

import io
import time
import unicodedata

import psutil
import pytest
from PIL import Image
from pypdf import PdfReader

from gridsvc.briefing.browser import Chromium, browser_at
from gridsvc.briefing.page import page
from gridsvc.briefing.painting import GivenUp
from gridsvc.briefing.papers import Paper
from gridsvc.errors import Unavailable
from tests.briefing.sheets import a_sheet
from tests.briefing.test_plotting import colours_of_cells

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def scene():
    return page(a_sheet(20), Paper.SLIDE)


def fake(tmp_path, script):
    path = tmp_path / "chromium"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_the_pdf_has_one_page_of_its_size_with_chinese_that_can_be_searched(scene):
    (only,) = PdfReader(io.BytesIO(Chromium(browser_at(None)).pdf(scene))).pages
    assert [float(side) for side in only.mediabox[2:]] == pytest.approx([960, 540], abs=1)
    # Chromium tells some characters by the radical that looks the same.
    told = unicodedata.normalize("NFKC", only.extract_text())
    assert "街道网格覆盖图" in told
    assert "审图号:未提供" in told


def test_the_picture_has_the_colours_of_the_cells(scene):
    picture = Image.open(io.BytesIO(Chromium(browser_at(None)).png(scene, 4)))
    assert picture.size == pytest.approx((338.667 * 4, 190.5 * 4), abs=5)
    assert colours_of_cells(picture, scene, 4) == 1


def test_a_browser_that_fails_writes_nothing_or_hangs_is_told(scene, tmp_path):
    for script, how in (("exit 3", "ended with 3"), ("exit 0", "wrote no page")):
        with pytest.raises(Unavailable, match=how):
            Chromium(fake(tmp_path, script)).pdf(scene)
    with pytest.raises(Unavailable, match="took more than"):
        Chromium(fake(tmp_path, "sleep 600"), most_s=0.2).pdf(scene)


def test_what_is_given_up_ends_with_all_its_processes(scene, tmp_path):
    marker = tmp_path / "pid"
    path = fake(tmp_path, f"sleep 600 & echo $! > {marker}; wait")
    with pytest.raises(GivenUp):
        Chromium(path, lambda: marker.is_file() and marker.read_text().strip() != "").pdf(scene)
    assert ends(int(marker.read_text()))


def ends(pid):
    """Whether a process that was killed is gone, or waits to be told of; the kernel takes time."""
    for _ in range(500):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_which_browser(monkeypatch, tmp_path):
    assert browser_at("-") is None
    assert browser_at(None)
    with pytest.raises(Unavailable, match="GRIDSVC_BROWSER"):
        browser_at("no-such-browser")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browser_at(None) is None

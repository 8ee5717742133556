"""The document that somebody reads: escaped, with a policy, and every name in full."""

import re

import pytest

from gridsvc.briefing.document import frame, printed, section
from gridsvc.briefing.page import page
from gridsvc.briefing.papers import Paper
from gridsvc.maps.escape import escape
from tests.briefing.sheets import HOSTILE, LONG, a_sheet, an_atlas


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_is_written_is_text(name):
    sheet = a_sheet(6, title=name, source=name, approval=name)
    before, after = frame(name, Paper.A4)
    whole = before + section(sheet, page(sheet, Paper.A4), 0) + after
    assert "<script" not in whole
    assert "<img" not in whole
    assert "${" not in whole
    assert escape(name) in whole


def test_names_that_the_page_clips_stand_in_full_below_it():
    atlas = an_atlas(12, parts=2, names={"320102001001": LONG[:200], "320102001002": "短"})
    told = section(atlas.index, page(atlas.index, Paper.A4), 0)
    assert f"<td>{LONG[:200]}</td>" in told
    assert "…" in told


def test_nothing_is_asked_for_and_nothing_runs():
    before, after = frame("x", Paper.A3)
    assert "default-src 'none'" in before
    assert "script-src ;" in before
    assert not re.search(r"(src|href)=(?!\"data:)", before + after)
    assert "@page{size:420.0mm 297.0mm" in before


def test_pages_to_print_have_patterns_of_their_own():
    scenes = [page(a_sheet(30), Paper.A4)] * 2
    told = printed(scenes)
    ids = re.findall(r'<pattern id="([^"]+)"', told)
    assert len(ids) == len(set(ids)) > 0
    assert set(re.findall(r"url\(#([^)]+)\)", told)) == set(ids)

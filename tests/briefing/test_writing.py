"""Files appear whole or not at all."""

import resource

import openpyxl
import pytest
from pptx import Presentation
from pypdf import PdfReader

from gridsvc.briefing import writing as under_test
from gridsvc.briefing.painting import GivenUp
from gridsvc.briefing.papers import Paper
from gridsvc.briefing.writing import Format, check, painter_for, writing
from gridsvc.errors import BadInput
from tests.briefing.sheets import a_sheet, an_atlas

DRAWN = [Format.HTML, Format.PDF, Format.PPTX, Format.XLSX]


def write(path, kind, sheets, **options):
    with writing(path, kind, Paper.A4, browser="-", title="图集", **options) as writer:
        for sheet in sheets:
            writer.add(sheet)


@pytest.mark.parametrize("kind", DRAWN)
def test_an_atlas_has_all_its_pages_in_order(tmp_path, kind):
    atlas = an_atlas(20, parts=3)
    path = tmp_path / f"atlas.{kind}"
    write(path, kind, (atlas.sheet(n) for n in range(1, atlas.pages + 1)))
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    if kind is Format.PDF:
        reader = PdfReader(path)
        told = [page.extract_text() for page in reader.pages]
        assert [f"第 {n} 页 / 共 4 页" in text for n, text in enumerate(told, 1)] == [True] * 4
        assert [one.title for one in reader.outline] == [atlas.sheet(n).title for n in range(1, 5)]
    elif kind is Format.PPTX:
        assert len(Presentation(path).slides) == 4
    elif kind is Format.XLSX:
        cells = [name for name in openpyxl.load_workbook(path).sheetnames if "微网格" in name]
        assert cells == ["2 微网格", "3 微网格", "4 微网格"]
    else:
        assert path.read_text().count("<section>") == 4


@pytest.mark.parametrize("kind", [*DRAWN, Format.PNG])
def test_one_that_is_stopped_leaves_nothing_and_keeps_what_was_there(tmp_path, kind):
    path = tmp_path / f"page.{kind}"
    path.write_text("before")

    def sheets():
        yield a_sheet(4)
        raise GivenUp

    with pytest.raises(GivenUp):
        write(path, kind, sheets())
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "before"


@pytest.mark.parametrize("kind", [*DRAWN, Format.PNG])
def test_a_disk_that_takes_no_more_is_told_and_leaves_nothing(tmp_path, kind):
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, usual[1]))
    try:
        with pytest.raises(BadInput, match=r"cannot write .*; free some space"):
            write(tmp_path / f"page.{kind}", kind, [a_sheet(4)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="cannot write"):
        write(tmp_path / "none" / "page.html", Format.HTML, [])


def test_an_atlas_is_no_picture():
    with pytest.raises(BadInput, match="atlas has many pages"):
        check(Format.PNG, atlas=True)
    check(Format.PNG, atlas=False)


def test_the_browser_paints_where_there_is_one():
    assert painter_for(None).name == "chromium"
    assert painter_for("-").name == "matplotlib"
    assert set(under_test.MEDIA_TYPES) == set(Format)

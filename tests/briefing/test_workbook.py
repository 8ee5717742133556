"""The workbook opened again: the figures, and text from outside that stays text."""

import openpyxl
import pandas as pd
import pytest

from gridsvc.briefing.sheet import by_class
from gridsvc.briefing.workbook import Book
from gridsvc.maps.compact import Field, Fill
from gridsvc.maps.themes import Theme
from tests.briefing.sheets import HOSTILE, a_sheet, an_atlas
from tests.maps.frames import make_frames


def book_of(tmp_path, *sheets):
    book = Book(tmp_path / "figures.xlsx")
    for sheet in sheets:
        book.add(sheet)
    book.close()
    return openpyxl.load_workbook(tmp_path / "figures.xlsx")


def rows(page):
    return [[cell.value for cell in row] for row in page.iter_rows()]


def test_figures_are_those_of_the_page(tmp_path):
    sheet = a_sheet(20)
    book = book_of(tmp_path, sheet)
    assert book.sheetnames == ["说明", "分级", "网格", "微网格"]
    classes = by_class(sheet)
    assert rows(book["分级"])[1:-1] == classes.to_numpy().tolist()
    assert rows(book["分级"])[-1] == ["合计", 20, int(classes["households"].sum())]
    cells = rows(book["微网格"])
    assert [row[0] for row in cells[1:]] == sheet.cells["code"].tolist()
    assert [row[4] for row in cells[1:]] == sheet.cells["households"].tolist()
    assert len(book["分级"]._charts) == 1
    told = dict(row[:2] for row in rows(book["说明"]) if row[0])
    assert told["标题"] == sheet.title
    assert told["口径"] == sheet.theme.note


def test_what_a_theme_tells_of_cells_are_numbers_with_their_unit(tmp_path):
    frames = make_frames(3)
    codes = frames.micro_grids["code"]
    theme = Theme(
        "pace",
        pd.Series([0, 0, 1], codes),
        [Fill("#ffffff"), Fill("#000000")],
        ["快", "无"],
        "近 90 天",
        columns=pd.DataFrame({"pace_case": ["12.5", "3", "—"]}, index=codes.to_numpy()),
        fields=(Field("结案中位数", "pace_case", unit=" 分钟"),),
    )
    cells = rows(book_of(tmp_path, a_sheet(3, themes=(theme,)))["微网格"])
    assert cells[0][-1] == "结案中位数（分钟）"
    assert [row[-1] for row in cells[1:]] == [12.5, 3, None]


@pytest.mark.parametrize("name", [*HOSTILE, "+1+cmd|' /C calc'!A0", "-2", "@SUM(1)", "\t=1"])
def test_no_text_becomes_a_formula(tmp_path, name):
    frames = make_frames(3)
    cells = frames.micro_grids.assign(name=name)
    book = book_of(tmp_path, a_sheet(3, micro_grids=cells, title=name, source=name))
    for page in book:
        for row in page.iter_rows():
            assert not [cell for cell in row if cell.data_type == "f"]
    assert rows(book["微网格"])[1][1] == rows(book["微网格"])[2][1]


def test_an_atlas_has_the_cells_of_every_page_once(tmp_path):
    atlas = an_atlas(12, parts=2)
    book = book_of(tmp_path, *(atlas.sheet(n) for n in (1, 2, 3)))
    names = [name for name in book.sheetnames if name.endswith("微网格")]
    assert sum(book[name].max_row - 1 for name in names) == 12
    assert all(len(name) <= 31 for name in book.sheetnames)

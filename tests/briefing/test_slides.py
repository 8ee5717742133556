"""Slides opened again: native table and chart, picture, and the East Asian face everywhere."""

import pytest
from pptx import Presentation
from pptx.oxml.ns import qn
from pptx.util import Mm

from gridsvc.briefing.papers import Paper
from gridsvc.briefing.plotting import Matplotlib
from gridsvc.briefing.sheet import by_class, by_place
from gridsvc.briefing.slides import EAST_ASIAN, Slides
from tests.briefing.sheets import HOSTILE, LONG, a_sheet
from tests.maps.frames import make_frames


def deck_of(tmp_path, sheet, paper=Paper.SLIDE):
    slides = Slides(tmp_path / "page.pptx", paper, Matplotlib())
    slides.add(sheet)
    slides.close()
    return Presentation(tmp_path / "page.pptx")


def parts(slide, kind):
    return [shape for shape in slide.shapes if getattr(shape, kind, False)]


def test_table_chart_and_picture_tell_the_same_figures(tmp_path):
    sheet = a_sheet(30, approval="GS（2026）1号")
    deck = deck_of(tmp_path, sheet)
    (slide,) = deck.slides
    (table,) = parts(slide, "has_table")
    rows = [[cell.text for cell in row.cells][1:] for row in table.table.rows]
    classes = by_class(sheet)
    assert rows[1:-1] == [
        [row.label, f"{row.cells:,}", f"{row.households:,}"] for row in classes.itertuples()
    ]
    assert rows[-1] == ["合计", f"{len(sheet.cells):,}", f"{classes['households'].sum():,}"]
    (chart,) = parts(slide, "has_chart")
    told = {series.name: list(series.values)[::-1] for series in chart.chart.plots[0].series}
    places = by_place(sheet)[:8]
    assert told == {label: places[i].tolist() for i, label in enumerate(sheet.theme.labels)}
    (picture,) = [shape for shape in slide.shapes if shape.shape_type == 13]
    assert picture.image.content_type == "image/png"
    text = "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
    assert sheet.title in text
    assert "审图号：GS（2026）1号" in text


@pytest.mark.parametrize("paper", Paper)
def test_nothing_leaves_the_slide(tmp_path, paper):
    deck = deck_of(tmp_path, a_sheet(12), paper)
    for shape in deck.slides[0].shapes:
        assert shape.left >= 0
        assert shape.top >= 0
        assert shape.left + shape.width <= deck.slide_width + Mm(0.1)
        assert shape.top + shape.height <= deck.slide_height + Mm(0.1)


def test_every_run_has_the_east_asian_face(tmp_path):
    deck = deck_of(tmp_path, a_sheet(12))
    (slide,) = deck.slides
    (chart,) = parts(slide, "has_chart")
    for root in (slide._element, chart.chart._chartSpace):
        found = [*root.iter(qn("a:rPr")), *root.iter(qn("a:defRPr"))]
        faces = [one for one in found if one.find(qn("a:latin")) is not None]
        assert faces
        for one in faces:
            assert one.find(qn("a:ea")).get("typeface") == EAST_ASIAN
    runs = list(slide._element.iter(qn("a:r")))
    assert all(run.find(qn("a:rPr")).find(qn("a:ea")) is not None for run in runs)


@pytest.mark.parametrize("name", [*HOSTILE, LONG])
def test_whatever_things_are_called(tmp_path, name):
    deck = deck_of(tmp_path, a_sheet(6, title=name, source=name, approval=name[:60]))
    assert len(deck.slides) == 1


def test_an_empty_division_gets_a_slide(tmp_path):
    nothing = make_frames(3)
    sheet = a_sheet(3, micro_grids=nothing.micro_grids[:0], grids=nothing.grids[:0])
    (slide,) = deck_of(tmp_path, sheet).slides
    assert parts(slide, "has_chart") == []
    assert len(parts(slide, "has_table")) == 1

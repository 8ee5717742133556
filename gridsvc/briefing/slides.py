"""Slides with a picture of the map, and a table and a chart that PowerPoint can edit."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.oxml.xmlchemy import OxmlElement
from pptx.util import Mm, Pt

from gridsvc.briefing.page import approval_words, map_alone, page_words
from gridsvc.briefing.painting import Painter
from gridsvc.briefing.papers import Layout, Paper, layout
from gridsvc.briefing.scene import Box
from gridsvc.briefing.sheet import Sheet, by_class, by_place
from gridsvc.briefing.typesetting import clean, shortened
from gridsvc.maps.moments import moment

#: Face of Latin letters and figures, and of Chinese: what PowerPoint has on every machine there.
LATIN, EAST_ASIAN = "Arial", "Microsoft YaHei"
_INK, _QUIET, _HEAD = RGBColor(0x1D, 0x2B, 0x36), RGBColor(0x5C, 0x66, 0x70), "#24323d"
_POINTS_PER_MM = 72 / 25.4
#: Sharp on a projector and small enough to be mailed.
_DOTS_PER_MM = 6.5
#: Layout without placeholders in python-pptx's own template.
_BLANK = 6
_MOST_PLACES = 8


class Slides:
    """A presentation, a slide for each sheet."""

    def __init__(self, path: Path, paper: Paper, painter: Painter) -> None:
        self._path, self._painter = path, painter
        self._parts = layout(paper)
        self._deck: Any = Presentation()
        self._deck.slide_width = Mm(self._parts.width)
        self._deck.slide_height = Mm(self._parts.height)

    def add(self, sheet: Sheet) -> None:
        """Add a slide."""
        slide = self._deck.slides.add_slide(self._deck.slide_layouts[_BLANK])
        parts = self._parts
        text = parts.text * _POINTS_PER_MM
        self._head(slide, sheet, parts, text)
        self._picture(slide, sheet, parts)
        side = parts.side
        table = Box(side.x, side.y, side.width, 0.56 * side.height)
        _classes(slide, sheet, table, text)
        chart = Box(side.x, table.bottom + 2, side.width, side.bottom - table.bottom - 2)
        if not sheet.empty:
            _chart(slide, sheet, chart, text)
        _notes(slide, sheet)

    def close(self) -> None:
        """Write the file."""
        self._deck.core_properties.title = self._deck.core_properties.title or "gridsvc"
        self._deck.save(str(self._path))

    def _head(self, slide: Any, sheet: Sheet, parts: Layout, text: float) -> None:
        title = shortened(sheet.title, 1.7 * parts.head.width, 1.5 * parts.text).text
        head = Box(parts.head.x, parts.head.y, parts.head.width, 0.7 * parts.head.height)
        text_box(slide, head, title, 1.5 * text, bold=True)
        date = f"统计时间 {moment(sheet.imprint.made_at)}"
        below = Box(head.x, head.bottom, head.width, 0.3 * parts.head.height)
        text_box(slide, below, date, 0.9 * text, colour=_QUIET)
        foot = parts.foot
        left = Box(foot.x, foot.y, 0.62 * foot.width, foot.height)
        source = shortened(sheet.imprint.source, left.width, 0.85 * parts.text).text
        text_box(slide, left, source, 0.85 * text, colour=_QUIET)
        right = Box(left.right, foot.y, 0.38 * foot.width, foot.height)
        told = "　".join(filter(None, (approval_words(sheet.imprint.approval), page_words(sheet))))
        told = shortened(told, right.width, 0.85 * parts.text).text
        text_box(slide, right, told, 0.85 * text, colour=_QUIET, end=True)

    def _picture(self, slide: Any, sheet: Sheet, parts: Layout) -> None:
        box = parts.map
        scene = map_alone(sheet, box.width, box.height, parts.text)
        png = self._painter.png(scene, _DOTS_PER_MM)
        picture = slide.shapes.add_picture(
            io.BytesIO(png), Mm(box.x), Mm(box.y), Mm(box.width), Mm(box.height)
        )
        # What a screen reader says of the picture.
        picture._element.nvPicPr.cNvPr.set("descr", clean(sheet.title))


def text_box(
    slide: Any,
    box: Box,
    told: str,
    points: float,
    *,
    bold: bool = False,
    colour: RGBColor = _INK,
    end: bool = False,
) -> None:
    """Put a line or a paragraph into a box of a slide, millimetres from its upper left."""
    shape = slide.shapes.add_textbox(Mm(box.x), Mm(box.y), Mm(box.width), Mm(box.height))
    frame = shape.text_frame
    frame.word_wrap = True
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if end else PP_ALIGN.LEFT
    _run(paragraph, told, points, bold=bold, colour=colour)


def _run(
    paragraph: Any, told: str, points: float, *, bold: bool = False, colour: RGBColor = _INK
) -> None:
    run = paragraph.add_run()
    run.text = clean(told)
    _face(run.font, points, bold=bold, colour=colour)


def _face(font: Any, points: float, *, bold: bool = False, colour: RGBColor = _INK) -> None:
    """Set a font with its East Asian face, which python-pptx does not know of."""
    font.size, font.bold, font.name = Pt(round(points, 1)), bold, LATIN
    font.color.rgb = colour
    properties = font._rPr
    for name in ("a:ea", "a:cs"):
        for old in properties.findall(qn(name)):
            properties.remove(old)
    latin = properties.find(qn("a:latin"))
    east = OxmlElement("a:ea")
    east.set("typeface", EAST_ASIAN)
    latin.addnext(east)


# ---- table and chart ----------------------------------------------------------------------


def _classes(slide: Any, sheet: Sheet, box: Box, text: float) -> None:
    """The legend as a table: colour, class, micro-grids and households."""
    told = by_class(sheet)
    rows = len(told) + 2
    shape = slide.shapes.add_table(
        rows, 4, Mm(box.x), Mm(box.y), Mm(box.width), Mm(box.height * 0.8)
    )
    table = shape.table
    for column, share in zip(table.columns, (0.08, 0.5, 0.2, 0.22), strict=True):
        column.width = Mm(box.width * share)
    for row in table.rows:
        row.height = Mm(box.height * 0.8 / rows)
    _cell(table.cell(0, 0), "", text, fill=_HEAD)
    for i, word in enumerate(("分级", "微网格", "户数"), start=1):
        _cell(table.cell(0, i), word, text, fill=_HEAD, colour=RGBColor(255, 255, 255), end=i > 1)
    for i, row in enumerate(told.itertuples(index=False), start=1):
        _cell(table.cell(i, 0), "", text, fill=sheet.theme.fills[i - 1].colour)
        for j, value in enumerate((row.label, f"{row.cells:,}", f"{row.households:,}"), start=1):
            _cell(table.cell(i, j), str(value), text, end=j > 1)
    totals = ("", "合计", f"{told['cells'].sum():,}", f"{told['households'].sum():,}")
    for j, value in enumerate(totals):
        _cell(table.cell(rows - 1, j), value, text, end=j > 1, bold=True)
    note = Box(box.x, box.y + 0.82 * box.height, box.width, 0.18 * box.height)
    prefix = f"{sheet.of_whole}：" if sheet.of_whole else ""
    said = shortened(f"{prefix}{sheet.theme.note}", 2.6 * box.width, text / _POINTS_PER_MM).text
    text_box(slide, note, said, 0.82 * text, colour=_QUIET)


def _cell(
    cell: Any,
    told: str,
    points: float,
    *,
    fill: str = "#ffffff",
    colour: RGBColor = _INK,
    end: bool = False,
    bold: bool = False,
) -> None:
    cell.fill.solid()
    cell.fill.fore_color.rgb = _colour(fill)
    cell.margin_top = cell.margin_bottom = Mm(0.4)
    cell.margin_left = cell.margin_right = Mm(1.2)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if end else PP_ALIGN.LEFT
    _run(paragraph, told, 0.92 * points, colour=colour, bold=bold)


def _colour(told: str) -> RGBColor:
    return RGBColor(*bytes.fromhex(told[1:]))


def _chart(slide: Any, sheet: Sheet, box: Box, text: float) -> None:
    """Micro-grids of each place by class, as bars of one length."""
    places = by_place(sheet)[:_MOST_PLACES]
    data = CategoryChartData()
    room = 6 * text / _POINTS_PER_MM
    # The first place on top, as in a table; PowerPoint draws bars from below.
    shown = places[::-1]
    names = shown["label"] if sheet.is_index else shown["name"]
    data.categories = [shortened(name, room, text / _POINTS_PER_MM).text for name in names]
    for i, label in enumerate(sheet.theme.labels):
        data.add_series(clean(label), [int(value) for value in shown[i]])
    frame = slide.shapes.add_chart(
        XL_CHART_TYPE.BAR_STACKED_100, Mm(box.x), Mm(box.y), Mm(box.width), Mm(box.height), data
    )
    chart = frame.chart
    _face(chart.font, 0.8 * text)
    chart.has_title = True
    first = len(places) < len(sheet.places)
    told = f"{'前' + str(len(places)) + '个' if first else '各'}{sheet.place_words}微网格分级构成"
    _run(chart.chart_title.text_frame.paragraphs[0], told, 0.95 * text, bold=True)
    chart.has_legend = True
    chart.legend.position = XL_LEGEND_POSITION.BOTTOM
    chart.legend.include_in_layout = False
    chart.value_axis.has_major_gridlines = False
    chart.value_axis.visible = False
    plot = chart.plots[0]
    plot.gap_width = 45
    for series, fill in zip(plot.series, sheet.theme.fills, strict=True):
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = _colour(fill.colour)
        series.format.line.color.rgb = RGBColor(0x8A, 0x93, 0x9A)
        series.format.line.width = Pt(0.5)


def _notes(slide: Any, sheet: Sheet) -> None:
    """What the slide had to shorten, for whoever speaks."""
    lines = [
        sheet.title,
        sheet.theme.note,
        *(f"{label} {figure}" for label, figure in sheet.theme.rows),
        sheet.imprint.source,
        approval_words(sheet.imprint.approval),
        *(f"{row.code} {row.name}" for row in sheet.places.itertuples(index=False)),
    ]
    slide.notes_slide.notes_text_frame.text = "\n".join(clean(line) for line in lines)

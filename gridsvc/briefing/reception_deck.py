"""The deck of a reception day: who must come, what is on the agenda, a slide for each matter."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pptx import Presentation
from pptx.util import Mm

from gridsvc.briefing.scene import Box
from gridsvc.briefing.slides import text_box
from gridsvc.outreach.reception_schemas import ItemOut, ReceptionInFull

#: A slide as wide as screens are, millimetres.
_WIDTH, _HEIGHT, _EDGE = 320.0, 180.0, 16.0
_BLANK = 6
#: Lines of the agenda on one slide.
_LINES = 10
_TITLE, _TEXT = 28.0, 16.0
_STATES = {True: "通过", False: "未通过", None: "—"}


def deck(month: ReceptionInFull, photos: dict[int, list[bytes]]) -> bytes:
    """A presentation (PPTX) of a month of a reception cycle.

    Parameters
    ----------
    photos
        JPEG files by event; the first two of each are shown.
    """
    made: Any = Presentation()
    made.slide_width, made.slide_height = Mm(_WIDTH), Mm(_HEIGHT)
    made.core_properties.title = f"{month.name} {month.month:%Y-%m}"
    _cover(_slide(made), month)
    for first in range(0, len(month.items), _LINES):
        _agenda(_slide(made), month.items[first : first + _LINES])
    for item in month.items:
        _matter(_slide(made), item, photos.get(item.event, []))
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def _slide(made: Any) -> Any:
    return made.slides.add_slide(made.slide_layouts[_BLANK])


def _lines(slide: Any, top: float, lines: Sequence[str], *, width: float, step: float) -> None:
    for place, line in enumerate(lines):
        text_box(slide, Box(_EDGE, top + place * step, width, step), line, _TEXT)


def _cover(slide: Any, month: ReceptionInFull) -> None:
    width = _WIDTH - 2 * _EDGE
    text_box(slide, Box(_EDGE, 24, width, 20), month.name, 1.5 * _TITLE, bold=True)
    told = f"{month.month:%Y年%m月}　主题村：{month.theme_name}　议题 {len(month.items)} 件"
    text_box(slide, Box(_EDGE, 48, width, 12), told, _TEXT)
    lines = [
        f"{day.planned_on:%m月%d日}　{day.name}：{'、'.join(day.expected)}"
        + (f"（已于 {day.held_on:%m月%d日} 开展）" if day.held_on else "")
        for day in month.milestones
    ]
    _lines(slide, 74, lines, width=width, step=12)


def _agenda(slide: Any, items: Sequence[ItemOut]) -> None:
    width = _WIDTH - 2 * _EDGE
    text_box(slide, Box(_EDGE, 12, width, 14), "议题清单", _TITLE, bold=True)
    lines = [f"{one.place}. {one.matter_name}　紧急度 {one.score:.1f}" for one in items]
    _lines(slide, 34, lines, width=width, step=13)


def _matter(slide: Any, item: ItemOut, photos: Sequence[bytes]) -> None:
    width = 170.0 if photos else _WIDTH - 2 * _EDGE
    title = f"{item.place}. {item.matter_name}"
    text_box(slide, Box(_EDGE, 12, _WIDTH - 2 * _EDGE, 14), title, _TITLE, bold=True)
    text_box(slide, Box(_EDGE, 32, width, 48), item.description, _TEXT)
    _lines(slide, 88, _decided(item), width=width, step=13)
    for place, content in enumerate(photos[:2]):
        # As high as half the room; the picture keeps its shape.
        top = 32 + place * 72
        picture = slide.shapes.add_picture(io.BytesIO(content), Mm(200), Mm(top), height=Mm(66))
        if picture.width > Mm(_WIDTH - 200 - _EDGE):
            picture.height = round(picture.height * Mm(_WIDTH - 200 - _EDGE) / picture.width)
            picture.width = Mm(_WIDTH - 200 - _EDGE)


def _decided(item: ItemOut) -> list[str]:
    if item.decision is None:
        return ["待议"]
    budget = "—" if item.budget_yuan is None else f"{item.budget_yuan:,.2f} 元"
    satisfied = "—" if item.satisfaction is None else f"{item.satisfaction}/5"
    return [
        f"办理意见：{item.decision}",
        f"表决：赞成 {item.votes_for}，反对 {item.votes_against}　经费：{budget}",
        f"牵头：{item.lead_unit or '—'}",
        f"回访：{_STATES[item.passed]}　满意度：{satisfied}",
    ]

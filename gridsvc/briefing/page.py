"""A whole page laid out: title, map, side and imprint; pure."""

from __future__ import annotations

from gridsvc.briefing.map_part import INK, QUIET, map_part
from gridsvc.briefing.papers import Layout, Paper, layout
from gridsvc.briefing.scene import Box, Item, Scene, Style, Words, rectangle, rule
from gridsvc.briefing.sheet import Sheet
from gridsvc.briefing.side_part import side_part
from gridsvc.briefing.typesetting import clean, shortened, width_of, wrapped
from gridsvc.maps.moments import moment

NO_APPROVAL = "审图号：未提供"
_PAPER = Style(fill="#ffffff")
_RULE = Style(line="#24323d", width=0.3)


def page(sheet: Sheet, paper: Paper) -> Scene:
    """A sheet on a page."""
    parts = layout(paper)
    scene = Scene(parts.width, parts.height, sheet.title)
    scene.add(rectangle(Box(0, 0, parts.width, parts.height), _PAPER, "page"))
    scene.add(*map_part(sheet, parts.map, parts.text))
    scene.add(*_head(sheet, parts))
    scene.add(*side_part(sheet, parts.side, parts.text))
    scene.add(*_foot(sheet, parts))
    return scene


def map_alone(sheet: Sheet, width: float, height: float, text: float) -> Scene:
    """The map without what stands around it, as a picture for a slide; sizes in mm."""
    scene = Scene(width, height, sheet.title)
    scene.add(*map_part(sheet, Box(0.25, 0.25, width - 0.5, height - 0.5), text))
    return scene


def approval_words(approval: str | None) -> str:
    """The map approval number as it is printed, or that it is not given."""
    return f"审图号：{approval}" if approval else NO_APPROVAL


def page_words(sheet: Sheet) -> str:
    """Number of the page in its atlas; empty where there is none."""
    return f"第 {sheet.page} 页 / 共 {sheet.pages} 页" if sheet.pages else ""


def _head(sheet: Sheet, parts: Layout) -> list[Item]:
    box, text = parts.head, parts.text
    title, size = clean(sheet.title), 1.95 * text
    lines = [title]
    if width_of(title, size) > box.width:
        size = 1.35 * text
        lines = wrapped(title, box.width, size, most=2)
    items: list[Item] = []
    y = box.y + (size if len(lines) == 1 else 0.95 * size)
    for line in lines:
        full = "" if line == title else title
        items.append(Words(box.x, y, line, size, INK, True, full=full, key="title"))
        y += 1.22 * size
    told = f"统计时间 {moment(sheet.imprint.made_at)}"
    items.append(Words(box.x, box.bottom - 0.35 * text, told, text, QUIET, key="date"))
    return items


def _foot(sheet: Sheet, parts: Layout) -> list[Item]:
    box, text = parts.foot, parts.text
    size = 0.9 * text
    y = box.bottom - 0.15 * text
    approval = shortened(approval_words(sheet.imprint.approval), 0.4 * box.width, size)
    right = "　".join(filter(None, (approval.text, page_words(sheet))))
    room = box.width - width_of(right, size) - 2 * text
    source = shortened(sheet.imprint.source, room, size)
    return [
        rule(box.x, box.y, box.right, box.y, _RULE),
        Words(box.x, y, source.text, size, QUIET, full=source.full, key="source"),
        Words(box.right, y, right, size, QUIET, anchor="end", full=approval.full, key="approval"),
    ]

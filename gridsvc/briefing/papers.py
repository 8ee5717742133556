"""Sizes a page can have, and where its parts stand; pure.

All pages lie on their side: divisions do not, but the legend and the table stand beside the map.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridsvc.briefing.scene import Box


class Paper(StrEnum):
    """Sizes of a page."""

    A4 = "a4"
    A3 = "a3"
    SLIDE = "16:9"


@dataclass(frozen=True)
class Layout:
    """Where the parts of a page stand, in mm.

    Attributes
    ----------
    width, height
        Of the page.
    text
        Size of ordinary text: 8 pt on A4, 10 pt on A3, 12 pt on a slide, which is read from
        the back of a room.
    head, map, side, foot
        Title; map with its frame; inset, legend, table and chart; source and approval number.
    """

    width: float
    height: float
    text: float
    head: Box
    map: Box
    side: Box
    foot: Box


#: Width, height, margin, text and share of the width that the side takes.
_SIZES = {
    Paper.A4: (297.0, 210.0, 9.0, 2.9, 0.30),
    Paper.A3: (420.0, 297.0, 12.0, 3.7, 0.285),
    # 13⅓ × 7½ inches, as PowerPoint has it.
    Paper.SLIDE: (338.667, 190.5, 8.0, 4.1, 0.36),
}


def layout(paper: Paper) -> Layout:
    """Where everything stands on a paper."""
    width, height, margin, text, share = _SIZES[paper]
    side_width, gap = share * (width - 2 * margin), 1.6 * text
    left = width - 2 * margin - side_width - gap
    head = Box(margin, margin, left, 4.3 * text)
    foot = Box(margin, height - margin - 1.3 * text, width - 2 * margin, 1.3 * text)
    top, bottom = head.bottom + 0.6 * text, foot.y - 0.8 * text
    side = Box(width - margin - side_width, margin, side_width, bottom - margin)
    return Layout(width, height, text, head, Box(margin, top, left, bottom - top), side, foot)

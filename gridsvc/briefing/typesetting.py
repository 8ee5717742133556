"""How much room text takes, and how it is shortened and broken; pure.

Widths are estimated on the generous side from what kind each character is, not measured in one
font: the page is also read where another Chinese font stands in.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

ELLIPSIS = "…"
#: Widths in ems; Chinese fills its square, Latin letters of Noto Sans CJK at most these.
_WIDE, _CAPITAL, _SMALL, _NARROW, _BROAD = 1.0, 0.78, 0.6, 0.34, 0.95
_LATIN = {
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ", _CAPITAL),
    **dict.fromkeys("iljtfrI.,:;'|!()[] ", _NARROW),
    **dict.fromkeys("MWmw@%", _BROAD),
    # Of Western faces, but as broad as Chinese in Chinese ones.
    **dict.fromkeys("—…“”‘’·°÷×²", _WIDE),
}
#: Emoji come from another font, which is broader than its line is high.
_EMOJI = 1.4
#: Closing marks that may not begin a line, and opening ones that may not end it (GB/T 15834).
_NOT_FIRST = frozenset("，。、；：？！）》」』】…—·％%,.;:?!)]}”’")
_NOT_LAST = frozenset("（《「『【([{“‘")
#: Characters that change the direction of what follows or show nothing.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True)
class Shortened:
    """A text as it is shown, and in full if that is more."""

    text: str
    full: str = ""


def clean(text: str) -> str:
    """A text on one line, without characters that control how others are shown.

    Marks of direction are dropped: with them a name could reorder the figures beside it.
    """
    kept = "".join(" " if c.isspace() else c for c in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c) not in _UNSEEN).split())


def width_of(text: str, size: float) -> float:
    """Width of one line, in the unit of `size`, the height of an em."""
    return size * sum(map(_ems, text))


def _ems(character: str) -> float:
    point = ord(character)
    if point < 0x2E80 and unicodedata.combining(character):
        return 0.0
    if point >= 0x1F000 or 0x2600 <= point < 0x2800:
        return _EMOJI
    # Of scripts whose letters nobody counted here, some are as broad as Chinese.
    return _LATIN.get(character, _SMALL if point < 0x590 else _WIDE)


def shortened(text: str, room: float, size: float) -> Shortened:
    """A text on one line that fits its room, with an ellipsis where something was left out."""
    line = clean(text)
    if width_of(line, size) <= room:
        return Shortened(line)
    kept, width = "", width_of(ELLIPSIS, size)
    for character in line:
        width += width_of(character, size)
        if width > room:
            break
        kept += character
    return Shortened(kept.rstrip() + ELLIPSIS, line)


def wrapped(text: str, room: float, size: float, *, most: int) -> list[str]:
    """A text on at most so many lines of a width; the last one ends in an ellipsis if cut."""
    line = clean(text)
    lines: list[str] = []
    while line and len(lines) < most - 1 and width_of(line, size) > room:
        end = _break(line, room, size)
        lines.append(line[:end].rstrip())
        line = line[end:].lstrip()
    if line:
        lines.append(shortened(line, room, size).text)
    return lines


def _break(line: str, room: float, size: float) -> int:
    """Where a line that is too long is broken; at least one character stays on it."""
    width, end = 0.0, 0
    for character in line:
        width += width_of(character, size)
        if width > room:
            break
        end += 1
    end = max(end, 1)
    best = end
    while best > 1 and not _breakable(line, best):
        best -= 1
    return best if best > 1 else end


def _breakable(line: str, at: int) -> bool:
    before, after = line[at - 1], line[at : at + 1]
    if after in _NOT_FIRST or before in _NOT_LAST:
        return False
    return not (_of_a_word(before) and _of_a_word(after))


def _of_a_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character in ".-")

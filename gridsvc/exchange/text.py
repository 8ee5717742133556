"""Text from and to other people's software: what no name may hold, and cells kept inert.

A spreadsheet computes a cell of a CSV file that begins like a formula. Such text is written
with an apostrophe before it (OWASP, "CSV Injection") and read without.
"""

from __future__ import annotations

import re

#: Control characters but tab and line breaks, and halves of surrogate pairs.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
#: How a formula begins, also as Chinese and Japanese keyboards write it.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_DISARMED = re.compile("''*[=+\\-@\t\r\n＝＋－＠]")


def fault_of(text: str) -> str | None:
    """What makes a text unfit to be kept, or None."""
    found = _UNFIT.search(text)
    if found is None:
        return None
    if found[0] == "\x00":
        return "holds a NUL character"
    what = "half a character" if found[0] >= "\ud800" else "a control character"
    return f"holds {what} (U+{ord(found[0]):04X})"


def disarm(text: str) -> str:
    """Text as a cell of CSV or XLSX that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain(cell: str) -> str:
    """Text of a cell that may be disarmed."""
    return cell[1:] if _DISARMED.match(cell) else cell

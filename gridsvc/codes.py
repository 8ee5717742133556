"""What a 12-digit division code says by itself: its level, and the range of codes below it.

Source: NBS statistical division codes (统计用区划代码), two digits province, two city, two
county, three street or town, three community; trailing zeros stand for "all of it".
"""

from __future__ import annotations

import re

from gridsvc.errors import BadInput

#: Number of significant digits of each level, highest level first.
DIGITS = {"province": 2, "city": 4, "county": 6, "street": 9, "community": 12}

#: Stands for every division; no province has the digits 00.
WHOLE = "0" * 12

_CODE = re.compile(r"[0-9]{12}")


def checked(code: str) -> str:
    """The code itself, if it is a 12-digit division code.

    Raises
    ------
    BadInput
        If it is not twelve digits.
    """
    if not _CODE.fullmatch(code):
        raise BadInput(
            f"{code!r} is not a division code; give 12 digits, as in 320106001001 for a "
            "community or 320106000000 for a county"
        )
    return code


def level_of(code: str) -> str:
    """Level of a 12-digit code: country, province, city, county, street or community."""
    if code == WHOLE:
        return "country"
    for level, digits in DIGITS.items():
        if set(code[digits:]) <= {"0"}:
            return level
    return "community"


def code_range(code: str) -> tuple[str, str]:
    """Half-open range of codes that lie in a division, itself included.

    Codes compare bytewise (``COLLATE "C"``), so that the range can use an index.

    Examples
    --------
    >>> code_range("320106000000")
    ('320106000000', '320107000000')
    """
    if checked(code) == WHOLE:
        return code, ":"
    digits = DIGITS[level_of(code)]
    after = str(int(code[:digits]) + 1).zfill(digits)
    # The province 99 has no successor of two digits; ':' is the byte after '9'.
    return code, ":" if len(after) > digits else after.ljust(12, "0")


def within(code: str, division: str) -> bool:
    """Whether a division lies in another one, or is it.

    Examples
    --------
    >>> within("320106001001", "320106000000")
    True
    """
    low, high = code_range(division)
    return low <= code < high


def range_within(code: str | None) -> tuple[str, str]:
    """The range of a division that is asked for, or of everything where none is.

    Raises
    ------
    BadInput
        As `checked`.
    """
    return code_range(checked(code) if code is not None else WHOLE)


def ancestors(code: str) -> list[str]:
    """Codes of the divisions a division lies in, highest first, itself left out.

    Examples
    --------
    >>> ancestors("320106000000")
    ['320000000000', '320100000000']
    """
    higher = (code[:digits].ljust(12, "0") for digits in DIGITS.values())
    return [one for one in dict.fromkeys(higher) if one < code and one != WHOLE]

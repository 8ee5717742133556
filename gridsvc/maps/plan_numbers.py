"""Numbers of a plan's report as a reader wants them: rounded, grouped, with unit and sign."""

from __future__ import annotations

import json
import math
from typing import Any

from gridsvc.maps.plan_words import Words, same

NOTHING = "—"
_MINUS = "\N{MINUS SIGN}"
_PERCENT = ("_percent", "_pct")


def plain(value: Any) -> str:
    """Any value as text; numbers are grouped and rounded, what is missing is a dash."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, int | float):
        return _number(value)
    return value if isinstance(value, str) else compact_json(value)


def compact_json(value: Any) -> str:
    """A list or object as one line of JSON; what JSON does not know is written as its text."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _number(value: float) -> str:
    if not math.isfinite(value):
        return NOTHING
    size = abs(value)
    if isinstance(value, int) or size == int(size):
        told = f"{int(size):,}"
    elif size < 0.01:
        told = "< 0.01"
    else:
        told = f"{size:,.2f}".rstrip("0").rstrip(".")
    return _MINUS + told if value < 0 else told


def percent(value: Any) -> str:
    """A share in percent."""
    told = plain(value)
    return told if told == NOTHING else f"{told} %"


def signed(value: Any) -> str:
    """A deviation in percent with its sign, to a tenth."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return NOTHING
    told = f"{abs(value):.1f}".removesuffix(".0")
    sign = "±" if told == "0" else "+" if value > 0 else _MINUS
    return f"{sign}{told} %"


def measured(key: str, value: Any) -> Words:
    """A figure with the unit its key ends in."""
    if key.endswith(_PERCENT):
        return same(percent(value))
    told = plain(value)
    if told != NOTHING and key.endswith("_km"):
        return Words(f"{told} 公里", f"{told} km")
    return same(told)

"""What speaks against what somebody says they did at a place; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from gridsvc.people.pings import metres_between

#: A phone between high buildings may be off by so much.
NEAR_M = 50.0
#: Faster than this nobody gets from one door to the next, by any means.
MOST_SPEED_MPS = 25.0


class Doubt(StrEnum):
    """What speaks against a visit."""

    OUTSIDE_CELL = "outside_cell"
    TOO_FAST = "too_fast"


class Fix(NamedTuple):
    """Where somebody was, degrees WGS-84, and when."""

    lon: float
    lat: float
    at: datetime


def doubts(here: Fix, *, away_m: float, others: Sequence[Fix]) -> dict[Doubt, str]:
    """What speaks against somebody having been at a place, each with its words.

    Parameters
    ----------
    away_m
        Metres from the place to the cell it should lie in; 0 inside.
    others
        The same person's visits next before and after it, in any order.
    """
    found: dict[Doubt, str] = {}
    if away_m > NEAR_M:
        found[Doubt.OUTSIDE_CELL] = (
            f"the place lies {away_m:.0f} m outside the household's micro-grid; check the datum"
        )
    for other in others:
        apart_m = metres_between(here.lon, here.lat, other.lon, other.lat) - 2 * NEAR_M
        apart_s = abs((here.at - other.at).total_seconds())
        if apart_m > MOST_SPEED_MPS * apart_s:
            found[Doubt.TOO_FAST] = (
                f"another visit of yours was {apart_m + 2 * NEAR_M:.0f} m away and only "
                f"{apart_s:.0f} s before or after"
            )
    return found

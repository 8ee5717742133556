"""Which reports earn their reward, and why others do not; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

#: Why a report earns nothing.
REFUSING = {
    "duplicate": "与已有上报重复",
    "untrue": "近三十日多次上报不实",
    "cap": "已达当日奖励上限",
}


@dataclass(frozen=True)
class Candidate:
    """A report that came to the state of a rule.

    Attributes
    ----------
    day
        On which it came there, by the office's clock.
    untrue
        How many of the reporter's reports were found untrue in the thirty days before.
    """

    event: int
    account: int
    day: date
    duplicate: bool
    untrue: int


def decide(
    candidates: Iterable[Candidate],
    earned: Mapping[tuple[int, date], int],
    *,
    daily_cap: int,
    most_untrue: int,
) -> dict[int, str | None]:
    """For each event, why it earns nothing; none where it earns the reward.

    Parameters
    ----------
    candidates
        In the order in which they came to the state: the first of a day earn, the last do not.
    earned
        How often an account earned it on a day, before.
    """
    told: dict[int, str | None] = {}
    so_far = Counter(earned)
    for one in candidates:
        key = one.account, one.day
        if one.duplicate:
            told[one.event] = "duplicate"
        elif one.untrue > most_untrue:
            told[one.event] = "untrue"
        elif so_far[key] >= daily_cap:
            told[one.event] = "cap"
        else:
            so_far[key] += 1
            told[one.event] = None
    return told

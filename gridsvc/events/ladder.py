"""Who is told of what is late, step by step: the ladder itself; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from gridsvc.accounts.roles import Role
from gridsvc.codes import DIGITS


@dataclass(frozen=True)
class Rung:
    """A step of a ladder.

    Attributes
    ----------
    share
        Of the time allowed: 1 = when it is due, 2 = when as much again has passed.
    level
        Level of the division it concerns.
    called
        What that is called in a notice.
    role
        Who is told there; none = whoever has the matter in hand, or the desk if nobody has.
    """

    name: str
    share: float
    level: str
    called: str
    role: Role | None = None


#: Village → town → county → whoever supervises there (督办).
LADDER = (
    Rung("reminder", 0.8, "community", "社区"),
    Rung("overdue", 1.0, "community", "社区"),
    Rung("street", 1.5, "street", "街道", Role.DISPATCHER),
    Rung("county", 2.0, "county", "区县", Role.DISPATCHER),
    Rung("supervisor", 3.0, "county", "区县督办", Role.SUPERVISOR),
)
RUNGS = {rung.name: rung for rung in LADDER}
#: A reminder comes no earlier than this before the due time, however long was allowed.
HORIZON_DAYS = 3


class Steps(TypedDict):
    """A ladder as SQL asks for it.

    Attributes
    ----------
    digits
        For each rung, how many digits of a division's code name whom it concerns.
    """

    rungs: list[str]
    shares: list[float]
    digits: list[int]


def steps(ladder: Sequence[Rung]) -> Steps:
    """A ladder as SQL asks for it."""
    return {
        "rungs": [rung.name for rung in ladder],
        "shares": [rung.share for rung in ladder],
        "digits": [DIGITS[rung.level] for rung in ladder],
    }

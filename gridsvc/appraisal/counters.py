"""Counters that indicators are made of, and what a formula over them gives; pure.

Every stage of a case carries the same counters, as in the statistics of urban management
(应派遣 派遣 按时 超时 返工 …). A term of a formula names one, ``handle.on_time``; a leading minus
takes it away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import binomtest

from gridsvc.errors import BadInput, Conflict
from gridsvc.events.stages import Stage

#: Counters of a stage and what they are called.
COUNTERS = {
    "begun": "应办数（开始）",
    "done": "办理数",
    "sent_back": "退回返工数",
    "wrong": "错误数",
    "put_off": "挂账数",
    "due": "应办数（到期）",
    "on_time": "按期数",
    "late": "超期办理数",
    "unfinished": "超期未办数",
    "overdue_hours": "超期小时",
    "overdue_multiple": "超时倍数",
}
#: Counters that are no whole numbers.
AMOUNTS = frozenset({"overdue_hours", "overdue_multiple"})
STAGES = {
    Stage.FILE: "受理立案",
    Stage.DISPATCH: "派遣",
    Stage.ACCEPT: "接单",
    Stage.ARRIVE: "到场",
    Stage.HANDLE: "处置",
    Stage.VERIFY: "核查",
    Stage.CLOSE: "销号",
    Stage.CASE: "结案",
}
_TERM = re.compile(r"(?P<sign>-?)(?P<stage>[a-z]+)\.(?P<counter>[a-z_]+)")
_CONFIDENCE = 0.95

#: Sums of counters by stage.
Counts = Mapping[str, Mapping[str, float]]


def check_terms(terms: Iterable[str]) -> None:
    """Refuse what names no counter.

    Raises
    ------
    BadInput
        With the terms that do not, and what can be named.
    """
    bad = [term for term in terms if _parts(term) is None]
    if bad:
        raise BadInput(
            f"{', '.join(map(repr, bad))} names no counter; write stage.counter, with one of "
            f"{', '.join(STAGES)} and one of {', '.join(COUNTERS)}, as in handle.on_time"
        )


def _parts(term: str) -> tuple[int, str, str] | None:
    found = _TERM.fullmatch(term)
    if found is None or found["stage"] not in set(STAGES) or found["counter"] not in COUNTERS:
        return None
    return -1 if found["sign"] else 1, found["stage"], found["counter"]


@dataclass(frozen=True)
class Formula:
    """What an indicator divides by what; a `share` is part of its denominator."""

    numerator: Sequence[str]
    denominator: Sequence[str]
    share: bool


@dataclass(frozen=True)
class Value:
    """What a formula gives, with what it was made of.

    Attributes
    ----------
    value
        None where there is nothing to divide by.
    low, high
        Where the share lies with 95 % confidence (Wilson), told for shares alone: a rate of three
        cases says little.
    """

    numerator: float
    denominator: float | None
    value: float | None
    low: float | None = None
    high: float | None = None


def total(terms: Sequence[str], counts: Counts) -> float:
    """Sum of what terms name."""
    summed = 0.0
    for term in terms:
        parts = _parts(term)
        if parts is not None:
            sign, stage, counter = parts
            summed += sign * counts.get(stage, {}).get(counter, 0)
    return summed


def value_of(formula: Formula, counts: Counts) -> Value:
    """What a formula gives over counts.

    Raises
    ------
    Conflict
        If a share cannot be: more than there are, or fewer than none.
    """
    numerator = total(formula.numerator, counts)
    if not formula.denominator:
        return Value(numerator, None, numerator)
    denominator = total(formula.denominator, counts)
    if not formula.share:
        return Value(numerator, denominator, numerator / denominator if denominator else None)
    if not 0 <= numerator <= denominator:
        raise Conflict(
            f"{' '.join(formula.numerator)} is {numerator:g} of {denominator:g} "
            f"{' '.join(formula.denominator)}; a share cannot be that, the formula counts "
            "different things above and below"
        )
    if not denominator:
        return Value(numerator, denominator, None)
    low, high = interval(round(numerator), round(denominator))
    return Value(numerator, denominator, numerator / denominator, low, high)


def interval(successes: int, trials: int) -> tuple[float, float]:
    """Bounds of a share with 95 % confidence, after Wilson."""
    bounds = binomtest(successes, trials).proportion_ci(_CONFIDENCE, method="wilson")
    return float(bounds.low), float(bounds.high)


@dataclass(frozen=True)
class Place:
    """Best and worst place in a league that a share's bounds leave open."""

    best: int
    worst: int


def places(values: Sequence[Value], *, higher_is_better: bool) -> list[Place | None]:
    """Places of shares among each other; none of what has no bounds. As `places_between`."""
    return places_between(
        [
            None
            if one.low is None or one.high is None
            else ((one.low, one.high) if higher_is_better else (-one.high, -one.low))
            for one in values
        ]
    )


def places_between(bounds: Sequence[tuple[float, float] | None]) -> list[Place | None]:
    """Places that bounds leave open, the highest first; none of what has none.

    Who is surely better, by bounds that do not meet, stands before; nobody else surely does. So a
    rate of three cases has nearly every place, and a league says no more than it knows.
    """
    known = [one for one in bounds if one is not None]
    return [
        None
        if one is None
        else Place(
            best=1 + sum(low > one[1] for low, _ in known),
            worst=len(known) - sum(high < one[0] for _, high in known),
        )
        for one in bounds
    ]

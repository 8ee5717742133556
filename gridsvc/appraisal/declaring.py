"""Whether figures that a place gives of itself can be; pure.

Counts come as a funnel: each is part of the one before it. A quoted rate must be what its counts
give, rounded, or cut off as many reports do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import pairwise


@dataclass(frozen=True)
class Told:
    """A count as it was told; `at_least` for "more than so many" (余)."""

    code: str
    label: str
    number: int
    at_least: bool = False


@dataclass(frozen=True)
class Quoted:
    """A rate as it was quoted, in percent, of one count in another."""

    part: str
    of: str
    percent: str | None


@dataclass(frozen=True)
class Checked:
    """A rate and how it was quoted: ``rounded``, ``truncated``, ``not_quoted`` or ``open``.

    It is open where a count is only a bound, so that nobody can say.
    """

    part: str
    of: str
    numerator: int
    denominator: int
    percent: str | None
    value: float
    quoted_as: str


def faults(counts: Sequence[Told], rates: Sequence[Quoted]) -> list[str]:
    """Why figures cannot be; empty when they can."""
    found = _twice(counts)
    for before, after in pairwise(counts):
        if after.number > before.number and not before.at_least:
            found.append(
                f"{after.code} ({after.label}) is {after.number}, more than {before.code} "
                f"({before.label}) of which it is part, {before.number}: "
                + (_percent(after.number, before.number) if before.number else "part of nothing")
            )
    known = {one.code: one for one in counts}
    for rate in rates:
        part, of = known.get(rate.part), known.get(rate.of)
        if part is None or of is None:
            missing = rate.part if part is None else rate.of
            found.append(f"the rate {rate.part} of {rate.of} names {missing}, which was not told")
        elif not of.number:
            found.append(f"{part.code} of {of.code} has no rate: {of.code} is 0")
        elif _quoted_as(rate, part, of) == "wrong":
            found.append(
                f"{part.code} of {of.code} is {part.number}/{of.number} = "
                f"{_percent(part.number, of.number)}, not the quoted {rate.percent}%"
            )
    return found


def checked(counts: Sequence[Told], rates: Sequence[Quoted]) -> list[Checked]:
    """Rates of figures that can be, each with how it was quoted."""
    known = {one.code: one for one in counts}
    return [
        Checked(
            part=rate.part,
            of=rate.of,
            numerator=known[rate.part].number,
            denominator=known[rate.of].number,
            percent=rate.percent,
            value=known[rate.part].number / known[rate.of].number,
            quoted_as=_quoted_as(rate, known[rate.part], known[rate.of]),
        )
        for rate in rates
    ]


def _twice(counts: Sequence[Told]) -> list[str]:
    codes = [one.code for one in counts]
    return [f"{code} was told twice" for code in sorted(set(codes)) if codes.count(code) > 1]


def _percent(part: int, of: int) -> str:
    return f"{Decimal(part) * 100 / Decimal(of):.2f}%"


def _quoted_as(rate: Quoted, part: Told, of: Told) -> str:
    if rate.percent is None:
        return "not_quoted"
    if part.at_least or of.at_least:
        return "open"
    quoted = Decimal(rate.percent)
    exact = Decimal(part.number) * 100 / Decimal(of.number)
    step = Decimal(1).scaleb(int(quoted.as_tuple().exponent))
    if exact.quantize(step, ROUND_HALF_UP) == quoted:
        return "rounded"
    return "truncated" if exact.quantize(step, ROUND_DOWN) == quoted else "wrong"

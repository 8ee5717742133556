"""Samples by street: how many to ask, what the answers say of everybody, and how surely; pure.

A stratified sample without replacement (Cochran, Sampling Techniques, ch. 5): every street counts
as much as it has households, however many of them answered. Degrees of freedom are
Satterthwaite's, so that a single street compared with itself later is Welch's test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy import stats

from gridsvc.errors import BadInput

#: Of fewer answers nothing is told: somebody might know who gave them.
FEWEST = 5
_CONFIDENCE = 0.95


def allocate(population: Mapping[str, int], size: int) -> dict[str, int]:
    """Share out a sample over strata in proportion to their size, by largest remainder.

    Every stratum with anybody in it gets one at least, and none more than it has.

    Raises
    ------
    BadInput
        If the sample is larger than the population, or smaller than its strata are many.
    """
    strata = {code: number for code, number in sorted(population.items()) if number > 0}
    whole = sum(strata.values())
    if not len(strata) <= size <= whole or not strata:
        raise BadInput(
            f"a sample of {size} cannot be drawn of {whole} households in {len(strata)} streets; "
            "ask at least one in each, and nobody twice"
        )
    exact = {code: size * number / whole for code, number in strata.items()}
    given = {code: max(1, math.floor(exact[code])) for code in strata}
    while sum(given.values()) != size:
        missing = size - sum(given.values())
        step = 1 if missing > 0 else -1
        open_to = [c for c in strata if (given[c] < strata[c] if step > 0 else given[c] > 1)]
        chosen = max(open_to, key=lambda code: (step * (exact[code] - given[code]), code))
        given[chosen] += step
    return dict.fromkeys(population, 0) | given


@dataclass(frozen=True)
class Stratum:
    """Answers of one street: how many, their mean and standard deviation; and its households."""

    number: int
    mean: float
    deviation: float
    population: int


@dataclass(frozen=True)
class Estimate:
    """What a sample says of everybody.

    Attributes
    ----------
    mean, low, high
        Score and its bounds with 95 % confidence; none where too few answered.
    variance, freedom
        Of the mean, for comparisons.
    """

    number: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    variance: float = 0.0
    freedom: float = 0.0


def estimate(strata: Sequence[Stratum]) -> Estimate:
    """Estimate over strata; those in which fewer than two answered have no spread to tell."""
    number = sum(one.number for one in strata)
    used = [one for one in strata if one.number >= 2 and one.population > 0]
    if number < FEWEST or not used:
        return Estimate(number)
    whole = sum(one.population for one in used)
    mean = sum(one.population * one.mean for one in used) / whole
    variance, below = 0.0, 0.0
    for one in used:
        left = max(1 - one.number / one.population, 0.0)
        part = (one.population / whole) ** 2 * left * one.deviation**2 / one.number
        variance += part
        below += part**2 / (one.number - 1)
    freedom = variance**2 / below if below else float(number - len(used))
    reach = stats.t.ppf((1 + _CONFIDENCE) / 2, freedom) * math.sqrt(variance)
    return Estimate(
        number, mean, max(mean - reach, 0.0), min(mean + reach, 100.0), variance, freedom
    )


@dataclass(frozen=True)
class Change:
    """What a later sample differs by, and how probable that is by chance alone."""

    difference: float
    p: float


def compare(before: Estimate, after: Estimate) -> Change | None:
    """Difference of two independent samples; none where one of them says nothing."""
    if before.mean is None or after.mean is None:
        return None
    difference = after.mean - before.mean
    variance = before.variance + after.variance
    if not variance:
        return Change(difference, 1.0 if difference == 0 else 0.0)
    below = sum(
        one.variance**2 / one.freedom for one in (before, after) if one.variance and one.freedom
    )
    freedom = variance**2 / below
    return Change(difference, float(2 * stats.t.sf(abs(difference) / math.sqrt(variance), freedom)))


def adjusted(values: Sequence[float]) -> list[float]:
    """Probabilities of many comparisons at once, after Benjamini and Hochberg."""
    return [float(one) for one in stats.false_discovery_control(values)] if values else []

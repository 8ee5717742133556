"""How many stars a grid has earned, by a rule that is data; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: What is measured of a grid, and what it is called; shares of one.
MEASURES = {
    "on_time_handle": "按期处置率",
    "closed": "结案率",
    "rework": "返工率",
    "satisfaction": "群众满意率",
}


@dataclass(frozen=True)
class Criterion:
    """A measure that earns nothing at `bad`, all of its weight at `good`, in between a part."""

    measure: str
    bad: float
    good: float
    weight: float

    def part(self, value: float) -> float:
        """Share of its weight that a value earns, 0 to 1."""
        return min(max((value - self.bad) / (self.good - self.bad), 0.0), 1.0)


@dataclass(frozen=True)
class Rule:
    """Criteria, the points (of 100) from which there are 2, 3, 4 and 5 stars, and bounds.

    Attributes
    ----------
    least_cases
        Of fewer cases nothing is said.
    most_with_sham
        Stars that a grid has at most in which sham work was confirmed.
    """

    criteria: Sequence[Criterion]
    thresholds: Sequence[float]
    least_cases: int
    most_with_sham: int


@dataclass(frozen=True)
class Stars:
    """What a grid earned; none where there was too little to go by."""

    stars: int | None
    points: float | None


def rate(rule: Rule, measures: Mapping[str, float | None], *, cases: int, sham: int) -> Stars:
    """Stars of a grid.

    Parameters
    ----------
    measures
        By name; none where there was nothing to measure: the weight goes to the others.
    sham
        How much sham work was confirmed in it.
    """
    told = [(one, measures.get(one.measure)) for one in rule.criteria]
    known = [(one, value) for one, value in told if value is not None]
    if cases < rule.least_cases or not known:
        return Stars(None, None)
    weight = sum(one.weight for one, _ in known)
    points = 100 * sum(one.weight * one.part(value) for one, value in known) / weight
    stars = 1 + sum(points >= bound for bound in rule.thresholds)
    return Stars(min(stars, rule.most_with_sham) if sham else stars, points)

"""Whether there are more or fewer reports than before, and whether that is more than chance; pure.

Two counts over so many days each: given their sum, the later one is binomial if nothing changed
(Przyborowski and Wilenski's conditional test). Its bounds are those of the ratio of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scipy.stats import binomtest

from gridsvc.appraisal.sampling import adjusted

_CONFIDENCE = 0.95
#: A change is told as one where chance alone would seldom make it, over all that are compared.
_SELDOM = 0.05


@dataclass(frozen=True)
class Period:
    """How many of one thing, of how many in all, over so many days."""

    number: int
    of: int
    days: int


@dataclass(frozen=True)
class Trend:
    """How the later period differs from the earlier one.

    Attributes
    ----------
    change
        Relative change of the number a day, -0.2 for a fifth fewer; none of nothing before.
    low, high
        Its bounds with 95 % confidence; none where they are open.
    p
        How probable so much of a difference is by chance alone, adjusted for how many things are
        compared (Benjamini and Hochberg); none where nothing was counted at all.
    significant
        Whether it is more than chance; none where nothing was counted at all.
    """

    before: Period
    after: Period
    change: float | None
    low: float | None
    high: float | None
    p: float | None = None
    significant: bool | None = None


def compare(pairs: Mapping[str, tuple[Period, Period]]) -> dict[str, Trend]:
    """Compare the earlier with the later period of each thing, all at once."""
    chances = {
        key: binomtest(after.number, before.number + after.number, _share(before, after))
        for key, (before, after) in pairs.items()
        if before.number + after.number
    }
    probabilities = dict(
        zip(chances, adjusted([float(one.pvalue) for one in chances.values()]), strict=True)
    )
    trends: dict[str, Trend] = {}
    for key, (before, after) in pairs.items():
        if key not in chances:
            trends[key] = Trend(before, after, None, None, None)
            continue
        bounds = chances[key].proportion_ci(_CONFIDENCE, method="exact")
        trends[key] = Trend(
            before,
            after,
            _change(after.number / (before.number + after.number), before, after),
            _change(float(bounds.low), before, after),
            _change(float(bounds.high), before, after),
            probabilities[key],
            probabilities[key] < _SELDOM,
        )
    return trends


def _share(before: Period, after: Period) -> float:
    return after.days / (before.days + after.days)


def _change(share: float, before: Period, after: Period) -> float | None:
    """Relative change a day where so large a share of both lies in the later period."""
    if share >= 1:
        return None
    return share / (1 - share) * before.days / after.days - 1

"""Points of units that others scored, and their places, no surer than the scores allow; pure.

Scores of raters spread, and shares are of few or many cases: both make points uncertain. Places
are shared where points are equal as they are shown, and open as far as bounds meet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy import stats

from gridsvc.appraisal.counters import Place, places_between

_CONFIDENCE = 0.95
#: Decimals of points as they are shown, and compared.
DECIMALS = 2


@dataclass(frozen=True)
class Measured:
    """A share that was counted: so many of so many."""

    numerator: float
    denominator: int


@dataclass(frozen=True)
class Points:
    """What a unit got, of 100.

    Attributes
    ----------
    points
        None where nobody scored it and nothing was counted.
    low, high
        Bounds with 95 % confidence; none where fewer than two scored it.
    raters
        How many scored it.
    """

    points: float | None
    low: float | None
    high: float | None
    raters: int


def points_of(
    weights: Mapping[str, float],
    scores: Mapping[str, Mapping[str, float]],
    measured: Mapping[str, Measured],
) -> Points:
    """Points of one unit.

    Parameters
    ----------
    weights
        Of the aspects; of what nobody scored and nothing was counted of, the weight goes to the
        others.
    scores
        By rater, then by aspect: 0 to 100.
    measured
        By aspect, where something was counted.
    """
    totals = [
        sum(weights[aspect] * score for aspect, score in one.items())
        / sum(weights[aspect] for aspect in one)
        for one in scores.values()
        if one
    ]
    scored = sum(weights[one] for one in {name for given in scores.values() for name in given})
    known = {name: one for name, one in measured.items() if one.denominator}
    whole = scored + sum(weights[name] for name in known)
    if not whole:
        return Points(None, None, None, 0)
    number = len(totals)
    mean = sum(totals) / number if number else 0.0
    points = scored * mean
    variance = 0.0
    for name, one in known.items():
        share = one.numerator / one.denominator
        points += weights[name] * 100 * share
        variance += (weights[name] * 100) ** 2 * share * (1 - share) / one.denominator
    points /= whole
    if number < 2:
        return Points(round(points, DECIMALS), None, None, number)
    spread = sum((one - mean) ** 2 for one in totals) / (number - 1)
    variance += scored**2 * spread / number
    reach = stats.t.ppf((1 + _CONFIDENCE) / 2, number - 1) * math.sqrt(variance) / whole
    return Points(
        round(points, DECIMALS),
        max(points - float(reach), 0.0),
        min(points + float(reach), 100.0),
        number,
    )


@dataclass(frozen=True)
class Ranked:
    """A place among others, and which places its bounds leave open.

    Attributes
    ----------
    place
        Shared by all with the same points; the places after them are left out. None without
        points.
    open_to
        None without bounds.
    """

    place: int | None
    tied: bool
    open_to: Place | None


def ranked(given: Sequence[Points]) -> list[Ranked]:
    """Places of units among each other, most points first."""
    known = [one.points for one in given if one.points is not None]
    bounds = [None if one.low is None or one.high is None else (one.low, one.high) for one in given]
    return [
        Ranked(
            None if one.points is None else 1 + sum(other > one.points for other in known),
            one.points is not None and known.count(one.points) > 1,
            place,
        )
        for one, place in zip(given, places_between(bounds), strict=True)
    ]

"""The shortest way past some places: VROOM over times of travel; pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import vroom
from numpy.typing import NDArray

#: What VROOM counts in: tenths of a second, so that a step across a yard is not nothing.
_TENTHS = 10
#: How hard VROOM looks; more finds nothing better for a day's worth of doors.
_EXPLORATION = 3
#: Tenths of a second that stand for no way at all; a sum of many still fits 32 bits.
_NO_WAY = 10_000_000


def order(seconds: NDArray[np.float64]) -> list[int]:
    """Order in which to visit all places, beginning at the first and ending anywhere.

    The same input gives the same order.

    Parameters
    ----------
    seconds
        Time from each place to each, shape (n, n); inf where there is no way.
    """
    n = len(seconds)
    if n <= 2:
        return list(range(n))
    tenths = np.where(np.isfinite(seconds), seconds * _TENTHS, _NO_WAY)
    problem: Any = vroom.Input()
    problem.set_durations_matrix(
        profile="car", matrix_input=np.minimum(tenths.round(), _NO_WAY).astype(np.uint32)
    )
    problem.add_vehicle(vroom.Vehicle(1, start=0))
    problem.add_job([vroom.Job(place, location=place) for place in range(1, n)])
    solved = problem.solve(exploration_level=_EXPLORATION, nb_threads=1)
    routes = solved.routes
    found = [int(place) for place in routes.loc[routes["type"] != "end", "location_index"]]
    # A search by rules of thumb may do worse than what it was given.
    return min([found, list(range(n))], key=lambda way: length_s(seconds, way))


def length_s(seconds: NDArray[np.float64], way: Sequence[int]) -> float:
    """Time that a way past some places takes; inf where there is none."""
    return float(sum(seconds[here, there] for here, there in pairwise(way)))

"""How many cells a sector gets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridsvc.planning.arrays import Floats, Ints
from gridsvc.planning.graph import DualGraph
from gridsvc.planning.wish import Goal

#: A building with more load than this share of the target fills a cell by itself.
FULL = 1.1
#: Means of a sector's cells within this share of the tolerance leave room to divide it well.
CLOSE = 0.6


def effective(load: Floats, target: float) -> Floats:
    """Load as the balance sees it: a building too large to share a cell counts as one target."""
    return np.where(load > FULL * target, target, load).astype(float)


@dataclass(frozen=True)
class Holding:
    """What a sector holds: its effective load, and how many cells it can have at most."""

    load: float
    inhabited: int

    @classmethod
    def of(cls, graph: DualGraph, nodes: Ints, goal: Goal) -> Holding:
        """Holding of the sector that some nodes of a graph form."""
        load = graph.load[nodes]
        held = float(effective(load, goal.target).sum())
        return cls(held, max(int((load > 0).sum()), 1))


def cell_count(holding: Holding, goal: Goal) -> int:
    """Number of cells whose mean comes closest to the target; at least one.

    Within least and most if any number is, whatever is closest.

    >>> cell_count(Holding(260.0, 9), Goal(100))
    3
    >>> cell_count(Holding(260.0, 9), Goal(100, least=100))
    2
    >>> cell_count(Holding(40.0, 9), Goal(100))
    1
    """
    low = max(int(holding.load // goal.target), 1)

    def price(k: int) -> tuple[float, float, int]:
        mean = holding.load / k
        outside = max(goal.least - mean, mean - goal.most, 0.0)
        return outside, abs(mean - goal.target), k

    best = min(range(max(low - 1, 1), low + 3), key=price)
    return max(1, min(best, holding.inhabited))


def close_counts(holding: Holding, goal: Goal) -> list[int]:
    """Numbers of cells whose mean keeps well within the tolerance, the closest first."""
    first = cell_count(holding, goal)
    near = [
        k
        for k in (first - 1, first + 1)
        if 1 <= k <= holding.inhabited
        and abs(holding.load / k - goal.target) <= CLOSE * goal.tolerance * goal.target
        and goal.least <= holding.load / k <= goal.most
    ]
    return [first, *sorted(near, key=lambda k: abs(holding.load / k - goal.target))]


def allot(holdings: list[Holding], goal: Goal, wanted: int | None = None) -> list[int]:
    """Number of cells of every sector, `wanted` together if that is given and can be.

    Sectors whose mean is furthest from the target gain or lose a cell first (the divisor method
    of Huntington and Hill, which keeps the means of all sectors as equal as can be).
    """
    counts = np.array([cell_count(holding, goal) for holding in holdings], dtype=np.int64)
    if wanted is None:
        wanted = int(counts.sum())
    load = np.array([holding.load for holding in holdings])
    most = np.array([holding.inhabited for holding in holdings], dtype=np.int64)
    while counts.sum() != wanted:
        step = 1 if counts.sum() < wanted else -1
        free = counts < most if step > 0 else counts > 1
        if not free.any():
            break
        counts[_next(load, counts, free, step)] += step
    return [int(k) for k in counts]


def _next(load: Floats, counts: Ints, free: np.ndarray, step: int) -> int:
    """Sector to change: the largest priority gains a cell, the smallest loses one."""
    if step > 0:
        priority = np.where(free, load / np.sqrt(counts * (counts + 1)), -np.inf)
        return int(priority.argmax())
    below = np.maximum(counts - 1, 1)
    priority = np.where(free, load / np.sqrt(below * counts), np.inf)
    return int(priority.argmin())

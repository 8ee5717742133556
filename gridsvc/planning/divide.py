"""One sector divided in cells: seeded, refined, and mended where something is left over.

Annealing ends in one of many good divisions, now and then with a cell left over or one cell
inside another. Mending is a large neighbourhood search (Shaw, "Using constraint programming and
local search methods to solve vehicle routing problems", 1998): a faulty cell is divided anew with
those around it, and the new division is kept if it has fewer faults.
"""

from __future__ import annotations

import numpy as np

from gridsvc.planning.arrays import Floats, Ints, components
from gridsvc.planning.counts import Holding, close_counts, effective
from gridsvc.planning.graph import DualGraph, subgraph
from gridsvc.planning.refine import refine
from gridsvc.planning.seed import earlier_partition, seed_partition
from gridsvc.planning.wish import Goal

#: Attempts to mend round one place, and cells divided anew at most.
ATTEMPTS, MOST_CELLS = 6, 16
#: What a cell that encloses another counts, in cells off balance.
ENCLOSURE = 2.0


def divide_sector(graph: DualGraph, k: int, goal: Goal, seed: int, *, exactly: bool) -> Ints:
    """Cell of every node of a sector.

    Parameters
    ----------
    graph
        Connected dual graph of the sector.
    k
        Number of cells.
    goal
        Load a cell should have.
    seed
        Seed of the division.
    exactly
        Whether the number is to be kept where another one close to it has fewer faults.

    Returns
    -------
    array of int
        Connected, inhabited cells numbered from 0.
    """
    chance = np.random.default_rng(seed)
    if (graph.home >= 0).any():
        count = k if exactly else _as_before(graph, k, goal)
        return refine(graph, earlier_partition(graph, count), goal, seed)
    part = _fresh(graph, k, goal, chance)
    tried = np.zeros(len(part), dtype=np.int64)
    while True:
        found = faults(graph, part, goal)
        rounds = np.full(len(found), ATTEMPTS)
        np.minimum.at(rounds, part, tried)
        open_cases = np.flatnonzero((found > 0) & (rounds < ATTEMPTS))
        if len(open_cases) == 0:
            return part
        worst = open_cases[np.lexsort((-found[open_cases], rounds[open_cases]))[0]]
        tried[part == worst] += 1
        region = np.flatnonzero(np.isin(part, around(graph, part, int(worst))))
        mended = _again(graph, part, region, goal, chance, int(rounds[worst]), exactly)
        if faults(graph, mended, goal).sum() < found.sum() - 1e-9:
            part = mended


def _as_before(graph: DualGraph, k: int, goal: Goal) -> int:
    """The number of earlier cells where their mean still keeps the tolerance, else the new one."""
    earlier = len(np.unique(graph.home[graph.home >= 0]))
    mean = float(effective(graph.load, goal.target).sum()) / earlier
    return earlier if abs(mean - goal.target) <= goal.tolerance * goal.target else k


def _fresh(graph: DualGraph, k: int, goal: Goal, chance: np.random.Generator) -> Ints:
    seed = int(chance.integers(2**31))
    return refine(graph, seed_partition(graph, k, goal.target, seed), goal, seed)


def _again(
    graph: DualGraph,
    part: Ints,
    region: Ints,
    goal: Goal,
    chance: np.random.Generator,
    attempt: int,
    exactly: bool,
) -> Ints:
    """The division with some nodes, whole cells, divided anew."""
    inner = subgraph(graph, region)
    counts = [len(np.unique(part[region]))]
    if not exactly:
        counts = close_counts(Holding.of(graph, region, goal), goal)
    mended = part.copy()
    mended[region] = len(part) + _fresh(inner, counts[attempt % len(counts)], goal, chance)
    return np.unique(mended, return_inverse=True)[1].astype(np.int64)


def around(graph: DualGraph, part: Ints, cell: int) -> Ints:
    """A cell and those round it, ring by ring, `MOST_CELLS` at most."""
    a, b = part[graph.row], part[graph.neighbour]
    near = np.array([cell])
    while len(near) < MOST_CELLS:
        ring = np.setdiff1d(b[np.isin(a, near)], near)
        if len(ring) == 0:
            break
        near = np.r_[near, ring[: MOST_CELLS - len(near)]]
    return near


def faults(graph: DualGraph, part: Ints, goal: Goal) -> Floats:
    """How faulty every cell is: off balance, or round another one."""
    load = np.bincount(part, effective(graph.load, goal.target))
    off = np.abs(load - goal.target) / (goal.tolerance * goal.target)
    found = np.where(off > 1 + 1e-9, np.minimum(off, 2.0), 0.0)
    found[_enclosing(graph, part)] += ENCLOSURE
    return found


def _enclosing(graph: DualGraph, part: Ints) -> Ints:
    """Cells without which some other cell could not be reached from outside the sector."""
    k = int(part.max()) + 1
    key = np.unique(part[graph.row] * k + part[graph.neighbour])
    a, b = key // k, key % k
    rim = np.unique(part[graph.outer > 0])
    # A cell outside, numbered k, borders all cells on the rim of the sector.
    a, b = np.r_[a, rim], np.r_[b, np.full(len(rim), k)]
    few = np.flatnonzero(np.bincount(a, minlength=k + 1)[:k] <= 3)
    suspects = np.unique(b[np.isin(a, few)])
    return np.array(
        [cell for cell in suspects[suspects < k] if _parts_without(k + 1, a, b, int(cell)) > 2],
        dtype=np.int64,
    )


def _parts_without(n: int, a: Ints, b: Ints, cell: int) -> int:
    """Connected parts of a graph, counting the cell that is taken out as one."""
    kept = (a != cell) & (b != cell)
    return int(components(n, a[kept], b[kept]).max()) + 1

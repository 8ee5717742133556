"""The first partition: METIS, then mended so that every cell is connected and none is empty.

METIS (Karypis and Kumar, 1998) balances well by recursive bisection but promises neither
connected nor inhabited parts.
"""

from __future__ import annotations

import numpy as np
import pymetis

from gridsvc.planning.arrays import Floats, Ints, components
from gridsvc.planning.graph import DualGraph

#: A building with more households than this share of the target fills a cell by itself.
FULL = 1.1


def effective(households: Ints, target: float) -> Floats:
    """Households as the balance sees them: one too large to share a cell counts as one target."""
    return np.where(households > FULL * target, target, households).astype(float)


def cell_count(households: Ints, target: float) -> int:
    """Number of cells whose mean comes closest to the target; at least one.

    >>> cell_count(np.array([100, 100, 60]), 100)
    3
    >>> cell_count(np.array([40]), 100)
    1
    """
    total = float(effective(households, target).sum())
    low = max(int(total // target), 1)
    best = min((low, low + 1), key=lambda k: (abs(total / k - target), k))
    return max(1, min(best, int((households > 0).sum())))


def seed_partition(graph: DualGraph, target: float, seed: int) -> Ints:
    """Cell of every node: connected, inhabited cells near the target.

    Parameters
    ----------
    graph
        Connected dual graph.
    target
        Households a cell should have.
    seed
        Seed of METIS.

    Returns
    -------
    array of int
        Cells numbered from 0 without gaps.
    """
    k = cell_count(graph.households, target)
    if k == 1:
        return np.zeros(len(graph.area), dtype=np.int64)
    weight = np.round(effective(graph.households, target)).astype(np.int64)
    ease = 1 + 99 * (graph.length - 0.8 * graph.eased) / graph.length.max()
    raw = pymetis.part_graph(
        k,
        pymetis.CSRAdjacency(graph.first, graph.neighbour),
        vweights=weight,
        eweights=np.maximum(ease, 1).astype(np.int64),
        recursive=True,
        options=pymetis.Options(seed=seed % 2**31),
    ).vertex_part
    return _fill_up(graph, _connect(graph, np.asarray(raw, dtype=np.int64)), k)


def fragments(graph: DualGraph, part: Ints) -> Ints:
    """Connected component of every node when only links inside a cell count."""
    row = np.repeat(np.arange(len(part)), np.diff(graph.first))
    inside = part[row] == part[graph.neighbour]
    return components(len(part), row[inside], graph.neighbour[inside])


def _connect(graph: DualGraph, part: Ints) -> Ints:
    """Leave each cell its fragment with most households; the others join a neighbour."""
    while True:
        fragment = fragments(graph, part)
        n = int(fragment.max()) + 1
        home = np.zeros(n, dtype=np.int64)
        home[fragment] = part
        if n == len(np.unique(part)):
            return np.unique(part, return_inverse=True)[1].astype(np.int64)
        weight = np.bincount(fragment, graph.households + 1e-9 * graph.area, n)
        order = np.lexsort((weight, home))
        main = np.r_[home[order][1:] != home[order][:-1], True]
        stray = np.sort(order[~main])
        part = _hand_over(graph, part, fragment, int(stray[np.argmin(weight[stray])]))


def _hand_over(graph: DualGraph, part: Ints, fragment: Ints, stray: int) -> Ints:
    """Give one fragment to the neighbouring cell with the longest shared border."""
    row = np.repeat(np.arange(len(part)), np.diff(graph.first))
    leaves = (fragment[row] == stray) & (fragment[graph.neighbour] != stray)
    border = np.bincount(part[graph.neighbour[leaves]], graph.length[leaves])
    return np.where(fragment == stray, int(border.argmax()), part)


def _fill_up(graph: DualGraph, part: Ints, k: int) -> Ints:
    """Dissolve uninhabited cells and divide the fullest ones until there are `k`."""
    households = np.bincount(part, graph.households)
    for empty in np.flatnonzero(households == 0):
        part = _hand_over(graph, part, np.where(part == empty, 1, 0), 1)
    part = np.unique(part, return_inverse=True)[1].astype(np.int64)
    while int(part.max()) + 1 < k:
        half = _halve(graph, part)
        if half is None:
            return part
        part = half
    return part


def _halve(graph: DualGraph, part: Ints) -> Ints | None:
    """Divide the fullest divisible cell in two connected, inhabited ones."""
    households = np.bincount(part, graph.households)
    for cell in np.argsort(-households, kind="stable"):
        members = np.flatnonzero(part == cell)
        side = _best_side(graph, members)
        if side is not None:
            divided = part.copy()
            divided[side] = int(part.max()) + 1
            return divided
    return None


def _best_side(graph: DualGraph, members: Ints) -> Ints | None:
    """Subtree of a breadth-first tree that comes closest to half the households of a cell."""
    position = {int(node): k for k, node in enumerate(members)}
    parent, order = {int(members[0]): -1}, [int(members[0])]
    for node in order:
        for other in graph.neighbour[graph.first[node] : graph.first[node + 1]].tolist():
            if other in position and other not in parent:
                parent[other] = node
                order.append(other)
    below = {node: int(graph.households[node]) for node in order}
    total = sum(below.values())
    for node in reversed(order[1:]):
        below[parent[node]] += below[node]
    ways = [node for node in order[1:] if 0 < below[node] < total]
    if not ways:
        return None
    top = min(ways, key=lambda node: abs(2 * below[node] - total))
    side = {top}
    for node in order:
        if parent[node] in side:
            side.add(node)
    return np.array(sorted(side), dtype=np.int64)

"""The first partition: METIS, then mended so that every cell is connected and none is empty.

METIS (Karypis and Kumar, 1998) balances well by recursive bisection but promises neither
connected nor inhabited parts.
"""

from __future__ import annotations

from threading import Lock

import numpy as np
import pymetis

from gridsvc.planning.arrays import Ints, components
from gridsvc.planning.counts import effective
from gridsvc.planning.graph import DualGraph

#: METIS draws its random numbers from a state that all threads share.
_ONE_AT_A_TIME = Lock()


def seed_partition(graph: DualGraph, k: int, target: float, seed: int) -> Ints:
    """Cell of every node: `k` connected, inhabited cells near the target.

    Parameters
    ----------
    graph
        Connected dual graph.
    k
        Number of cells; as many as there are inhabited nodes at most.
    target
        Load a cell should have.
    seed
        Seed of METIS.

    Returns
    -------
    array of int
        Cells numbered from 0 without gaps.
    """
    if k == 1:
        return np.zeros(len(graph.area), dtype=np.int64)
    weight = np.round(effective(graph.load, target) * (100 / target)).astype(np.int64)
    ease = 1 + 99 * (graph.length - 0.8 * graph.eased) / graph.length.max()
    with _ONE_AT_A_TIME:
        raw = pymetis.part_graph(
            k,
            pymetis.CSRAdjacency(graph.first, graph.neighbour),
            vweights=weight,
            eweights=np.maximum(ease, 1).astype(np.int64),
            recursive=True,
            options=pymetis.Options(seed=seed % 2**31),
        ).vertex_part
    return _fill_up(graph, _connect(graph, np.asarray(raw, dtype=np.int64)), k)


def earlier_partition(graph: DualGraph, k: int) -> Ints:
    """Cell of every node as it was in the earlier plan, brought to `k` connected cells.

    Land that was in no earlier cell joins a neighbour. Cells are numbered in the order of the
    earlier ones; those made beyond them come last.
    """
    part = _settle_homeless(graph)
    part = _fill_up(graph, _connect(graph, part), k)
    while int(part.max()) + 1 > k:
        least = int(np.bincount(part, graph.load).argmin())
        part = _hand_over(graph, part, np.where(part == least, 1, 0), 1)
        part = np.unique(part, return_inverse=True)[1].astype(np.int64)
    return part


def _settle_homeless(graph: DualGraph) -> Ints:
    """Earlier cell of every node; nodes without one take that of the closest neighbour."""
    part = graph.home.copy()
    row = graph.row
    while (part < 0).any() and (part >= 0).any():
        leads = (part[row] < 0) & (part[graph.neighbour] >= 0)
        order = np.flatnonzero(leads)[np.argsort(-graph.length[leads], kind="stable")]
        nodes, best = np.unique(row[order], return_index=True)
        part[nodes] = part[graph.neighbour[order[best]]]
    return np.unique(part, return_inverse=True)[1].astype(np.int64)


def fragments(graph: DualGraph, part: Ints) -> Ints:
    """Connected component of every node when only links inside a cell count."""
    row = graph.row
    inside = part[row] == part[graph.neighbour]
    return components(len(part), row[inside], graph.neighbour[inside])


def _connect(graph: DualGraph, part: Ints) -> Ints:
    """Leave each cell its fragment with most load; the others join a neighbour."""
    while True:
        fragment = fragments(graph, part)
        n = int(fragment.max()) + 1
        home = np.zeros(n, dtype=np.int64)
        home[fragment] = part
        if n == len(np.unique(part)):
            return np.unique(part, return_inverse=True)[1].astype(np.int64)
        weight = np.bincount(fragment, graph.load + 1e-9 * graph.area, n)
        order = np.lexsort((weight, home))
        main = np.r_[home[order][1:] != home[order][:-1], True]
        stray = np.sort(order[~main])
        part = _hand_over(graph, part, fragment, int(stray[np.argmin(weight[stray])]))


def _hand_over(graph: DualGraph, part: Ints, fragment: Ints, stray: int) -> Ints:
    """Give one fragment to the neighbouring cell with the longest shared border."""
    row = graph.row
    leaves = (fragment[row] == stray) & (fragment[graph.neighbour] != stray)
    border = np.bincount(part[graph.neighbour[leaves]], graph.length[leaves])
    return np.where(fragment == stray, int(border.argmax()), part)


def _fill_up(graph: DualGraph, part: Ints, k: int) -> Ints:
    """Dissolve uninhabited cells and divide the fullest ones until there are `k`."""
    load = np.bincount(part, graph.load)
    for empty in np.flatnonzero(load == 0) if load.any() else ():
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
    load = np.bincount(part, graph.load)
    for cell in np.argsort(-load, kind="stable"):
        members = np.flatnonzero(part == cell)
        side = _best_side(graph, members)
        if side is not None:
            divided = part.copy()
            divided[side] = int(part.max()) + 1
            return divided
    return None


def _best_side(graph: DualGraph, members: Ints) -> Ints | None:
    """Subtree of a breadth-first tree that comes closest to half the load of a cell."""
    position = {int(node): k for k, node in enumerate(members)}
    parent, order = {int(members[0]): -1}, [int(members[0])]
    for node in order:
        for other in graph.neighbour[graph.first[node] : graph.first[node + 1]].tolist():
            if other in position and other not in parent:
                parent[other] = node
                order.append(other)
    below = {node: float(graph.load[node]) for node in order}
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

"""Compiled kernels of the refinement: shifts, recombinations, annealing.

Compiled by numba; with ``NUMBA_DISABLE_JIT=1`` the same text runs as plain Python and gives the
same plan, which a test compares. A *cell* is a number, ``part[node]`` the cell of a node.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from gridsvc.planning.arrays import Floats, Ints


class Links(NamedTuple):
    """Neighbours in compressed sparse rows.

    ``cost`` is what a link adds to the energy when it is cut rather than inside a cell,
    ``street`` the share of its border that lies on barriers.
    """

    first: Ints
    neighbour: Ints
    length: Floats
    cost: Floats
    street: Floats


class Nodes(NamedTuple):
    """Per node: households as the balance sees them, square metres, metres of outline."""

    weight: Floats
    area: Floats
    perimeter: Floats


class Aim(NamedTuple):
    """What a good cell is.

    ``target`` households; what it costs to be more than a tenth and more than a fifth away,
    what each share of deviation costs, its square, and what a unit of raggedness costs.
    """

    target: float
    beyond_tenth: float
    beyond_fifth: float
    deviation: float
    squared: float
    ragged: float


class Schedule(NamedTuple):
    """How long to anneal and how: steps, temperatures, share of recombinations."""

    steps: int
    hot: float
    cold: float
    recombine: float
    most_union: int


class Scratch(NamedTuple):
    """Working memory, one entry per node."""

    mark: Ints
    queue: Ints
    local: Ints
    members: Ints
    parent: Ints
    order: Ints


@njit(cache=True)
def cell_energy(households: float, area: float, perimeter: float, aim: Aim) -> float:
    """Energy of one cell: its deviation from the target and the raggedness of its outline.

    The steps begin a little inside the tolerances; raggedness is the inverse of Polsby and
    Popper's compactness, so that one ragged cell costs more than two plain ones.
    """
    off = abs(households - aim.target) / aim.target
    tenth = min(max(off - 0.085, 0.0) / 0.02, 1.0)
    fifth = min(max(off - 0.185, 0.0) / 0.02, 1.0)
    ragged = min(perimeter * perimeter / (4.0 * math.pi * area), 12.0)
    return (
        aim.beyond_tenth * tenth
        + aim.beyond_fifth * fifth
        + aim.deviation * off
        + aim.squared * off * off
        + aim.ragged * ragged
    )


@njit(cache=True)
def new_scratch(n: int) -> Scratch:
    """Working memory for n nodes."""
    zeros = np.zeros(n, dtype=np.int64)
    local = np.full(n, -1, dtype=np.int64)
    return Scratch(zeros, zeros.copy(), local, zeros.copy(), zeros.copy(), zeros.copy())


@njit(cache=True)
def holdings(links: Links, nodes: Nodes, part: Ints, k: int) -> Floats:
    """Households, area and outline of every cell, shape (k, 3)."""
    held = np.zeros((k, 3))
    for v in range(len(part)):
        cell = part[v]
        held[cell, 0] += nodes.weight[v]
        held[cell, 1] += nodes.area[v]
        held[cell, 2] += nodes.perimeter[v]
        for e in range(links.first[v], links.first[v + 1]):
            if part[links.neighbour[e]] == cell:
                held[cell, 2] -= links.length[e]
    return held


@njit(cache=True)
def stays_connected(links: Links, part: Ints, node: int, stamp: int, scratch: Scratch) -> bool:
    """Whether the cell of a node is connected, and not empty, without the node.

    Breadth first from one neighbour inside the cell until all others are met; `stamp` is a
    number not used before with the same scratch.
    """
    mark, queue = scratch.mark, scratch.queue
    wanted = 0
    for e in range(links.first[node], links.first[node + 1]):
        if part[links.neighbour[e]] == part[node]:
            wanted += 1
            queue[0] = links.neighbour[e]
            mark[queue[0]] = -stamp
    if wanted <= 1:
        return wanted == 1
    mark[queue[0]] = stamp
    found, head, tail = 1, 0, 1
    while head < tail:
        at = queue[head]
        head += 1
        for e in range(links.first[at], links.first[at + 1]):
            other = links.neighbour[e]
            if other != node and part[other] == part[node] and mark[other] != stamp:
                found += mark[other] == -stamp
                if found == wanted:
                    return True
                mark[other] = stamp
                queue[tail] = other
                tail += 1
    return False


@njit(cache=True)
def try_shift(
    links: Links, nodes: Nodes, part: Ints, held: Floats, move: tuple[int, int, int],
    aim: Aim, heat: float, scratch: Scratch,
) -> None:  # fmt: skip
    """Hand a node to a neighbouring cell if the Metropolis rule allows.

    `move` is the node, the receiving cell and a stamp for `stays_connected`.
    """
    v, b, stamp = move
    a = part[v]
    if held[a, 0] - nodes.weight[v] <= 0:
        return
    to_a, to_b, price = 0.0, 0.0, 0.0
    for e in range(links.first[v], links.first[v + 1]):
        if part[links.neighbour[e]] == a:
            to_a += links.length[e]
            price += links.cost[e]
        elif part[links.neighbour[e]] == b:
            to_b += links.length[e]
            price -= links.cost[e]
    w, s = nodes.weight[v], nodes.area[v]
    p_a = held[a, 2] - nodes.perimeter[v] + 2 * to_a
    p_b = held[b, 2] + nodes.perimeter[v] - 2 * to_b
    gain = (
        cell_energy(held[a, 0], held[a, 1], held[a, 2], aim)
        + cell_energy(held[b, 0], held[b, 1], held[b, 2], aim)
        - cell_energy(held[a, 0] - w, held[a, 1] - s, p_a, aim)
        - cell_energy(held[b, 0] + w, held[b, 1] + s, p_b, aim)
        - price
    )
    if gain < 0 and np.random.random() >= math.exp(gain / heat):
        return
    if stays_connected(links, part, v, stamp, scratch):
        held[a] = held[a, 0] - w, held[a, 1] - s, p_a
        held[b] = held[b, 0] + w, held[b, 1] + s, p_b
        part[v] = b


@njit(cache=True)
def gather_union(links: Links, part: Ints, v: int, b: int, scratch: Scratch) -> int:
    """Number the nodes of the cells part[v] and b from the node v outwards; how many there are."""
    members, local = scratch.members, scratch.local
    a = part[v]
    members[0], local[v] = v, 0
    head, m = 0, 1
    while head < m:
        at = members[head]
        head += 1
        for e in range(links.first[at], links.first[at + 1]):
            other = links.neighbour[e]
            if local[other] < 0 and (part[other] == a or part[other] == b):
                local[other] = m
                members[m] = other
                m += 1
    return m


@njit(cache=True)
def random_tree(links: Links, m: int, bias: float, scratch: Scratch) -> None:
    """Spanning tree of a union by Prim's rule on random keys; streets are taken last.

    Fills ``scratch.parent`` by local number and ``scratch.order`` from the root outwards.
    """
    members, local, parent = scratch.members, scratch.local, scratch.parent
    key = np.full(m, np.inf)
    done = np.zeros(m, dtype=np.bool_)
    root = np.random.randint(0, m)
    key[root], parent[root] = 0.0, -1
    for k in range(m):
        at = -1
        for i in range(m):
            if not done[i] and (at < 0 or key[i] < key[at]):
                at = i
        done[at] = True
        scratch.order[k] = at
        for e in range(links.first[members[at]], links.first[members[at] + 1]):
            i = local[links.neighbour[e]]
            if i >= 0 and not done[i]:
                drawn = np.random.random() + bias * links.street[e]
                if drawn < key[i]:
                    key[i], parent[i] = drawn, at


@njit(cache=True)
def common_ancestor(parent: Ints, depth: Ints, x: int, y: int) -> int:
    """Lowest common ancestor of two nodes of a tree."""
    while x != y:
        if depth[x] >= depth[y]:
            x = parent[x]
        else:
            y = parent[y]
    return x


@njit(cache=True)
def subtree_sums(links: Links, nodes: Nodes, m: int, scratch: Scratch) -> Floats:
    """Per subtree: households, area, outline, and border and cost towards the rest of the union.

    A link inside a subtree borders nothing: it is taken off at the lowest common ancestor of its
    ends and so off every subtree that holds both.
    """
    members, local = scratch.members, scratch.local
    parent, order = scratch.parent, scratch.order
    sums = np.zeros((m, 5))
    depth = np.zeros(m, dtype=np.int64)
    for k in range(1, m):
        depth[order[k]] = depth[parent[order[k]]] + 1
    for i in range(m):
        v = members[i]
        sums[i, 0] += nodes.weight[v]
        sums[i, 1] += nodes.area[v]
        sums[i, 2] += nodes.perimeter[v]
        for e in range(links.first[v], links.first[v + 1]):
            j = local[links.neighbour[e]]
            if j >= 0:
                x = common_ancestor(parent, depth, i, j)  # met once from each end
                sums[i, 3] += links.length[e]
                sums[i, 4] += links.cost[e]
                sums[x, 2] -= links.length[e]
                sums[x, 3] -= links.length[e]
                sums[x, 4] -= links.cost[e]
    for k in range(m - 1, 0, -1):
        sums[parent[order[k]]] += sums[order[k]]
    return sums


@njit(cache=True)
def best_cut(sums: Floats, order: Ints, m: int, aim: Aim) -> tuple[int, float]:
    """Tree edge with the least energy: the local number below it (-1 for none), that energy."""
    whole = sums[order[0]]
    best, least = -1, np.inf
    for k in range(1, m):
        below = sums[order[k]]
        rest = whole[0] - below[0]
        if below[0] <= 0 or rest <= 0:
            continue
        outline = whole[2] - below[2] + 2 * below[3]
        energy = (
            cell_energy(below[0], below[1], below[2], aim)
            + cell_energy(rest, whole[1] - below[1], outline, aim)
            + below[4]
        )
        if energy < least:
            best, least = order[k], energy
    return best, least


@njit(cache=True)
def present_price(links: Links, part: Ints, m: int, scratch: Scratch) -> float:
    """Cost of the border between the two cells of a union as they are."""
    price = 0.0
    for i in range(m):
        v = scratch.members[i]
        for e in range(links.first[v], links.first[v + 1]):
            other = links.neighbour[e]
            if scratch.local[other] > i and part[other] != part[v]:
                price += links.cost[e]
    return price


@njit(cache=True)
def apply_cut(
    part: Ints, held: Floats, pair: tuple[int, int], cut: int, sums: Floats, m: int,
    scratch: Scratch,
) -> None:  # fmt: skip
    """Give the subtree below a cut to the first cell of a pair and the rest to the second."""
    a, b = pair
    below = np.zeros(m, dtype=np.bool_)
    below[cut] = True
    for k in range(m):
        i = scratch.order[k]
        if scratch.parent[i] >= 0 and below[scratch.parent[i]]:
            below[i] = True
        part[scratch.members[i]] = a if below[i] else b
    whole = sums[scratch.order[0]]
    held[a] = sums[cut, 0], sums[cut, 1], sums[cut, 2]
    outline = whole[2] - sums[cut, 2] + 2 * sums[cut, 3]
    held[b] = whole[0] - sums[cut, 0], whole[1] - sums[cut, 1], outline


@njit(cache=True)
def try_recombination(
    links: Links, nodes: Nodes, part: Ints, held: Floats, move: tuple[int, int, int],
    aim: Aim, heat: float, scratch: Scratch,
) -> bool:  # fmt: skip
    """Divide two neighbouring cells anew if the Metropolis rule allows; whether it did.

    `move` is a node of the first cell, the second cell, and the largest union to try.
    """
    v, b, most = move
    a = part[v]
    m = gather_union(links, part, v, b, scratch)
    accepted = False
    if m <= most:
        random_tree(links, m, 3.0 * np.random.random(), scratch)
        sums = subtree_sums(links, nodes, m, scratch)
        cut, energy = best_cut(sums, scratch.order, m, aim)
        gain = (
            cell_energy(held[a, 0], held[a, 1], held[a, 2], aim)
            + cell_energy(held[b, 0], held[b, 1], held[b, 2], aim)
            + present_price(links, part, m, scratch)
            - energy
        )
        if cut >= 0 and (gain >= 0 or np.random.random() < math.exp(gain / heat)):
            apply_cut(part, held, (a, b), cut, sums, m, scratch)
            accepted = True
    for i in range(m):
        scratch.local[scratch.members[i]] = -1
    return accepted


@njit(cache=True)
def anneal(
    links: Links, nodes: Nodes, part: Ints, k: int, aim: Aim, schedule: Schedule, seed: int
) -> None:
    """Improve `part` in place under a temperature that falls geometrically."""
    np.random.seed(seed)
    held = holdings(links, nodes, part, k)
    scratch = new_scratch(len(part))
    for step in range(schedule.steps):
        v = np.random.randint(0, len(part))
        degree = links.first[v + 1] - links.first[v]
        if degree == 0:
            continue
        b = part[links.neighbour[links.first[v] + np.random.randint(0, degree)]]
        if b == part[v]:
            continue
        heat = schedule.hot * (schedule.cold / schedule.hot) ** (step / schedule.steps)
        if np.random.random() < schedule.recombine:
            move = (v, b, schedule.most_union)
            try_recombination(links, nodes, part, held, move, aim, heat, scratch)
        else:
            try_shift(links, nodes, part, held, (v, b, step + 1), aim, heat, scratch)


@njit(cache=True)
def divide_pair(
    links: Links, nodes: Nodes, part: Ints, pair: tuple[int, int], aim: Aim, seed: int
) -> bool:
    """Divide two neighbouring cells anew along one random tree, whatever the energy."""
    np.random.seed(seed)
    a, b = pair
    held = holdings(links, nodes, part, part.max() + 1)
    v = np.flatnonzero(part == a)[0]
    move = (v, b, len(part))
    return try_recombination(links, nodes, part, held, move, aim, np.inf, new_scratch(len(part)))

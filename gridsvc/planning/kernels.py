"""Compiled kernels of the refinement: shifts and the annealing that mixes them with trees.

Compiled by numba; with ``NUMBA_DISABLE_JIT=1`` the same text runs as plain Python and gives the
same plan, which a test compares. A *cell* is a number, ``part[node]`` the cell of a node.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from gridsvc.planning.arrays import Floats, Ints
from gridsvc.planning.energy import (
    NO_LOAD,
    Aim,
    Links,
    Nodes,
    Schedule,
    Scratch,
    cell_energy,
    holdings,
    new_scratch,
)
from gridsvc.planning.trees import try_recombination

#: Steps taken at one temperature.
SAME_HEAT = 64


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def try_shift(
    links: Links, nodes: Nodes, part: Ints, held: Floats, move: tuple[int, int, int],
    aim: Aim, heat: float, scratch: Scratch,
) -> None:  # fmt: skip
    """Hand a node to a neighbouring cell if the Metropolis rule allows.

    `move` is the node, the receiving cell and a stamp for `stays_connected`.
    """
    v, b, stamp = move
    a = part[v]
    if held[a, 0] - nodes.weight[v] <= NO_LOAD:
        return
    to_a, to_b, price = 0.0, 0.0, 0.0
    for e in range(links.first[v], links.first[v + 1]):
        if part[links.neighbour[e]] == a:
            to_a += links.length[e]
            price += links.cost[e]
        elif part[links.neighbour[e]] == b:
            to_b += links.length[e]
            price -= links.cost[e]
    if nodes.home[v] == a:
        price += nodes.stay[v]
    elif nodes.home[v] == b:
        price -= nodes.stay[v]
    w, s, seats = nodes.weight[v], nodes.area[v], nodes.seats[v]
    p_a = held[a, 2] - nodes.perimeter[v] + 2 * to_a
    p_b = held[b, 2] + nodes.perimeter[v] - 2 * to_b
    without = cell_energy(held[a, 0] - w, held[a, 1] - s, p_a, held[a, 3] - seats, aim)
    within = cell_energy(held[b, 0] + w, held[b, 1] + s, p_b, held[b, 3] + seats, aim)
    gain = held[a, 4] + held[b, 4] - without - within - price
    if gain < 0 and np.random.random() >= math.exp(gain / heat):
        return
    if stays_connected(links, part, v, stamp, scratch):
        held[a] = held[a, 0] - w, held[a, 1] - s, p_a, held[a, 3] - seats, without
        held[b] = held[b, 0] + w, held[b, 1] + s, p_b, held[b, 3] + seats, within
        part[v] = b


@njit(cache=True, nogil=True)
def anneal(
    links: Links, nodes: Nodes, part: Ints, k: int, aim: Aim, schedule: Schedule, seed: int
) -> None:
    """Improve `part` in place under a temperature that falls geometrically."""
    np.random.seed(seed)
    held = holdings(links, nodes, part, k, aim)
    scratch = new_scratch(len(part))
    heat = schedule.hot
    for step in range(schedule.steps):
        if step % SAME_HEAT == 0:
            heat = schedule.hot * (schedule.cold / schedule.hot) ** (step / schedule.steps)
        v = np.random.randint(0, len(part))
        degree = links.first[v + 1] - links.first[v]
        if degree == 0:
            continue
        b = part[links.neighbour[links.first[v] + np.random.randint(0, degree)]]
        if b == part[v]:
            continue
        if np.random.random() < schedule.recombine:
            move = (v, b, schedule.most_union)
            try_recombination(links, nodes, part, held, move, aim, heat, scratch)
        else:
            try_shift(links, nodes, part, held, (v, b, step + 1), aim, heat, scratch)


@njit(cache=True, nogil=True)
def divide_pair(
    links: Links, nodes: Nodes, part: Ints, pair: tuple[int, int], aim: Aim, seed: int
) -> bool:
    """Divide two neighbouring cells anew along one random tree, whatever the energy."""
    np.random.seed(seed)
    a, b = pair
    held = holdings(links, nodes, part, part.max() + 1, aim)
    v = np.flatnonzero(part == a)[0]
    move = (v, b, len(part))
    return try_recombination(links, nodes, part, held, move, aim, np.inf, new_scratch(len(part)))

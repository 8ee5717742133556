"""Recombination: two neighbouring cells divided anew along a random spanning tree."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from gridsvc.planning.arrays import Floats, Ints
from gridsvc.planning.energy import (
    COLUMNS,
    NO_LOAD,
    Aim,
    Links,
    Nodes,
    Scratch,
    cell_energy,
    energy_of,
)


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def random_tree(links: Links, m: int, bias: float, scratch: Scratch) -> None:
    """Spanning tree of a union by Prim's rule on random keys; streets are taken last.

    Fills ``scratch.parent`` by local number and ``scratch.order`` from the root outwards.
    """
    members, local, parent = scratch.members, scratch.local, scratch.parent
    key, done = scratch.key, scratch.flag
    for i in range(m):
        key[i], done[i] = np.inf, 0
    root = np.random.randint(0, m)
    key[root], parent[root] = 0.0, -1
    for k in range(m):
        at = -1
        for i in range(m):
            if not done[i] and (at < 0 or key[i] < key[at]):
                at = i
        done[at] = 1
        scratch.order[k] = at
        for e in range(links.first[members[at]], links.first[members[at] + 1]):
            i = local[links.neighbour[e]]
            if i >= 0 and not done[i]:
                drawn = np.random.random() + bias * links.street[e]
                if drawn < key[i]:
                    key[i], parent[i] = drawn, at


@njit(cache=True, nogil=True)
def common_ancestor(parent: Ints, depth: Ints, x: int, y: int) -> int:
    """Lowest common ancestor of two nodes of a tree."""
    while x != y:
        if depth[x] >= depth[y]:
            x = parent[x]
        else:
            y = parent[y]
    return x


@njit(cache=True, nogil=True)
def subtree_sums(links: Links, nodes: Nodes, m: int, scratch: Scratch) -> Floats:
    """Per subtree: load, area, outline, seats, border and cost towards the rest of the union.

    A link inside a subtree borders nothing: it is taken off at the lowest common ancestor of its
    ends and so off every subtree that holds both.
    """
    members, local = scratch.members, scratch.local
    parent, order = scratch.parent, scratch.order
    sums, depth = scratch.sums, scratch.depth
    for k in range(m):
        depth[order[k]] = depth[parent[order[k]]] + 1 if k else 0
        for column in range(COLUMNS):
            sums[k, column] = 0.0
    for i in range(m):
        v = members[i]
        sums[i, 0] += nodes.weight[v]
        sums[i, 1] += nodes.area[v]
        sums[i, 2] += nodes.perimeter[v]
        sums[i, 3] += nodes.seats[v]
        for e in range(links.first[v], links.first[v + 1]):
            j = local[links.neighbour[e]]
            if j >= 0:
                x = common_ancestor(parent, depth, i, j)  # met once from each end
                sums[i, 4] += links.length[e]
                sums[i, 5] += links.cost[e]
                sums[x, 2] -= links.length[e]
                sums[x, 4] -= links.length[e]
                sums[x, 5] -= links.cost[e]
    for k in range(m - 1, 0, -1):
        for column in range(COLUMNS):
            sums[parent[order[k]], column] += sums[order[k], column]
    return sums


@njit(cache=True, nogil=True)
def best_cut(sums: Floats, order: Ints, m: int, aim: Aim) -> tuple[int, float]:
    """Tree edge with the least energy: the local number below it (-1 for none), that energy."""
    whole = sums[order[0]]
    best, least = -1, np.inf
    for k in range(1, m):
        below = sums[order[k]]
        rest = whole[0] - below[0]
        if below[0] <= NO_LOAD or rest <= NO_LOAD:
            continue
        outline = whole[2] - below[2] + 2 * below[4]
        energy = (
            cell_energy(below[0], below[1], below[2], below[3], aim)
            + cell_energy(rest, whole[1] - below[1], outline, whole[3] - below[3], aim)
            + below[5]
        )
        if energy < least:
            best, least = order[k], energy
    return best, least


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def apply_cut(
    part: Ints, held: Floats, pair: tuple[int, int], cut: int, sums: Floats, m: int,
    aim: Aim, scratch: Scratch,
) -> None:  # fmt: skip
    """Give the subtree below a cut to the first cell of a pair and the rest to the second."""
    a, b = pair
    below = scratch.flag
    for k in range(m):
        i = scratch.order[k]
        above = scratch.parent[i]
        below[i] = 1 if i == cut or (above >= 0 and below[above] == 1) else 0
        part[scratch.members[i]] = a if below[i] == 1 else b
    whole = sums[scratch.order[0]]
    for column in range(4):
        held[a, column] = sums[cut, column]
        held[b, column] = whole[column] - sums[cut, column]
    held[b, 2] += 2 * sums[cut, 4]
    held[a, 4], held[b, 4] = energy_of(held[a], aim), energy_of(held[b], aim)


@njit(cache=True, nogil=True)
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
        price = present_price(links, part, m, scratch)
        gain = held[a, 4] + held[b, 4] + price - energy
        if cut >= 0 and (gain >= 0 or np.random.random() < math.exp(gain / heat)):
            apply_cut(part, held, (a, b), cut, sums, m, aim, scratch)
            accepted = True
    for i in range(m):
        scratch.local[scratch.members[i]] = -1
    return accepted

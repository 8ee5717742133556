"""What the compiled kernels work on: the graph, the aim, and the energy of a cell."""

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

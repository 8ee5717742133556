"""What the compiled kernels work on: the graph, the aim, and the energy of a cell."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from gridsvc.planning.arrays import Floats, Ints

#: Cells are counted as ragged from this inverse of their compactness on, and fully at that.
RAGGED_FROM, RAGGED_TO = 1.9, 2.6
#: Sums kept per subtree: load, area, outline, seats, border and cost towards the rest.
COLUMNS = 6
#: A load below this is what rounding left of none: shares of a building need not add up exactly.
NO_LOAD = 1e-6


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
    """Per node: load as the balance sees it, square metres, metres of outline, seats.

    A node with a `seat` holds a point round which a cell of its own is to grow. ``home`` is the
    cell a node had in an earlier plan (-1 for none), ``stay`` what it costs to leave it.
    """

    weight: Floats
    area: Floats
    perimeter: Floats
    seats: Floats
    home: Ints
    stay: Floats


class Aim(NamedTuple):
    """What a good cell is.

    Load: the target, the share of it by which a cell may be off, least and most. Prices: of
    being off by more than the tolerance and by more than twice as much, of each share of
    deviation, of its square, of a unit of raggedness, of being ragged at all, of each share of
    the target outside least and most, and of a second seat.
    """

    target: float
    tolerance: float
    least: float
    most: float
    beyond: float
    far_beyond: float
    deviation: float
    squared: float
    ragged: float
    very_ragged: float
    limits: float
    seats: float


class Schedule(NamedTuple):
    """How long to anneal and how: steps, temperatures, share of recombinations."""

    steps: int
    hot: float
    cold: float
    recombine: float
    most_union: int


class Scratch(NamedTuple):
    """Working memory, one entry (of `sums` a row) per node."""

    mark: Ints
    queue: Ints
    local: Ints
    members: Ints
    parent: Ints
    order: Ints
    depth: Ints
    flag: Ints
    key: Floats
    sums: Floats


@njit(cache=True, nogil=True)
def ramp(x: float, start: float, end: float) -> float:
    """Nought before the start, one after the end, rising between."""
    return min(max((x - start) / (end - start), 0.0), 1.0)


@njit(cache=True, nogil=True)
def cell_energy(load: float, area: float, perimeter: float, seats: float, aim: Aim) -> float:
    """Energy of one cell: its deviation from the target and the raggedness of its outline.

    The steps begin a little inside the tolerances; raggedness is the inverse of Polsby and
    Popper's compactness, so that one ragged cell costs more than two plain ones.
    """
    off = abs(load - aim.target) / aim.target
    ragged = min(perimeter * perimeter / (4.0 * math.pi * area), 12.0)
    outside = max(aim.least - load, load - aim.most, 0.0) / aim.target
    return (
        aim.beyond * ramp(off, 0.85 * aim.tolerance, 1.05 * aim.tolerance)
        + aim.far_beyond * ramp(off, 1.85 * aim.tolerance, 2.05 * aim.tolerance)
        + aim.deviation * off
        + aim.squared * off * off
        + aim.ragged * ragged
        + aim.very_ragged * ramp(ragged, RAGGED_FROM, RAGGED_TO)
        + aim.limits * outside
        + aim.seats * max(seats - 1.0, 0.0)
    )


@njit(cache=True, nogil=True)
def new_scratch(n: int) -> Scratch:
    """Working memory for n nodes."""
    none = np.full(n, -1, dtype=np.int64)
    zeros = np.zeros((8, n), dtype=np.int64)
    return Scratch(
        mark=zeros[0],
        queue=zeros[1],
        local=none,
        members=zeros[2],
        parent=zeros[3],
        order=zeros[4],
        depth=zeros[5],
        flag=zeros[6],
        key=np.zeros(n),
        sums=np.zeros((n, COLUMNS)),
    )


@njit(cache=True, nogil=True)
def holdings(links: Links, nodes: Nodes, part: Ints, k: int, aim: Aim) -> Floats:
    """Load, area, outline, seats and energy of every cell, shape (k, 5)."""
    held = np.zeros((k, 5))
    for v in range(len(part)):
        cell = part[v]
        held[cell, 0] += nodes.weight[v]
        held[cell, 1] += nodes.area[v]
        held[cell, 2] += nodes.perimeter[v]
        held[cell, 3] += nodes.seats[v]
        for e in range(links.first[v], links.first[v + 1]):
            if part[links.neighbour[e]] == cell:
                held[cell, 2] -= links.length[e]
    for cell in range(k):
        held[cell, 4] = energy_of(held[cell], aim)
    return held


@njit(cache=True, nogil=True)
def energy_of(held: Floats, aim: Aim) -> float:
    """Energy of one cell's row of holdings."""
    return cell_energy(held[0], held[1], held[2], held[3], aim)

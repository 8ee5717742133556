"""Sectors: land between heavy barriers, planned by itself wherever its households allow.

A grid worker does not cross a river, a railway or a trunk road in passing. Land is therefore
divided along them first. A sector that no whole number of cells fits is joined to a neighbour,
and only there may a cell cross a heavy barrier.
"""

from __future__ import annotations

import numpy as np

from gridsvc.planning.arrays import Bools, Floats, Ints, components, summed_by
from gridsvc.planning.counts import effective
from gridsvc.planning.graph import BARRED_SHARE, DualGraph
from gridsvc.planning.wish import Goal

#: Cells of a sector should on average keep within this share of the tolerance.
ROOM = 0.8


def sectors(graph: DualGraph, goal: Goal) -> Ints:
    """Sector of every node: connected, numbered from 0.

    Parameters
    ----------
    graph
        Dual graph of one piece of land.
    goal
        Load a cell should have.
    """
    row, load = graph.row, effective(graph.load, goal.target)
    crossable = graph.heavy <= BARRED_SHARE * graph.length
    sector = components(len(graph.area), row[crossable], graph.neighbour[crossable])
    while (joined := _join_smallest_misfit(graph, sector, load, goal)) is not None:
        sector = joined
    return sector


def fits(load: Floats, goal: Goal) -> Bools:
    """Whether a whole number of cells near the target adds up to each load."""
    cells = np.maximum(np.round(load / goal.target), 1)
    return np.asarray(np.abs(load / cells - goal.target) <= ROOM * goal.tolerance * goal.target)


def _join_smallest_misfit(graph: DualGraph, sector: Ints, load: Floats, goal: Goal) -> Ints | None:
    """Join the smallest misfit that has a neighbour to the best of them; None where none has."""
    held = summed_by(sector, load, int(sector.max()) + 1)
    misfit = ~fits(held, goal)
    a, b = sector[graph.row], sector[graph.neighbour]
    for small in np.flatnonzero(misfit)[np.argsort(held[misfit], kind="stable")]:
        border = (a == small) & (b != small)
        if not border.any():
            continue
        shared = np.bincount(b[border], graph.length[border], len(held))
        barred = np.bincount(b[border], graph.heavy[border], len(held))
        near = np.flatnonzero(shared > 0)
        good = fits(held[near] + held[small], goal)
        # The weakest barrier first, the longest border among equals.
        order = np.lexsort((near, -shared[near], np.round(barred[near] / shared[near], 1), ~good))
        joined = np.where(sector == small, near[order[0]], sector)
        return np.unique(joined, return_inverse=True)[1].astype(np.int64)
    return None

"""Refinement: small moves of the borders under simulated annealing.

Two moves keep every cell connected. A *shift* hands one node to a neighbouring cell; a
*recombination* joins two neighbouring cells, draws a random spanning tree of the union and cuts
its best edge (DeFord, Duchin and Solomon, "Recombination", Harvard Data Science Review 3.1,
2021). Streets enter the tree last, so cuts tend to follow them. Moves are accepted by the
Metropolis rule under a falling temperature (Kirkpatrick, Gelatt and Vecchi, Science 220, 1983).
"""

from __future__ import annotations

import math

import numpy as np

from gridsvc.planning.arrays import Ints
from gridsvc.planning.counts import effective
from gridsvc.planning.energy import Aim, Links, Nodes, Schedule
from gridsvc.planning.graph import DualGraph, in_common
from gridsvc.planning.kernels import anneal, divide_pair
from gridsvc.planning.wish import Goal

#: Share of its cost that a border saves by lying on a barrier of full weight.
STREET_DISCOUNT = 0.9
#: What a metre of heavy barrier inside a cell costs, in metres of border through a block.
HEAVY_PENALTY = 2.0
#: Energy of a border through a block as long as the side of a mean cell.
BORDER_ENERGY = 1.4
#: Energy of a cell beyond the tolerance and beyond twice the tolerance, of each share of
#: deviation, of its square, of each unit of raggedness and of being ragged at all.
BEYOND, FAR_BEYOND, DEVIATION, SQUARED, RAGGED, VERY_RAGGED = 4.5, 3.0, 0.5, 3.0, 0.6, 3.0
#: Energy of each share of the target outside least and most, and of a second seed in a cell.
OUTSIDE_LIMITS, SECOND_SEED = 20.0, 20.0
#: Energy of taking one target's load out of the cell it had in an earlier plan.
MOVED = 3.0
#: Temperatures between which the annealing cools, in units of the energy.
HOT, COLD = 1.5, 0.02
#: The first temperature where an earlier plan is mended.
WARM = 0.15
#: Steps per node and per cell, and the most for one sector.
STEPS_PER_NODE, STEPS_PER_CELL, MOST_STEPS = 1500, 50_000, 80_000_000
#: Share of steps that try a recombination where two cells have few nodes.
RECOMBINE_SHARE = 0.05
#: A tree costs the square of its nodes: trees per step times that square stay below this.
TREE_WORK = 80.0
#: Unions of more nodes than this are not recombined: their trees take too long.
MOST_UNION = 600


def refine(graph: DualGraph, part: Ints, goal: Goal, seed: int) -> Ints:
    """Better cells for the same graph.

    Parameters
    ----------
    graph
        Connected dual graph. Where nodes were in an earlier plan's cells, `part` is taken to be
        that plan, and nodes leave it only for a good reason.
    part
        Connected, inhabited cells to start from, numbered from 0.
    goal
        Load a cell should have.
    seed
        Seed of the annealing.

    Returns
    -------
    array of int
        As many cells as `part`, connected and inhabited.
    """
    k = int(part.max()) + 1
    part = part.copy()
    if k > 1:
        links, nodes = _terms(graph, part, goal)
        anneal(links, nodes, part, k, _aim(goal), _schedule(graph, k), seed % 2**32)
    return part


def make_ready() -> None:
    """Compile the kernels, or load what was compiled before: once, before threads need them."""
    pair = DualGraph(
        node_of_face=np.arange(2),
        households=np.ones(2, dtype=np.int64),
        load=np.ones(2),
        area=np.ones(2),
        outer=np.full(2, 3.0),
        seats=np.zeros(2, dtype=np.int64),
        home=np.full(2, -1, dtype=np.int64),
        first=np.array([0, 1, 2]),
        neighbour=np.array([1, 0]),
        length=np.ones(2),
        street=np.zeros(2),
        eased=np.zeros(2),
        heavy=np.zeros(2),
    )
    links, nodes = _terms(pair, np.arange(2), Goal(1.0))
    aim, schedule = _aim(Goal(1.0)), Schedule(1, HOT, COLD, 1.0, MOST_UNION)
    anneal(links, nodes, np.arange(2), 2, aim, schedule, 0)
    divide_pair(links, nodes, np.arange(2), (0, 1), aim, 0)


def divide_again(
    graph: DualGraph, part: Ints, pair: tuple[int, int], goal: Goal, seed: int
) -> Ints | None:
    """Divide two neighbouring cells along one random tree; None where it has no good edge.

    Parameters
    ----------
    graph, part
        Dual graph and cell of every node.
    pair
        The two cells; together they are connected.
    goal
        Load a cell should have.
    seed
        Seed of the tree.
    """
    links, nodes = _terms(graph, part, goal)
    part = part.copy()
    done = divide_pair(links, nodes, part, pair, _aim(goal), seed % 2**32)
    return part if done else None


def _schedule(graph: DualGraph, k: int) -> Schedule:
    n = len(graph.area)
    steps = min(STEPS_PER_NODE * n + STEPS_PER_CELL * k, MOST_STEPS)
    if (graph.home >= 0).any():
        return Schedule(steps, WARM, COLD, 0.0, MOST_UNION)
    share = min(RECOMBINE_SHARE, TREE_WORK / (2 * n / k) ** 2)
    return Schedule(steps, HOT, COLD, share, MOST_UNION)


def _aim(goal: Goal) -> Aim:
    return Aim(
        target=goal.target,
        tolerance=goal.tolerance,
        least=goal.least,
        most=goal.most,
        beyond=BEYOND,
        far_beyond=FAR_BEYOND,
        deviation=DEVIATION,
        squared=SQUARED,
        ragged=RAGGED,
        very_ragged=VERY_RAGGED,
        limits=OUTSIDE_LIMITS,
        seats=SECOND_SEED,
    )


def _terms(graph: DualGraph, part: Ints, goal: Goal) -> tuple[Links, Nodes]:
    """The graph in the numbers the energy is made of."""
    n = len(graph.area)
    side = math.sqrt(float(graph.area.sum()) / (int(part.max()) + 1))
    through = graph.length - STREET_DISCOUNT * graph.eased - HEAVY_PENALTY * graph.heavy
    links = Links(
        first=graph.first,
        neighbour=graph.neighbour,
        length=graph.length,
        cost=BORDER_ENERGY * through / side,
        street=graph.eased / np.maximum(graph.length, 1e-9),
    )
    nodes = Nodes(
        weight=effective(graph.load, goal.target),
        area=graph.area,
        perimeter=graph.outer + np.bincount(graph.row, graph.length, n),
        seats=graph.seats.astype(np.float64),
        home=_home_cells(graph, part),
        stay=MOVED * graph.load / goal.target,
    )
    return links, nodes


def _home_cells(graph: DualGraph, part: Ints) -> Ints:
    """Cell of `part` that carries on the earlier cell of each node; -1 where none does."""
    cells, homes, common = in_common(graph, part)
    # The last entry stands for nodes that were in no earlier cell.
    heir = np.full(int(graph.home.max()) + 2, -1, dtype=np.int64)
    order = np.argsort(common, kind="stable")
    heir[homes[order]] = cells[order]  # the last write, the largest load, stays
    return heir[graph.home]

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

from gridsvc.planning.arrays import Ints, components
from gridsvc.planning.energy import Aim, Links, Nodes, Schedule
from gridsvc.planning.graph import DualGraph, subgraph
from gridsvc.planning.kernels import anneal, divide_pair
from gridsvc.planning.seed import effective, seed_partition

#: Share of its cost that a border saves by lying on a barrier of full weight.
STREET_DISCOUNT = 0.85
#: What a metre of heavy barrier inside a cell costs, in metres of border through a block.
HEAVY_PENALTY = 2.0
#: Energy of a border through a block as long as the side of a mean cell.
BORDER_ENERGY = 0.4
#: Energy of a cell beyond a tenth and beyond a fifth of the target, of each share of deviation,
#: of its square, and of each unit of raggedness.
BEYOND_TENTH, BEYOND_FIFTH, DEVIATION, SQUARED, RAGGED = 2.0, 1.0, 3.0, 4.0, 0.4
#: Temperatures between which the annealing cools, in units of the energy.
HOT, COLD = 1.0, 0.01
#: Steps per node and per cell, and the most for one piece of land.
STEPS_PER_NODE, STEPS_PER_CELL, MOST_STEPS = 1500, 50_000, 80_000_000
#: Share of steps that try a recombination where two cells have few nodes.
RECOMBINE_SHARE = 0.05
#: A tree costs the square of its nodes: trees per step times that square stay below this.
TREE_WORK = 80.0
#: Unions of more nodes than this are not recombined: their trees take too long.
MOST_UNION = 600


def partition(graph: DualGraph, target: float, seed: int) -> Ints:
    """Cell of every node: seeded and refined in each connected component by itself.

    Land can hang together by a neck thinner than the precision grid, and cells by a corner.

    Parameters
    ----------
    graph
        Dual graph.
    target
        Households a cell should have.
    seed
        Seed of METIS and of the annealing.

    Returns
    -------
    array of int
        Cells numbered from 0, each connected.
    """
    row = np.repeat(np.arange(len(graph.area)), np.diff(graph.first))
    component = components(len(graph.area), row, graph.neighbour)
    part = np.zeros(len(graph.area), dtype=np.int64)
    start = 0
    for one in range(int(component.max()) + 1):
        nodes = np.flatnonzero(component == one)
        connected = subgraph(graph, nodes)
        cells = refine(connected, seed_partition(connected, target, seed), target, seed)
        part[nodes] = start + cells
        start += int(cells.max()) + 1
    return part


def refine(graph: DualGraph, part: Ints, target: float, seed: int) -> Ints:
    """Better cells for the same graph.

    Parameters
    ----------
    graph
        Connected dual graph.
    part
        Connected, inhabited cells to start from, numbered from 0.
    target
        Households a cell should have.
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
        steps = min(STEPS_PER_NODE * len(part) + STEPS_PER_CELL * k, MOST_STEPS)
        share = min(RECOMBINE_SHARE, TREE_WORK / (2 * len(part) / k) ** 2)
        schedule = Schedule(steps, HOT, COLD, share, MOST_UNION)
        links, nodes = _terms(graph, target, k)
        anneal(links, nodes, part, k, _aim(target), schedule, seed % 2**32)
    return part


def divide_again(
    graph: DualGraph, part: Ints, pair: tuple[int, int], target: float, seed: int
) -> Ints | None:
    """Divide two neighbouring cells along one random tree; None where it has no good edge.

    Parameters
    ----------
    graph, part
        Dual graph and cell of every node.
    pair
        The two cells; together they are connected.
    target
        Households a cell should have.
    seed
        Seed of the tree.
    """
    part = part.copy()
    links, nodes = _terms(graph, target, int(part.max()) + 1)
    done = divide_pair(links, nodes, part, pair, _aim(target), seed % 2**32)
    return part if done else None


def _aim(target: float) -> Aim:
    return Aim(float(target), BEYOND_TENTH, BEYOND_FIFTH, DEVIATION, SQUARED, RAGGED)


def _terms(graph: DualGraph, target: float, k: int) -> tuple[Links, Nodes]:
    """The graph in the numbers the energy is made of."""
    side = math.sqrt(float(graph.area.sum()) / k)
    through = graph.length - STREET_DISCOUNT * graph.eased - HEAVY_PENALTY * graph.heavy
    row = np.repeat(np.arange(len(graph.area)), np.diff(graph.first))
    links = Links(
        first=graph.first,
        neighbour=graph.neighbour,
        length=graph.length,
        cost=BORDER_ENERGY * through / side,
        street=graph.eased / np.maximum(graph.length, 1e-9),
    )
    perimeter = graph.outer + np.bincount(row, graph.length, len(graph.area))
    return links, Nodes(effective(graph.households, target), graph.area, perimeter)

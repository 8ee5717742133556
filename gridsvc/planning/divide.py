"""One sector divided in cells: seeded, refined, and tried again where something is left over.

Annealing ends in one of many good divisions, now and then in one with a cell left over or one
cell inside another. A few more starts cost little and mend most of that.
"""

from __future__ import annotations

from itertools import cycle

import numpy as np

from gridsvc.planning.arrays import Geometries, Ints
from gridsvc.planning.cells import enclosures, union_faces
from gridsvc.planning.counts import effective
from gridsvc.planning.graph import DualGraph
from gridsvc.planning.refine import refine
from gridsvc.planning.seed import earlier_partition, seed_partition
from gridsvc.planning.wish import Goal

#: Starts at most.
STARTS = 5


def divide_sector(
    graph: DualGraph, faces: Geometries, counts: list[int], goal: Goal, seed: int
) -> Ints:
    """Cell of every node of a sector: the best of a few divisions, the first that is faultless.

    Parameters
    ----------
    graph
        Connected dual graph of the sector.
    faces
        Faces of the whole arrangement; those of other sectors have no node in `graph`.
    counts
        Number of cells, the one wanted most first; the others are tried where it leaves a fault.
    goal
        Load a cell should have.
    seed
        Seed of the first division; the others follow from it.

    Returns
    -------
    array of int
        Connected, inhabited cells numbered from 0.
    """
    if (graph.home >= 0).any():
        return refine(graph, earlier_partition(graph, counts[0]), goal, seed)
    best, fewest = np.zeros(len(graph.area), dtype=np.int64), np.inf
    chances = np.random.SeedSequence(seed).generate_state(STARTS)
    for chance, k in zip(chances, cycle(counts), strict=False):
        part = seed_partition(graph, k, goal.target, int(chance))
        part = refine(graph, part, goal, int(chance))
        found = faults(graph, faces, part, goal)
        if found < fewest:
            best, fewest = part, found
        if fewest == 0:
            break
    return best


def faults(graph: DualGraph, faces: Geometries, part: Ints, goal: Goal) -> float:
    """Cells off balance, by how much; those that enclose another count as two."""
    load = np.bincount(part, effective(graph.load, goal.target))
    off = np.abs(load - goal.target) / (goal.tolerance * goal.target)
    own = graph.node_of_face >= 0
    cells = union_faces(faces[own], part[graph.node_of_face[own]])
    return float(np.minimum(off, 2.0)[off > 1 + 1e-9].sum()) + 2.0 * len(enclosures(cells))

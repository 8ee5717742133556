"""Turns that are not allowed: their junctions are taken apart, so that no way leads there; pure.

A shortest path knows nodes and not where it came from. So a junction with such a turn becomes two
nodes for each road that meets there, one where its traffic arrives and one where it leaves, and a
stub of a millisecond for each turn that is allowed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gridsvc.roads.arrays import Bools, Ints
from gridsvc.roads.modes import MODES


@dataclass(frozen=True)
class Turn:
    """A turn from one way into another at a point.

    Attributes
    ----------
    from_way, to_way
        Numbers of the ways in their source.
    via
        Number of the point where they meet.
    only
        Whether it is the only one allowed from there; else it is the one that is not.
    bars
        Whom of `MODES` it is said of.
    """

    from_way: int
    via: int
    to_way: int
    only: bool
    bars: tuple[bool, ...]


class End(NamedTuple):
    """An edge where it meets a junction, at its head or its tail."""

    edge: int
    at_head: bool


@dataclass(frozen=True)
class Apart:
    """Junctions taken apart.

    Attributes
    ----------
    arrives, leaves
        Number of the node for each end of an edge there, for who comes and who goes.
    stub_tail, stub_head
        Nodes of each turn that is allowed.
    stub_place
        End whose point it lies at.
    allowed
        Shape (stubs, modes): who may turn so.
    nodes
        How many nodes there are then.
    left_out
        Turns that were not understood, with counts.
    """

    arrives: dict[End, int]
    leaves: dict[End, int]
    stub_tail: list[int]
    stub_head: list[int]
    stub_place: list[End]
    allowed: list[Bools]
    nodes: int
    left_out: dict[str, int]


def take_apart(
    turns: tuple[Turn, ...], way: Ints, tail: Ints, head: Ints, node_of: dict[int, int], nodes: int
) -> Apart:
    """Take every junction apart at which somebody may not turn as they like.

    Parameters
    ----------
    turns
        What is not allowed.
    way, tail, head
        Of each edge: number of its way in the source, and the nodes at its ends.
    node_of
        Node of each point at which there is a turn.
    nodes
        How many nodes there are.
    """
    at: dict[int, list[End]] = defaultdict(list)
    wanted = set(node_of.values())
    for ends, at_head in ((tail, False), (head, True)):
        for edge in np.flatnonzero(np.isin(ends, list(wanted))):
            at[int(ends[edge])].append(End(int(edge), at_head))
    barred: dict[int, dict[tuple[End, End], Bools]] = defaultdict(dict)
    left_out: dict[str, int] = defaultdict(int)
    for turn in turns:
        node = node_of.get(turn.via, -1)
        pairs = _pairs(turn, at.get(node, []), way)
        if isinstance(pairs, str):
            left_out[pairs] += 1
        for pair in pairs if not isinstance(pairs, str) else ():
            known = barred[node].get(pair, np.zeros(len(MODES), dtype=bool))
            barred[node][pair] = known | np.array(turn.bars)
    apart = Apart({}, {}, [], [], [], [], nodes, dict(left_out))
    for node in sorted(barred):
        apart = _junction(apart, sorted(at[node]), barred[node])
    return apart


def _pairs(turn: Turn, ends: list[End], way: Ints) -> list[tuple[End, End]] | str:
    """Ends between which a turn bars the way; or why nobody can tell."""
    coming = [end for end in ends if way[end.edge] == turn.from_way]
    going = [end for end in ends if way[end.edge] == turn.to_way]
    if not coming or not going:
        return "turn restrictions of roads left out"
    # A way that runs on beyond the junction should have been divided there.
    if len(coming) > 1 or len(going) > 1:
        return "turn restrictions not clear"
    if turn.only:
        return [(coming[0], end) for end in ends if end != going[0]]
    return [(coming[0], going[0])]


def _junction(apart: Apart, ends: list[End], barred: dict[tuple[End, End], Bools]) -> Apart:
    """One junction more taken apart."""
    arrives = {end: apart.nodes + 2 * n for n, end in enumerate(ends)}
    leaves = {end: apart.nodes + 2 * n + 1 for n, end in enumerate(ends)}
    free = np.ones(len(MODES), dtype=bool)
    allowed = {
        (here, there): ~barred[here, there] if (here, there) in barred else free
        for here in ends
        for there in ends
    }
    turns = [pair for pair in allowed if allowed[pair].any()]
    return Apart(
        arrives=apart.arrives | arrives,
        leaves=apart.leaves | leaves,
        stub_tail=apart.stub_tail + [arrives[here] for here, _ in turns],
        stub_head=apart.stub_head + [leaves[there] for _, there in turns],
        stub_place=apart.stub_place + [here for here, _ in turns],
        allowed=apart.allowed + [allowed[pair] for pair in turns],
        nodes=apart.nodes + 2 * len(ends),
        left_out=apart.left_out,
    )

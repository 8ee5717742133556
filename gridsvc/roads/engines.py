"""Shortest times between nodes: by a customisable contraction hierarchy, or by Dijkstra.

Both give the same, to the millisecond. The hierarchy (pyroutingkit: RoutingKit's CCH, MIT)
answers in a tenth of a millisecond and takes new weights in milliseconds. Where its wheel is not
to be had or no hierarchy came with the graph, scipy's Dijkstra does the same a few times slower.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gridsvc.roads.arrays import Floats, Ints, Millis
from gridsvc.roads.graph import CLOSED, RoadGraph

try:
    import pyroutingkit
except ImportError:  # no wheel for this kind of machine
    pyroutingkit = None

#: Nodes that Dijkstra has not reached, in its table of predecessors.
_NONE = -9999


class Engine(Protocol):
    """Shortest paths under one set of weights."""

    def millis(self, froms: Ints, tos: Ints) -> Floats:
        """Milliseconds from each node to each other, shape (froms, tos); inf = no way."""
        ...

    def path(self, start: int, end: int) -> Ints:
        """Arcs of a shortest path; none where there is no way or nothing to go."""
        ...


def maker() -> str | None:
    """Who makes hierarchies on this machine, with the version; none where nobody does."""
    return f"pyroutingkit {version('pyroutingkit')}" if pyroutingkit is not None else None


def build_topology(graph: RoadGraph) -> Any:
    """Order the nodes of a graph for the hierarchy; seconds for a county."""
    # Built on the reversed roads: many candidates to one event is then one search from few nodes
    # to many, ten times quicker in this engine than the other way about.
    tails, heads = graph.arcs()
    topology = pyroutingkit.CCHTopology()
    topology.build(
        heads.astype(np.uint32),
        tails.astype(np.uint32),
        graph.lat.astype(np.float32),
        graph.lon.astype(np.float32),
        graph.nodes,
    )
    return topology


def topology_files(topology: Any) -> dict[str, bytes]:
    """What a topology is kept as: contents of files by name."""
    with tempfile.TemporaryDirectory(prefix="gridsvc-roads-") as folder:
        topology.save(folder)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def topology_from(files: dict[str, bytes]) -> Any:
    """The topology that was kept so."""
    topology = pyroutingkit.CCHTopology()
    with tempfile.TemporaryDirectory(prefix="gridsvc-roads-") as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        topology.load(folder)
    return topology


class Hierarchy:
    """The hierarchy under one set of weights, which are never changed.

    New weights are another object: `reset` and the like under running queries are unsafe, and
    whoever holds the old one goes on with it.
    """

    def __init__(self, topology: Any, weights: Millis) -> None:
        self._metric = pyroutingkit.CCHMetric(topology)
        self._metric.customize(weights)
        self._one_at_a_time = Lock()  # a query leaves marks in the metric

    def millis(self, froms: Ints, tos: Ints) -> Floats:
        """Milliseconds from each node to each other, shape (froms, tos); inf = no way."""
        with self._one_at_a_time:
            found = self._metric.distances_many_to_many(
                tos.astype(np.uint32), froms.astype(np.uint32)
            )
        return np.where(found < CLOSED, found, np.inf).T

    def path(self, start: int, end: int) -> Ints:
        """Arcs of a shortest path; none where there is no way or nothing to go."""
        with self._one_at_a_time:
            _, _, arcs = self._metric.query(end, start)
        return np.array(arcs[::-1], dtype=np.int64)


@dataclass(frozen=True)
class Links:
    """The cheapest open arc between each two nodes that have one, as a sparse matrix.

    `matrix` holds milliseconds from row to column, `arc` the number of the arc at the same place.
    """

    matrix: csr_array
    arc: Ints

    @classmethod
    def of(cls, graph: RoadGraph, weights: Millis) -> Links:
        """The links of a graph under some weights."""
        tails, heads = graph.arcs()
        usable = np.flatnonzero(weights < CLOSED)
        order = usable[np.lexsort((weights[usable], heads[usable], tails[usable]))]
        pair = tails[order] * graph.nodes + heads[order]
        cheapest = order[np.flatnonzero(np.diff(pair, prepend=-1))]
        rows = np.searchsorted(tails[cheapest], np.arange(graph.nodes + 1))
        matrix = csr_array(
            (weights[cheapest].astype(np.float64), heads[cheapest].astype(np.int32), rows),
            shape=(graph.nodes, graph.nodes),
        )
        return cls(matrix, cheapest)

    def arc_between(self, tail: int, head: int) -> int:
        """The arc of a link that is there."""
        begin, end = self.matrix.indptr[tail], self.matrix.indptr[tail + 1]
        place = begin + np.searchsorted(self.matrix.indices[begin:end], head)
        return int(self.arc[place])


class Dijkstra:
    """Dijkstra's algorithm, each question from scratch; exact like the hierarchy."""

    def __init__(self, graph: RoadGraph, weights: Millis) -> None:
        self._links = Links.of(graph, weights)
        self._reversed = csr_array(self._links.matrix.T)

    def millis(self, froms: Ints, tos: Ints) -> Floats:
        """Milliseconds from each node to each other, shape (froms, tos); inf = no way."""
        distinct, which = np.unique(tos, return_inverse=True)
        found: Floats = dijkstra(self._reversed, indices=distinct)[which][:, froms].T
        return found

    def path(self, start: int, end: int) -> Ints:
        """Arcs of a shortest path; none where there is no way or nothing to go."""
        _, before = dijkstra(self._links.matrix, indices=start, return_predecessors=True)
        arcs: list[int] = []
        while end != start and before[end] != _NONE:
            arcs.append(self._links.arc_between(int(before[end]), end))
            end = int(before[end])
        return np.array(arcs[::-1], dtype=np.int64)

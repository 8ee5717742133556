"""A graph in memory: its lines in metres, what conditions hit, and its engine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import shapely

from gridsvc.geo import metric_projection
from gridsvc.roads import engines
from gridsvc.roads.arrays import Bools, Geometries, Millis
from gridsvc.roads.conditions import Condition, affected, under
from gridsvc.roads.engines import Engine
from gridsvc.roads.modes import Mode
from gridsvc.roads.packing import Packed
from gridsvc.roads.snapping import Segments


class RoadNet:
    """The roads of one area, ready to travel on; nothing of it changes."""

    def __init__(self, packed: Packed) -> None:
        graph = self.graph = packed.graph
        bounds = (graph.line_lon.min(), graph.line_lat.min(), graph.line_lon.max())
        self.project = metric_projection((*bounds, graph.line_lat.max()))
        self._xy = self.project(graph.line_lon, graph.line_lat)
        self.segments = Segments.of(graph.first, self._xy)
        # Another version may keep its files another way: rather slow than wrong.
        own = packed.maker is not None and packed.maker == engines.maker()
        self._topology: Any = engines.topology_from(packed.hierarchy) if own else None

    @property
    def has_hierarchy(self) -> bool:
        """Whether questions are answered by the hierarchy."""
        return self._topology is not None

    @cached_property
    def lines(self) -> Geometries:
        """Lines of the edges, in metres."""
        edge = np.repeat(np.arange(self.graph.edges), np.diff(self.graph.first))
        lines: Geometries = shapely.linestrings(self._xy, indices=edge)
        return lines

    def edges_of(self, condition: Condition) -> Bools:
        """Which edges a condition hits."""
        shape = condition.shape
        if shape is not None:
            shape = shapely.transform(shape, lambda lonlat: self.project(*lonlat.T))
        return affected(condition, self.graph, self.lines, shape)

    def weights(self, mode: Mode, conditions: Iterable[Condition] = ()) -> Millis:
        """Milliseconds of every arc in a mode under conditions."""
        hits = [(one, self.edges_of(one)) for one in conditions if mode in one.modes]
        return under(self.graph.millis, mode, hits)

    def engine(self, weights: Millis) -> Engine:
        """Shortest paths under some weights."""
        if self._topology is None:
            return engines.Dijkstra(self.graph, weights)
        return engines.Hierarchy(self._topology, weights)

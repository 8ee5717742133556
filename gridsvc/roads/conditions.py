"""Closures and slow hours, and the edges of a graph that they hit; pure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import numpy as np
import shapely

from gridsvc.roads.arrays import Bools, Geometries, Millis
from gridsvc.roads.graph import CLOSED, RoadGraph
from gridsvc.roads.modes import MODES, Mode

#: A closed point closes the road it lies on, if it lies on one.
POINT_REACH_M = 30.0
#: A closed line closes the roads that run along it within this, not those that cross it.
LINE_REACH_M = 8.0
_ALONG_SHARE = 0.5
#: Fewest and most times that a slow road takes as long as usual.
LEAST_FACTOR, MOST_FACTOR = 1.0, 10.0


@dataclass(frozen=True)
class Condition:
    """Roads closed or slow; what is named of shape, way and class must all apply.

    Attributes
    ----------
    key
        Tells it from every other, in whatever database.
    shape
        Point, LineString or Polygon in degrees, WGS-84; none = wherever.
    way
        Number of the way in the source of the graph; none = whichever.
    road_class
        Class of road, with its slip roads; none = every class.
    modes
        Who is affected.
    factor
        How many times as long it takes; none = closed.
    """

    key: UUID
    shape: shapely.Geometry | None
    way: int | None
    road_class: str | None
    modes: tuple[Mode, ...]
    factor: float | None


def affected(
    condition: Condition, graph: RoadGraph, lines: Geometries, shape: shapely.Geometry | None
) -> Bools:
    """Which edges of a graph a condition hits.

    Parameters
    ----------
    lines
        Lines of the edges in metres.
    shape
        The condition's shape in the same metres.
    """
    hit = np.ones(graph.edges, dtype=bool)
    if condition.way is not None:
        hit &= graph.way == condition.way
    if condition.road_class is not None:
        names = [name.removesuffix("_link") == condition.road_class for name in graph.classes]
        hit &= np.array(names, dtype=bool)[graph.road_class]
    if shape is not None:
        hit[hit] = _touched(shape, lines[hit])
    return hit


def _touched(shape: shapely.Geometry, lines: Geometries) -> Bools:
    if shape.geom_type == "Point":
        distance = shapely.distance(lines, shape)
        nearest = distance.min(initial=np.inf)
        # At a junction all that meet there are equally near; of a street, both of its sides.
        hit: Bools = (distance <= nearest + 0.01) & (distance <= POINT_REACH_M)
    elif shape.geom_type == "LineString":
        beside = shape.buffer(LINE_REACH_M)
        along = shapely.length(shapely.intersection(lines, beside))
        needed = np.minimum(shapely.length(lines), shape.length) * _ALONG_SHARE
        hit = (along > 0) & (along >= needed)
    else:
        hit = shapely.intersects(lines, shape)
    return hit


def under(usual: Millis, mode: Mode, hits: list[tuple[Condition, Bools]]) -> Millis:
    """Milliseconds of the arcs of a mode under some conditions; several slow ones multiply.

    Parameters
    ----------
    usual
        Shape (modes, arcs), as the graph has it.
    """
    weights = usual[MODES.index(mode)].astype(np.float64)
    shut = usual[MODES.index(mode)] >= CLOSED
    for condition, edges in hits:
        arcs = np.repeat(edges, 2)
        if condition.factor is None:
            shut |= arcs
        else:
            weights[arcs] *= condition.factor
    bounded = np.where(shut, CLOSED, np.minimum(np.round(weights), CLOSED - 1))
    return bounded.astype(np.uint32)

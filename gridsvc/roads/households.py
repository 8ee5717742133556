"""Whether roads are those of a county: do they touch it, and how many homes they reach; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridsvc.geo import metric_projection
from gridsvc.roads.arrays import Floats, Geometries, Ints
from gridsvc.roads.graph import RoadGraph

#: A household whose nearest road is farther than this lies outside what the roads are of: even
#: the largest blocks of a city and the yards of a village have one nearer.
NEAR_M = 500.0
#: Least share of the households the roads in force reach that other roads must reach too. Roads
#: that are drawn anew, or a third of them left out, still pass within `NEAR_M` of nearly
#: everybody; where one household in twenty is reached no more, a part of the map is missing.
LEAST_KEPT = 0.95


@dataclass(frozen=True)
class Homes:
    """A county as far as it is loaded.

    Attributes
    ----------
    outlines
        Polygons of its communities, degrees, WGS-84.
    lon, lat
        Place of each building with households, degrees, WGS-84.
    households
        Number of households in each.
    """

    outlines: Geometries
    lon: Floats
    lat: Floats
    households: Ints

    @property
    def count(self) -> int:
        """Households of all buildings."""
        return int(self.households.sum())


def touches(graph: RoadGraph, homes: Homes) -> bool:
    """Whether any road runs through a community; true where no community is drawn yet."""
    if not len(homes.outlines):
        return True
    whole = shapely.union_all(homes.outlines)
    shapely.prepare(whole)
    return bool(shapely.intersects(whole, _lines(graph, _degrees(graph))).any())


def near(graph: RoadGraph, homes: Homes) -> int:
    """Households within `NEAR_M` of a road."""
    box = (graph.line_lon.min(), graph.line_lat.min(), graph.line_lon.max(), graph.line_lat.max())
    project = metric_projection(box)
    roads = shapely.STRtree(_lines(graph, project(graph.line_lon, graph.line_lat)))
    places = shapely.points(project(homes.lon, homes.lat))
    reached, _ = roads.query_nearest(places, max_distance=NEAR_M, all_matches=False)
    return int(homes.households[reached].sum())


def _degrees(graph: RoadGraph) -> Floats:
    return np.column_stack([graph.line_lon, graph.line_lat])


def _lines(graph: RoadGraph, vertices: Floats) -> Geometries:
    edge = np.repeat(np.arange(graph.edges), np.diff(graph.first))
    lines: Geometries = shapely.linestrings(vertices, indices=edge)
    return lines

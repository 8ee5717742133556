"""Blocks: the faces that barriers cut a piece of land into.

Mapped streets rarely meet exactly: lines end short of each other by anything from a tenth of a
millimetre to some metres. Loose ends are therefore joined to the nearest line first, then all
lines are noded on the precision grid and polygonised.
"""

from __future__ import annotations

import numpy as np
import shapely

from gridsvc.planning.arrays import Bools, Geometries
from gridsvc.planning.inputs import GRID_M

#: A line that ends within this distance of another is taken to meet it.
JOIN_M = 12.0


def barrier_network(
    piece: shapely.Polygon, lines: Geometries, footprints: shapely.STRtree
) -> Geometries:
    """Noded barriers of one piece of land, with loose ends joined.

    Parameters
    ----------
    piece
        Polygon of land.
    lines
        LineStrings of barriers near it.
    footprints
        Index of the building footprints, which no joining stretch may cross.

    Returns
    -------
    array of LineString
        Noded on the precision grid together with the border of `piece`, border included.
    """
    clipped = shapely.get_parts(shapely.intersection(lines, piece))
    clipped = clipped[shapely.length(clipped) > GRID_M]
    edges = node_lines(np.append(clipped, shapely.get_parts(piece.boundary)))
    joints = _joints(edges, footprints)
    return node_lines(np.concatenate([edges, joints])) if len(joints) else edges


def node_lines(lines: Geometries) -> Geometries:
    """Lines cut at every crossing, rounded to the precision grid, each stretch once."""
    return np.asarray(shapely.get_parts(shapely.union_all(lines, grid_size=GRID_M)))


def faces_of(edges: Geometries, land: shapely.Polygon) -> Geometries:
    """Polygons that noded edges enclose on a piece of land."""
    faces: Geometries = shapely.get_parts(shapely.polygonize(edges))
    shapely.prepare(land)
    return np.asarray(faces[shapely.intersects(land, shapely.point_on_surface(faces))])


def _joints(edges: Geometries, footprints: shapely.STRtree) -> Geometries:
    """Shortest stretch from every loose end to another edge within `JOIN_M`."""
    ends = shapely.points(
        np.concatenate(
            [
                shapely.get_coordinates(shapely.get_point(edges, 0)),
                shapely.get_coordinates(shapely.get_point(edges, -1)),
            ]
        )
    )
    own = np.tile(np.arange(len(edges)), 2)
    loose = _loose(ends)
    ends, own = ends[loose], own[loose]
    who, other = shapely.STRtree(edges).query(ends, predicate="dwithin", distance=JOIN_M)
    foreign = other != own[who]
    who, other = who[foreign], other[foreign]
    distance = shapely.distance(ends[who], edges[other])
    order = np.lexsort((other, distance, who))
    first = np.unique(who[order], return_index=True)[1]
    chosen = order[first]
    joints = shapely.shortest_line(ends[who[chosen]], edges[other[chosen]])
    joints = joints[shapely.length(joints) > 0]
    crossing = footprints.query(joints, predicate="intersects")[0]
    return np.delete(joints, np.unique(crossing))


def _loose(ends: Geometries) -> Bools:
    """Whether each end point is shared with no other end."""
    at = np.round(shapely.get_coordinates(ends) / GRID_M).astype(np.int64)
    _, inverse, counts = np.unique(at, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse.ravel()] == 1)

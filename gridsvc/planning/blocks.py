"""Blocks: the faces that barriers cut a piece of land into.

Mapped streets rarely meet exactly: lines end short of each other by anything from a tenth of a
millimetre to some metres, or stop inside a block. Loose ends are therefore led on to the next
line first, then all lines are noded on the precision grid and polygonised.
"""

from __future__ import annotations

import numpy as np
import shapely

from gridsvc.planning.arrays import Floats, Geometries, Ints
from gridsvc.planning.inputs import GRID_M

#: A line that ends within this distance of another is taken to meet it.
JOIN_M = 12.0
#: A dead end is led on to the next line if it lies within this distance, straight on or turning
#: by one of these angles.
EXTEND_M = 60.0
TURNS_DEG = (0.0, -15.0, 15.0, -30.0, 30.0, -45.0, 45.0)


def barrier_network(
    piece: shapely.Polygon, lines: Geometries, footprints: shapely.STRtree
) -> tuple[Geometries, int]:
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
    network
        LineStrings noded on the precision grid together with the border of `piece`, border
        included.
    joined
        How many loose ends were led on to another line.
    """
    clipped = shapely.get_parts(shapely.intersection(lines, piece))
    clipped = clipped[shapely.length(clipped) > GRID_M]
    edges = node_lines(np.append(clipped, shapely.get_parts(piece.boundary)))
    joints = _joints(edges, footprints)
    if len(joints) == 0:
        return edges, 0
    return node_lines(np.concatenate([edges, joints])), len(joints)


def node_lines(lines: Geometries) -> Geometries:
    """Lines cut at every crossing, rounded to the precision grid, each stretch once."""
    return np.asarray(shapely.get_parts(shapely.union_all(lines, grid_size=GRID_M)))


def faces_of(edges: Geometries, land: shapely.Polygon) -> Geometries:
    """Polygons that noded edges enclose on a piece of land."""
    faces: Geometries = shapely.get_parts(shapely.polygonize(edges))
    shapely.prepare(land)
    # rounding may leave the inner point of a hair-thin face just outside the land
    inside = shapely.dwithin(land, shapely.point_on_surface(faces), GRID_M)
    return np.asarray(faces[inside])


def _joints(edges: Geometries, footprints: shapely.STRtree) -> Geometries:
    """Stretches that lead loose ends on to another edge and cross no building.

    An end within `JOIN_M` of another edge takes the shortest way there; a dead end further off
    goes on in nearly its own direction, up to `EXTEND_M`.
    """
    ends, before, own = _loose_ends(edges)
    tree = shapely.STRtree(edges)
    who, other = tree.query(shapely.points(ends), predicate="dwithin", distance=JOIN_M)
    foreign = other != own[who]
    who, other = who[foreign], other[foreign]
    short = shapely.shortest_line(shapely.points(ends[who]), edges[other])
    ahead, walker = _ways_ahead(ends, before, edges, tree)
    ways, walker = np.concatenate([short, ahead]), np.concatenate([who, walker])
    free = shapely.length(ways) > 0
    free[np.unique(footprints.query(ways, predicate="intersects")[0])] = False
    ways, walker = ways[free], walker[free]
    order = np.lexsort((shapely.length(ways), walker))
    return np.asarray(ways[order][np.unique(walker[order], return_index=True)[1]])


def _loose_ends(edges: Geometries) -> tuple[Floats, Floats, Ints]:
    """Ends shared with no other edge: the point, the vertex before it, and the edge."""
    ends = shapely.get_coordinates([shapely.get_point(edges, k) for k in (0, -1)])
    before = shapely.get_coordinates([shapely.get_point(edges, k) for k in (1, -2)])
    at = np.round(ends / GRID_M).astype(np.int64)
    _, inverse, counts = np.unique(at, axis=0, return_inverse=True, return_counts=True)
    loose = np.flatnonzero(counts[inverse.ravel()] == 1)
    return ends[loose], before[loose], loose % len(edges)


def _ways_ahead(
    ends: Floats, before: Floats, edges: Geometries, tree: shapely.STRtree
) -> tuple[Geometries, Ints]:
    """Straight ways on from dead ends to the first edge they meet, and the end of each."""
    heading = np.arctan2(*(ends - before).T[::-1])
    angle = (heading[:, None] + np.radians(TURNS_DEG)).ravel()
    start = np.repeat(ends, len(TURNS_DEG), axis=0)
    reach = np.column_stack([np.cos(angle), np.sin(angle)])
    rays = shapely.linestrings(np.stack([start + 0.01 * reach, start + EXTEND_M * reach], axis=1))
    ray, met = tree.query(rays, predicate="intersects")
    hits = shapely.shortest_line(
        shapely.points(start[ray]), shapely.intersection(rays[ray], edges[met])
    )
    return hits, ray // len(TURNS_DEG)

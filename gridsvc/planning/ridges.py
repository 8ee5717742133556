"""Ridges: the borders between the Voronoi cells of different buildings of a block.

A block with very many buildings is laid out tile by tile, so that what Qhull keeps of it stays
small. Each tile looks so far beyond its borders that every ridge on it is the one that the block
in one piece would have.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from scipy.spatial import Voronoi, cKDTree

from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints

#: Borders between two buildings are straightened by no more than this.
RIPPLE_M = 1.0
#: Sample points of a tile; Qhull takes some 2 kB for each.
MOST_POINTS = 60_000
#: How far a tile looks beyond its borders at first.
MARGIN_M = 60.0
#: Ends of ridges are rounded to this, so that those of two tiles meet.
MEETING_M = 1e-6


def block_ridges(block: shapely.Polygon, points: Floats, owner: Ints) -> Geometries:
    """Voronoi borders between the buildings of one block, clipped to it.

    Parameters
    ----------
    block
        Polygon, metres.
    points, owner
        Sample points on the outlines of its buildings, shape (n, 2), and the building of each.

    Returns
    -------
    array of LineString
        From junction to junction, the ripple of the sampling taken out.
    """
    if (owner == owner[0]).all():
        return np.array([], dtype=object)
    shapely.prepare(block)
    if len(points) > MOST_POINTS:
        return _tile_by_tile(block, points, owner)
    centre = points.mean(axis=0)
    ends, sides = _ridges(points - centre, owner, _reach(np.array(block.bounds).reshape(2, 2)))
    lines = shapely.linestrings(ends[sides[:, 0] != sides[:, 1]] + centre)
    return _straightened(_chains(_clipped(lines, block)))


def _clipped(lines: Geometries, block: shapely.Polygon) -> Geometries:
    inside = shapely.contains_properly(block, lines)
    cut = shapely.get_parts(shapely.intersection(lines[~inside], block))
    cut = cut[shapely.get_type_id(cut) == int(shapely.GeometryType.LINESTRING)]
    return np.concatenate([lines[inside], cut[shapely.length(cut) > 0]])


def _chains(lines: Geometries) -> Geometries:
    """Stretches joined from junction to junction."""
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines))))


def _straightened(chains: Geometries) -> Geometries:
    return np.asarray(shapely.simplify(chains, RIPPLE_M))


def _reach(box: Floats) -> float:
    """How far out the four points lie: too far would cost Qhull its accuracy."""
    return float(10 * max(np.ptp(box, axis=0).max(), 1))


def _ridges(points: Floats, owner: Ints, reach: float) -> tuple[Floats, Ints]:
    """Ends of all ridges that have two, shape (n, 2, 2), and the owners on their sides.

    Four points far out give every cell in the middle an end.
    """
    far = reach * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    diagram = Voronoi(np.concatenate([points, far]))
    sides = np.concatenate([owner, np.full(4, -1)])[diagram.ridge_points]
    ends = np.array(diagram.ridge_vertices)
    whole = (ends >= 0).all(axis=1) & (sides >= 0).all(axis=1)
    return diagram.vertices[ends[whole]], sides[whole]


def _tile_by_tile(block: shapely.Polygon, points: Floats, owner: Ints) -> Geometries:
    """Ridges between different owners, cut at the tiles' borders and joined again.

    What ends inside its tile is straightened at once, for the unstraightened take most memory.
    """
    rim = np.concatenate([np.array(block.bounds).reshape(2, 2), points])
    whole = np.array([rim.min(axis=0) - 1.0, rim.max(axis=0) + 1.0])
    tree = cKDTree(points)
    done, open_ended = [], []
    for tile in _tiles(points, whole):
        ends = np.round(_of_tile(tile, whole, points, owner, tree) / MEETING_M) * MEETING_M
        chains = _chains(shapely.linestrings(ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]))
        inside = tile + np.array([[MEETING_M], [-MEETING_M]])
        inner = _within(shapely.bounds(chains).reshape(-1, 2, 2), inside)
        done.append(_straightened(_clipped(chains[inner], block)))
        open_ended.append(chains[~inner])
    joined = _clipped(_chains(np.concatenate(open_ended)), block)
    return np.concatenate([*done, _straightened(joined)])


def _of_tile(tile: Floats, whole: Floats, points: Floats, owner: Ints, tree: cKDTree) -> Floats:
    """Ends of a tile's ridges between different owners, shape (n, 2, 2)."""
    margin = MARGIN_M
    while True:
        around = tile + margin * np.array([[-1.0], [1.0]])
        near = _within(points[:, np.newaxis], around)
        centre = points[near].mean(axis=0)
        ends, sides = _ridges(points[near] - centre, owner[near], _reach(around))
        ends, kept = _cut(ends + centre, tile)
        if near.all() or _settled(ends, tile, around, whole, tree):
            return np.asarray(ends[sides[kept, 0] != sides[kept, 1]])
        margin *= 2


def _tiles(points: Floats, box: Floats) -> Iterator[Floats]:
    """Boxes [[west, south], [east, north]] that fill a box, each with not too many points."""
    if len(points) <= MOST_POINTS:
        yield box
        return
    axis = int(np.argmax(box[1] - box[0]))
    at = float(np.median(points[:, axis]))
    low, high = box.copy(), box.copy()
    low[1, axis] = high[0, axis] = at
    below = points[:, axis] < at
    if below.any() and not below.all():
        yield from _tiles(points[below], low)
        yield from _tiles(points[~below], high)
    else:
        yield box


def _within(corners: Floats, box: Floats) -> Bools:
    """Of things with so many corners each, shape (n, m, 2), those that lie in a box."""
    return np.asarray(((corners >= box[0]) & (corners <= box[1])).all(axis=(1, 2)))


def _cut(ends: Floats, box: Floats) -> tuple[Floats, Ints]:
    """The stretches inside a box, and which of the ridges each is of (Liang and Barsky, 1984).

    What runs along a border is inside the box to the east or north of it only.
    """
    start, along = ends[:, 0], ends[:, 1] - ends[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        at = (box[:, np.newaxis] - start) / along
    still = along == 0
    beside = still & ~((start >= box[0]) & (start < box[1]))
    enters = np.where(still, -np.inf, np.minimum(*at)).max(axis=1).clip(0, None)
    leaves = np.where(still, np.inf, np.maximum(*at)).min(axis=1).clip(None, 1)
    kept = np.flatnonzero((enters < leaves) & ~beside.any(axis=1))
    first = start[kept] + enters[kept, np.newaxis] * along[kept]
    last = start[kept] + leaves[kept, np.newaxis] * along[kept]
    return np.stack([first, last], axis=1), kept


def _settled(ends: Floats, tile: Floats, around: Floats, whole: Floats, tree: cKDTree) -> bool:
    """Whether no point beyond what was looked at comes closer to the tile than those within.

    The distance to the nearest point is greatest where ridges end, cross the tile's border, or
    in its corners: there it must not reach beyond.
    """
    corners = np.array([[x, y] for x in tile[:, 0] for y in tile[:, 1]])
    at = np.concatenate([ends.reshape(-1, 2), corners])
    distance = tree.query(at)[0][:, np.newaxis]
    low = (at - distance > around[0]) | (around[0] <= whole[0])
    high = (at + distance < around[1]) | (around[1] >= whole[1])
    return bool(low.all() and high.all())

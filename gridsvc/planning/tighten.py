"""Borders through blocks pulled tight, as a thread round the buildings would be.

Voronoi borders zigzag and take detours round empty ground. Here their vertices are left out and
moved as long as that shortens them: those along a border towards the straight line, those where
three borders meet towards the place with the least way to all three (Weiszfeld, "Sur le point pour
lequel la somme des distances de n points donnés est minimum", 1937). No step sweeps over a building
or over another vertex, so that every building stays in its cell and no border meets another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridsvc.planning.arrays import Bools, Floats, Geometries, Ints
from gridsvc.planning.inputs import GRID_M

#: Borders that are pulled keep this far from walls, m; those nearer already stay where they are.
WALL_M = 1.0
#: And this far from other vertices, m: more than a straight stretch bends when it is reprojected.
CLEAR_M = 0.05
#: A step that saves less than this is not taken, m.
LEAST_M = 0.05
#: Shares of the way to the best place that are tried in turn.
SHARES = (1.0, 0.5, 0.25, 0.1)
#: Rounds of leaving out and moving at most.
ROUNDS = 12


@dataclass
class _Net:
    """Borders as a graph: places of the vertices, the two ends of each straight edge.

    ``free`` edges may be pulled; vertices of other edges keep their place.
    """

    at: Floats
    ends: Ints
    free: Bools

    def degree(self) -> Ints:
        """Edges at every vertex."""
        return np.bincount(self.ends.ravel(), minlength=len(self.at))

    def bound(self) -> Ints:
        """Edges at every vertex that may not be pulled."""
        return np.bincount(self.ends[~self.free].ravel(), minlength=len(self.at))

    def key(self, pairs: Ints) -> Ints:
        """A number for every pair of vertices, the same in both directions."""
        return np.asarray(pairs.min(axis=1) * len(self.at) + pairs.max(axis=1))

    def around(self, degree: int, which: Bools) -> tuple[Ints, Ints]:
        """Vertices of a degree among some, and their neighbours, shape (n, degree)."""
        vertex = np.concatenate([self.ends[:, 0], self.ends[:, 1]])
        other = np.concatenate([self.ends[:, 1], self.ends[:, 0]])
        order = np.lexsort((other, vertex))
        vertex, other = vertex[order], other[order]
        kept = (which & (self.degree() == degree))[vertex]
        return vertex[kept][::degree], other[kept].reshape(-1, degree)


def pull_tight(lines: Geometries, free: Bools, footprints: Geometries) -> Geometries:
    """Shorten some lines of a coverage, with every building left on its side.

    Parameters
    ----------
    lines
        LineStrings that meet in their ends only, coordinates on the precision grid.
    free
        Lines that may be pulled; the others stay, though a line may meet them elsewhere.
    footprints
        Polygons of buildings.

    Returns
    -------
    array of LineString
        The straight edges of the same network of lines, pulled.
    """
    walls = shapely.STRtree(shapely.buffer(footprints, WALL_M, join_style="mitre"))
    net = _net(lines, free)
    for _ in range(ROUNDS):
        while _leave_out(net, walls):
            pass
        if not sum(_move(net, walls, share) for share in SHARES):
            break
    return np.asarray(shapely.linestrings(net.at[net.ends]))


def _net(lines: Geometries, free: Bools) -> _Net:
    at, line = shapely.get_coordinates(lines, return_index=True)
    same = np.flatnonzero(line[1:] == line[:-1])
    _, first, vertex = np.unique(
        np.round(at / GRID_M).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    vertex = vertex.ravel()
    return _Net(at[first], np.column_stack([vertex[same], vertex[same + 1]]), free[line[same]])


def _leave_out(net: _Net, walls: shapely.STRtree) -> int:
    """Leave out vertices between two free edges, no two neighbours at once; how many.

    A triangle without a building and without another vertex is crossed by no border, so that
    its two short sides can give way to the long one; this holds for any number of triangles.
    """
    vertex, beside = net.around(2, net.bound() == 0)
    if len(vertex) == 0:
        return 0
    corners = net.at[np.column_stack([beside[:, 0], vertex, beside[:, 1]])]
    long_side = net.key(beside)
    able = ~np.isin(long_side, net.key(net.ends))
    able[able] = _clear(net, walls, corners[able], vertex[able], beside[able])
    able[_repeated(np.where(able, long_side, -1 - vertex))] = False
    # The smallest triangle among neighbours goes first, as Visvalingam and Whyatt (1993) have it.
    rank = np.full(len(net.at), len(vertex))
    size = shapely.area(shapely.polygons(corners[able]))
    rank[vertex[able][np.argsort(size, kind="stable")]] = np.arange(len(size))
    gone = np.flatnonzero(able & (rank[vertex] < rank[beside].min(axis=1)))
    stays = ~np.isin(net.ends, vertex[gone]).any(axis=1)
    net.ends = np.concatenate([net.ends[stays], beside[gone]])
    net.free = np.r_[net.free[stays], np.ones(len(gone), dtype=bool)]
    return len(gone)


def _move(net: _Net, walls: shapely.STRtree, share: float) -> int:
    """Move vertices between free edges some of the way to where those are shortest; how many."""
    moved = 0
    for degree in (2, 3):
        vertex, beside = net.around(degree, net.bound() == 0)
        if len(vertex) == 0:
            continue
        at, there = net.at[vertex], net.at[beside]
        best = _on_chord(at, there) if degree == 2 else _least_way(there)
        place = np.round((at + share * (best - at)) / GRID_M) * GRID_M
        chosen = _steps(net, walls, vertex, beside, place)
        net.at[vertex[chosen]] = place[chosen]
        moved += len(chosen)
    return moved


def _on_chord(at: Floats, there: Floats) -> Floats:
    """Nearest place to each vertex on the straight line between its two neighbours."""
    start, along = there[:, 0], there[:, 1] - there[:, 0]
    share = ((at - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), GRID_M**2)
    return np.asarray(start + np.clip(share, 0.05, 0.95)[:, None] * along)


def _least_way(there: Floats) -> Floats:
    """Places with about the least sum of distances to some neighbours each."""
    place: Floats = there.mean(axis=1)
    for _ in range(30):
        near = 1 / np.maximum(np.hypot(*(there - place[:, None]).transpose(2, 0, 1)), 1e-3)
        place = (there * near[:, :, None]).sum(axis=1) / near.sum(axis=1)[:, None]
    return place


def _steps(net: _Net, walls: shapely.STRtree, vertex: Ints, beside: Ints, place: Floats) -> Ints:
    """Rows of the moves that shorten edges and sweep over nothing, not over one another either."""
    at, there = net.at[vertex][:, None], net.at[beside]
    saved = np.hypot(*(there - at).transpose(2, 0, 1)).sum(axis=1)
    saved -= np.hypot(*(there - place[:, None]).transpose(2, 0, 1)).sum(axis=1)
    good = saved > LEAST_M
    for side in range(beside.shape[1]):
        corners = np.stack([at[good, 0], place[good], there[good, side]], axis=1)
        good[good] = _clear(net, walls, corners, vertex[good], beside[good])
    rows = np.flatnonzero(good)
    rows = rows[np.argsort(-saved[rows], kind="stable")]
    corners = np.concatenate([at[rows], place[rows][:, None], there[rows]], axis=1)
    swept = _hulls(corners)
    one, other = shapely.STRtree(swept).query(swept, predicate="dwithin", distance=CLEAR_M)
    taken = np.ones(len(rows), dtype=bool)
    later = one > other
    # The better move stands; pairs come by the worse one, so that it is known what stands.
    for worse, better in sorted(zip(one[later].tolist(), other[later].tolist(), strict=True)):
        taken[worse] &= ~taken[better]
    return np.asarray(rows[taken])


def _clear(net: _Net, walls: shapely.STRtree, corners: Floats, vertex: Ints, beside: Ints) -> Bools:
    """Whether the ground between some corners holds no wall and no vertex but the own ones."""
    ground = _hulls(corners)
    clear = np.ones(len(ground), dtype=bool)
    clear[walls.query(ground, predicate="intersects")[0]] = False
    used = np.unique(net.ends)
    rows = np.flatnonzero(clear)
    hit, point = shapely.STRtree(shapely.points(net.at[used])).query(
        ground[rows], predicate="dwithin", distance=CLEAR_M
    )
    row, point = rows[hit], used[point]
    own = (point == vertex[row]) | (point[:, None] == beside[row]).any(axis=1)
    clear[row[~own]] = False
    return clear


def _repeated(keys: Ints) -> Bools:
    """Whether a key stood before among the keys."""
    again = np.ones(len(keys), dtype=bool)
    again[np.unique(keys, return_index=True)[1]] = False
    return again


def _hulls(corners: Floats) -> Geometries:
    """Convex hull of every set of corners, shape (n, corners, 2)."""
    return np.asarray(shapely.convex_hull(shapely.linestrings(corners)))

"""The nearest point of a road to a place: on the road's line, not only at its ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from gridsvc.roads.arrays import Bools, Floats, Geometries, Ints

#: Farther from every road than this somebody is in a field or on another island, and a straight
#: line tells more than the road over there.
REACH_M = 300.0


@dataclass(frozen=True)
class Snapped:
    """Places on the road, one for each place asked for.

    Attributes
    ----------
    edge
        Edge of the graph; -1 where no road is within `REACH_M`.
    share
        How far along its line, 0.0 to 1.0.
    gap_m
        Metres from the place to the road.
    """

    edge: Ints
    share: Floats
    gap_m: Floats

    @property
    def found(self) -> Bools:
        """Whether a road is near."""
        return self.edge >= 0

    def only(self, which: Bools | Ints) -> Snapped:
        """Some of the places."""
        return Snapped(self.edge[which], self.share[which], self.gap_m[which])


@dataclass(frozen=True)
class Segments:
    """The straight pieces of all edges, in metres.

    Attributes
    ----------
    edge
        Edge each is of.
    start, step
        Where it begins, and the vector along it.
    begin, length
        Share of the edge before it, and its own.
    """

    edge: Ints
    start: Floats
    step: Floats
    begin: Floats
    length: Floats

    @classmethod
    def of(cls, first: Ints, xy: Floats) -> Segments:
        """Pieces of lines whose vertices `xy` begin at `first`; those without length are none."""
        edge = np.repeat(np.arange(len(first) - 1), np.diff(first))
        within = edge[:-1] == edge[1:]
        step = np.diff(xy, axis=0)
        metres = np.where(within, np.hypot(step[:, 0], step[:, 1]), 0.0)
        along = np.concatenate([[0.0], np.cumsum(metres)])
        total = along[first[1:] - 1] - along[first[:-1]]
        real = np.flatnonzero(metres > 0)
        of = edge[real]
        return cls(
            edge=of,
            start=xy[real],
            step=step[real],
            begin=(along[real] - along[first[of]]) / total[of],
            length=metres[real] / total[of],
        )

    def only(self, which: Bools) -> Segments:
        """Those of some edges."""
        kept = which[self.edge]
        return Segments(
            self.edge[kept], self.start[kept], self.step[kept], self.begin[kept], self.length[kept]
        )


class Snapper:
    """Finds the nearest point on any of some segments."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        ends = np.stack([segments.start, segments.start + segments.step], axis=1)
        lines: Geometries = shapely.linestrings(ends) if len(ends) else np.empty(0, dtype=object)
        self._tree = shapely.STRtree(lines)

    def snap(self, xy: Floats) -> Snapped:
        """Nearest points of places in metres, shape (n, 2)."""
        edge = np.full(len(xy), -1, dtype=np.int64)
        share, gap_m = np.zeros(len(xy)), np.full(len(xy), np.inf)
        asked, hit = self._tree.query_nearest(
            shapely.points(xy), max_distance=REACH_M, all_matches=False
        )
        at = self._segments
        start, step = at.start[hit], at.step[hit]
        square = np.einsum("ij,ij->i", step, step)
        t = np.clip(np.einsum("ij,ij->i", xy[asked] - start, step) / square, 0.0, 1.0)
        offset = xy[asked] - start - t[:, None] * step
        edge[asked] = at.edge[hit]
        share[asked] = np.clip(at.begin[hit] + t * at.length[hit], 0.0, 1.0)
        gap_m[asked] = np.hypot(offset[:, 0], offset[:, 1])
        return Snapped(edge, share, gap_m)

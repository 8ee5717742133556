"""Times by road: from places on edges to their ends, over the graph, and in again."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gridsvc.roads.arrays import Bools, Floats, Ints, Millis
from gridsvc.roads.engines import Links
from gridsvc.roads.graph import CLOSED
from gridsvc.roads.modes import DETOUR, WALK_KMH, Mode, line_seconds_per_m
from gridsvc.roads.net import RoadNet
from gridsvc.roads.snapping import Snapped, Snapper
from gridsvc.roads.travel import Cover, Place, Reach, nearest_by_line, nobody

_WALK_S_PER_M = 3.6 / WALK_KMH
#: Share of an edge from its end within which somebody stands at the junction.
_AT_JUNCTION = 1e-9


class _Legs:
    """From places on edges to the nodes at their ends, or from the nodes to the places."""

    def __init__(self, net: RoadNet, weights: Millis, at: Snapped) -> None:
        graph, edge = net.graph, at.edge
        self.at, self.edge, self.share, self.gap_m = at, edge, at.share, at.gap_m
        self.metres = graph.metres[edge]
        millis = weights.reshape(-1, 2)[edge].astype(np.float64)
        self._along, self._against = (np.where(one < CLOSED, one, np.inf) for one in millis.T)
        # Where one comes out with the line, and against it; where one comes in so.
        self.exits = np.column_stack([graph.head[edge], graph.back_head[edge]])
        self.entries = np.column_stack([graph.tail[edge], graph.back_tail[edge]])

    def out_ms(self) -> Floats:
        """From the places to `exits`."""
        parts = (1 - self.share, self.share)
        return _parts(parts, (self._along, self._against))

    def in_ms(self) -> Floats:
        """From `entries` to the places."""
        parts = (self.share, 1 - self.share)
        return _parts(parts, (self._along, self._against))

    def within_ms(self, share: Floats) -> Floats:
        """From the places to others on the same edge, without leaving it."""
        ahead = share - self.share
        millis = np.where(ahead >= 0, self._along, self._against)
        return np.where(np.isfinite(millis), np.abs(ahead), 1.0) * millis


def _parts(parts: tuple[Floats, Floats], millis: tuple[Floats, Floats]) -> Floats:
    """Milliseconds of parts of arcs; inf of those that are closed.

    Who stands at the junction itself leaves it by any road that begins there, whichever of the
    roads that are equally near they were put on.
    """
    return np.column_stack(
        [
            np.where(part <= _AT_JUNCTION, 0.0, np.where(np.isfinite(ms), part, 1.0) * ms)
            for part, ms in zip(parts, millis, strict=True)
        ]
    )


class ByRoad:
    """Travelling in one mode on the roads, with what was closed or slow at one moment."""

    def __init__(self, net: RoadNet, mode: Mode, weights: Millis) -> None:
        self._net, self._mode, self._weights = net, mode, weights
        self.engine = net.engine(weights)
        usable: Bools = np.minimum(weights[0::2], weights[1::2]) < CLOSED
        self._snapper = Snapper(net.segments.only(usable))

    @property
    def mode(self) -> Mode:
        """How somebody travels."""
        return self._mode

    def snap(self, places: Floats) -> Snapped:
        """Nearest points of open roads to places in degrees, shape (n, 2)."""
        return self._snapper.snap(self._net.project(*places.T))

    def seconds_to(self, target: Place, sources: Floats) -> Reach:
        """How long each source takes to a target; the last metres to the road are walked."""
        places = np.concatenate([np.asarray(sources, float).reshape(-1, 2), [target]])
        xy = self._net.project(*places.T)
        line_m = np.hypot(*(xy[:-1] - xy[-1]).T)
        at = self._snapper.snap(xy)
        by_road = at.found[:-1] & at.found[-1]
        eta_s = line_m * line_seconds_per_m(self._mode)
        along: _Ways | None = None
        if by_road.any():
            along = _Ways(
                self, at.only(np.append(by_road, False)), at.only(np.array([len(xy) - 1]))
            )
            eta_s[by_road] = along.seconds()
        place = np.cumsum(by_road) - 1

        def distance_m(which: int) -> float:
            if along is None or not by_road[which]:
                return float(line_m[which] * DETOUR[self._mode])
            return along.metres(int(place[which]))

        return Reach(eta_s, by_road, line_m, distance_m)

    def legs(self, at: Snapped) -> _Legs:
        """Ways between places on the road and the ends of their edges."""
        return _Legs(self._net, self._weights, at)

    def path_m(self, start: int, end: int) -> float:
        """Metres of the fastest way between two nodes."""
        return float(self._net.graph.metres[self.engine.path(start, end) // 2].sum())

    def seconds_from_nearest(self, sources: Floats, targets: Floats) -> Cover:
        """How long the nearest source takes to each target: one search over all roads."""
        here, there = (np.asarray(of, float).reshape(-1, 2) for of in (sources, targets))
        if len(here) == 0 or len(there) == 0:
            return nobody(len(there))
        from_xy, to_xy = self._net.project(*here.T), self._net.project(*there.T)
        sources_at, targets_at = self._snapper.snap(from_xy), self._snapper.snap(to_xy)
        cover = nobody(len(there))
        roads, places = np.flatnonzero(sources_at.found), np.flatnonzero(targets_at.found)
        if len(roads) and len(places):
            eta_s, source = self._spread(
                self.legs(sources_at.only(sources_at.found)),
                self.legs(targets_at.only(targets_at.found)),
            )
            cover.eta_s[places] = eta_s
            cover.source[places] = np.where(source >= 0, roads[source], -1)
            cover.by_road[places] = True
        self._fill_by_line(cover, ~targets_at.found, from_xy, to_xy, roads)
        # Whoever is far from every road is everywhere by the straight line.
        lone = np.flatnonzero(~sources_at.found)
        self._fill_by_line(cover, np.ones(len(there), dtype=bool), from_xy, to_xy, lone)
        return cover

    def _fill_by_line(
        self, cover: Cover, which: Bools, from_xy: Floats, to_xy: Floats, sources: Ints
    ) -> None:
        """Let some targets be reached by the straight line from some sources, where quicker."""
        if not which.any() or len(sources) == 0:
            return
        line_m, source = nearest_by_line(from_xy[sources], to_xy[which])
        eta_s = line_m * line_seconds_per_m(self._mode)
        quicker = eta_s < cover.eta_s[which]
        hit = np.flatnonzero(which)[quicker]
        cover.eta_s[hit] = eta_s[quicker]
        cover.source[hit] = sources[source[quicker]]
        cover.by_road[hit] = False

    def _spread(self, out: _Legs, into: _Legs) -> tuple[Floats, Ints]:
        """Seconds from the nearest of some places on the road to others, and which it is."""
        n, k = self._net.graph.nodes, len(out.edge)
        start_ms = out.out_ms() + (out.gap_m * _WALK_S_PER_M * 1000)[:, None]
        links = self._links
        usable = np.isfinite(start_ms)
        matrix = csr_array(
            (
                # A step of nothing would be no link.
                np.concatenate([links.data, np.maximum(start_ms[usable], 1e-6)]),
                np.concatenate([links.indices, out.exits[usable]]),
                np.concatenate([links.indptr, links.nnz + np.cumsum(usable.sum(axis=1))]),
            ),
            shape=(n + k, n + k),
        )
        far, _, origin = dijkstra(
            matrix, indices=np.arange(n, n + k), min_only=True, return_predecessors=True
        )
        arriving = far[into.entries] + into.in_ms()
        best = arriving.argmin(axis=1)
        rows = np.arange(len(best))
        millis = arriving[rows, best]
        source = np.where(np.isfinite(millis), origin[into.entries[rows, best]] - n, -1)
        self._on_one_edge(out, into, millis, source)
        return millis / 1000 + into.gap_m * _WALK_S_PER_M, source.astype(np.int64)

    def _on_one_edge(self, out: _Legs, into: _Legs, millis: Floats, source: Ints) -> None:
        """Let whoever stands on the target's own edge go straight there, where quicker."""
        order = np.argsort(out.edge, kind="stable")
        begin = np.searchsorted(out.edge[order], into.edge, "left")
        count = np.searchsorted(out.edge[order], into.edge, "right") - begin
        target = np.repeat(np.arange(len(into.edge)), count)
        within = np.arange(len(target)) - np.repeat(np.cumsum(count) - count, count)
        who = order[np.repeat(begin, count) + within]
        walked = out.gap_m[who] * _WALK_S_PER_M * 1000
        direct = self.legs(out.at.only(who)).within_ms(into.share[target]) + walked
        for pair in np.lexsort((-direct, target)):  # the quickest of each target comes last
            if direct[pair] < millis[target[pair]]:
                millis[target[pair]], source[target[pair]] = direct[pair], who[pair]

    @cached_property
    def _links(self) -> csr_array:
        return Links.of(self._net.graph, self._weights).matrix


class _Ways:
    """The fastest ways from some places on the road to one."""

    def __init__(self, roads: ByRoad, sources: Snapped, target: Snapped) -> None:
        self._roads = roads
        out = self._out = roads.legs(sources)
        into = self._into = roads.legs(target)
        between = roads.engine.millis(out.exits.ravel(), into.entries[0])
        whole = out.out_ms()[:, :, None] + between.reshape(-1, 2, 2) + into.in_ms()[0]
        self._turns = whole.reshape(-1, 4)
        self._direct = np.where(out.edge == into.edge, out.within_ms(into.share), np.inf)

    def seconds(self) -> Floats:
        """Seconds from each."""
        millis = np.minimum(self._turns.min(axis=1), self._direct)
        walked = (self._out.gap_m + self._into.gap_m) * _WALK_S_PER_M
        return np.asarray(millis / 1000 + walked, dtype=np.float64)

    def metres(self, which: int) -> float:
        """Metres from one of them, from door to door; inf where there is no way."""
        out, into = self._out, self._into
        walked = float(out.gap_m[which] + into.gap_m[0])
        turn = int(self._turns[which].argmin())
        best = min(self._turns[which, turn], self._direct[which])
        if not np.isfinite(best):
            return float("inf")
        if self._direct[which] <= self._turns[which, turn]:
            apart = abs(float(into.share[0] - out.share[which]))
            return walked + apart * float(out.metres[which])
        side, end = divmod(turn, 2)
        share_out = (1 - out.share[which], out.share[which])[side]
        share_in = (into.share[0], 1 - into.share[0])[end]
        along = self._roads.path_m(int(out.exits[which, side]), int(into.entries[0, end]))
        return float(walked + share_out * out.metres[which] + along + share_in * into.metres[0])

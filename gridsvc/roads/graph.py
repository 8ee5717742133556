"""From ways to a graph: junctions, the edges between them, and how long each takes; pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridsvc.errors import BadInput
from gridsvc.geo import geodesic_m
from gridsvc.roads.arrays import Bools, Floats, Ints, Millis
from gridsvc.roads.modes import MODES, Mode
from gridsvc.roads.turns import take_apart
from gridsvc.roads.ways import Ways

#: Milliseconds of an arc that may not be taken; sums of two still fit 32 bits.
CLOSED = 2**31 - 1
#: No single arc takes longer than a day; longer paths must stay below `CLOSED`.
_LONGEST_MS = 86_400_000
#: Class of the stub on which a gate stands; nobody closes or slows it by its class.
GATE = "gate"
#: Class of the stub that is an allowed turn where others are not.
TURN = "turn"


@dataclass(frozen=True)
class RoadGraph:
    """Roads of one area as the engine wants them.

    Edge e is two arcs: 2e with its line (`tail` to `head`), 2e + 1 against it (`back_tail` to
    `back_head`). Both join the same two nodes, but at junctions where not every turn is allowed:
    there traffic arrives at another node than it leaves from.

    Attributes
    ----------
    lon, lat
        Place of each node, degrees, WGS-84.
    tail, head, back_tail, back_head
        Nodes at the ends of each edge, with its line and against it.
    metres
        Length of each edge on the ellipsoid.
    millis
        Shape (modes, 2 × edges): milliseconds of each arc, `CLOSED` where the mode may not
        go, or can not come back from.
    way
        Number of each edge's way in the source.
    road_class
        Index into `classes`.
    first, line_lon, line_lat
        Lines of the edges: where each begins, and the vertices of all, degrees, WGS-84.
    left_out
        What the source holds and the graph does not, with counts.
    """

    lon: Floats
    lat: Floats
    tail: Ints
    head: Ints
    back_tail: Ints
    back_head: Ints
    metres: Floats
    millis: Millis
    way: Ints
    classes: tuple[str, ...]
    road_class: Ints
    first: Ints
    line_lon: Floats
    line_lat: Floats
    left_out: dict[str, int]

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.lon)

    @property
    def edges(self) -> int:
        """Number of edges, each way of a road counted once."""
        return len(self.tail)

    def arcs(self) -> tuple[Ints, Ints]:
        """Tail and head of every arc."""
        tails = np.column_stack([self.tail, self.back_tail])
        return tails.ravel(), np.column_stack([self.head, self.back_head]).ravel()

    def km(self, mode: Mode) -> float:
        """Kilometres of road a mode may use."""
        open_arcs = self.millis[MODES.index(mode)].reshape(-1, 2) < CLOSED
        return float(self.metres[open_arcs.any(axis=1)].sum() / 1000)


_OF_GATE, _OF_TURN = -1, -2


@dataclass(frozen=True)
class _Edges:
    """Edges before it is known which of them hang together."""

    tail: Ints
    head: Ints
    back_tail: Ints
    back_head: Ints
    of_way: Ints  # index of the way, `_OF_GATE` or `_OF_TURN` for a stub
    start: Ints  # first and last point of the line among the ways' points
    stop: Ints
    allowed: Bools  # (edges, modes, 2): whom a stub lets past, with its line and against it

    def arcs(self) -> tuple[Ints, Ints]:
        """Tail and head of every arc."""
        tails = np.column_stack([self.tail, self.back_tail])
        return tails.ravel(), np.column_stack([self.head, self.back_head]).ravel()


def build_graph(ways: Ways) -> RoadGraph:
    """Build the graph of some ways.

    For each mode only the largest part is kept in which everybody gets from everywhere to
    everywhere and back: what is left is islands, such as a park's paths that meet no street, and
    one-way roads cut off by the edge of the extract. From a place beside one of these the
    nearest road of the large part counts.

    Raises
    ------
    BadInput
        If no road is left.
    """
    number, node_of = np.unique(ways.point, return_inverse=True)
    edges = _stand_at_gates(_cut(ways, node_of), ways, number)
    edges, left_out = _turn_as_allowed(edges, ways, number)
    metres = _lengths(ways, edges)
    millis = _millis(ways, edges, metres)
    left_out |= ways.left_out
    for mode, weights in zip(MODES, millis, strict=True):
        islands, km = _close_islands(edges, metres, weights)
        left_out[f"parts cut off, {mode.value}"] = islands
        left_out[f"km cut off, {mode.value}"] = round(km)
    kept = np.flatnonzero((millis < CLOSED).any(axis=0).reshape(-1, 2).any(axis=1))
    if len(kept) == 0:
        raise BadInput("no two roads hang together; choose a source with a network of roads")
    return _packed(ways, edges, metres, millis, kept, left_out)


def _cut(ways: Ways, node_of: Ints) -> _Edges:
    """Edges from junction to junction; a loop is cut in its middle."""
    of_way = np.repeat(np.arange(len(ways.source_id)), np.diff(ways.first))
    junction = np.bincount(node_of)[node_of] > 1
    junction[ways.first[:-1]] = True
    junction[ways.first[1:] - 1] = True
    junction |= np.isin(ways.point, ways.gate)
    junction |= np.isin(ways.point, [turn.via for turn in ways.turns])
    start, stop = _pieces(junction, of_way)
    loops = node_of[start] == node_of[stop]
    junction[(start[loops] + stop[loops]) // 2] = True
    start, stop = _pieces(junction, of_way)
    real = node_of[start] != node_of[stop]
    start, stop = start[real], stop[real]
    allowed = np.ones((len(start), len(MODES), 2), dtype=bool)
    tail, head = node_of[start], node_of[stop]
    return _Edges(tail, head, head, tail, of_way[start], start, stop, allowed)


def _pieces(junction: Bools, of_way: Ints) -> tuple[Ints, Ints]:
    breaks = np.flatnonzero(junction)
    same = of_way[breaks[:-1]] == of_way[breaks[1:]]
    return breaks[:-1][same], breaks[1:][same]


def _stand_at_gates(edges: _Edges, ways: Ways, number: Ints) -> _Edges:
    """Let every road that reaches a gate end before it, on a stub that lets some past."""
    tail, head = edges.tail.copy(), edges.head.copy()
    gate, passes = np.searchsorted(number, ways.gate), ways.passes
    there = (gate < len(number)) & (number[np.minimum(gate, len(number) - 1)] == ways.gate)
    there &= ~passes.all(axis=1)
    ends, stubs, hubs, allowed, points = len(number), [], [], [], []
    for node, open_to in zip(gate[there], passes[there], strict=True):
        for end, point in ((tail, edges.start), (head, edges.stop)):
            for edge in np.flatnonzero(end == node):
                end[edge] = ends
                stubs.append(ends)
                hubs.append(node)
                allowed.append(np.column_stack([open_to, open_to]))
                points.append(point[edge])
                ends += 1
    if not stubs:
        return edges
    tail, head = np.concatenate([tail, stubs]), np.concatenate([head, hubs])
    return _Edges(
        tail=tail,
        head=head,
        back_tail=head,
        back_head=tail,
        of_way=np.concatenate([edges.of_way, np.full(len(stubs), _OF_GATE)]),
        start=np.concatenate([edges.start, points]),
        stop=np.concatenate([edges.stop, points]),
        allowed=np.concatenate([edges.allowed, allowed]),
    )


def _turn_as_allowed(edges: _Edges, ways: Ways, number: Ints) -> tuple[_Edges, dict[str, int]]:
    """Take junctions apart where not every turn is allowed; turns not understood, with counts."""
    if not ways.turns:
        return edges, {}
    via = np.unique([turn.via for turn in ways.turns])
    known = via[np.isin(via, number)]
    node_of = dict(zip(known.tolist(), np.searchsorted(number, known).tolist(), strict=True))
    way = np.where(edges.of_way < 0, edges.of_way, ways.source_id[edges.of_way])
    nodes = int(max(edges.tail.max(), edges.head.max())) + 1
    apart = take_apart(ways.turns, way, edges.tail, edges.head, node_of, nodes)
    if not apart.stub_tail:
        return edges, apart.left_out
    tail, head, back_tail, back_head = (
        one.copy() for one in (edges.tail, edges.head, edges.back_tail, edges.back_head)
    )
    for end, arrives in apart.arrives.items():
        (head if end.at_head else back_head)[end.edge] = arrives
        (back_tail if end.at_head else tail)[end.edge] = apart.leaves[end]
    places = [(edges.stop if end.at_head else edges.start)[end.edge] for end in apart.stub_place]
    allowed = np.zeros((len(places), len(MODES), 2), dtype=bool)
    allowed[:, :, 0] = apart.allowed
    more_tail, more_head = np.array(apart.stub_tail), np.array(apart.stub_head)
    return _Edges(
        tail=np.concatenate([tail, more_tail]),
        head=np.concatenate([head, more_head]),
        back_tail=np.concatenate([back_tail, more_head]),
        back_head=np.concatenate([back_head, more_tail]),
        of_way=np.concatenate([edges.of_way, np.full(len(places), _OF_TURN)]),
        start=np.concatenate([edges.start, places]),
        stop=np.concatenate([edges.stop, places]),
        allowed=np.concatenate([edges.allowed, allowed]),
    ), apart.left_out


def _lengths(ways: Ways, edges: _Edges) -> Floats:
    steps = geodesic_m(ways.lon[:-1], ways.lat[:-1], ways.lon[1:], ways.lat[1:])
    along = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(along[edges.stop] - along[edges.start], dtype=np.float64)


def _millis(ways: Ways, edges: _Edges, metres: Floats) -> Millis:
    """Milliseconds of every arc, shape (modes, 2 × edges)."""
    speed = ways.speed_kmh[edges.of_way]
    speed[edges.of_way < 0] = 1.0
    speed = np.where(edges.allowed, speed, 0.0)
    millis = metres[:, None, None] * 3600 / np.where(speed > 0, speed, np.inf)
    # No arc takes nothing at all: sparse matrices hold no zeros, and ties would be endless.
    bounded = np.where(speed > 0, np.clip(np.round(millis), 1, _LONGEST_MS), CLOSED)
    arcs: Millis = bounded.transpose(1, 0, 2).reshape(len(MODES), -1).astype(np.uint32)
    return arcs


def _close_islands(edges: _Edges, metres: Floats, weights: Millis) -> tuple[int, float]:
    """Close the arcs of one mode outside its largest part; how many parts, how many km."""
    tails, heads = edges.arcs()
    usable = np.flatnonzero(weights < CLOSED)
    if len(usable) == 0:
        return 0, 0.0
    n = int(max(tails.max(), heads.max())) + 1
    links = coo_array((np.ones(len(usable)), (tails[usable], heads[usable])), shape=(n, n))
    _, part = connected_components(links, directed=True, connection="strong")
    inside = part[tails[usable]] == part[heads[usable]]
    length = metres[usable // 2]
    total = np.bincount(part[tails[usable[inside]]], length[inside], part.max() + 1)
    within = inside & (part[tails[usable]] == total.argmax())
    before = np.unique(usable // 2)
    weights[usable[~within]] = CLOSED
    lost = np.setdiff1d(before, usable[within] // 2)
    return int((total > 0).sum()) - 1, float(metres[lost].sum() / 1000)


def _packed(
    ways: Ways,
    edges: _Edges,
    metres: Floats,
    millis: Millis,
    kept: Ints,
    left_out: dict[str, int],
) -> RoadGraph:
    """The edges kept, nodes numbered anew."""
    start, stop = edges.start[kept], edges.stop[kept]
    # A stub has a line too: its one point, twice.
    count = np.maximum(stop - start + 1, 2)
    first = np.concatenate([[0], np.cumsum(count)])
    within = np.arange(first[-1]) - np.repeat(first[:-1], count)
    vertex = np.minimum(np.repeat(start, count) + within, np.repeat(stop, count))
    tails, heads = (one.reshape(-1, 2)[kept] for one in edges.arcs())
    ends = np.concatenate([tails[:, 0], heads[:, 0], tails[:, 1], heads[:, 1]])
    places = np.concatenate([start, stop, stop, start])
    _, place, renumbered = np.unique(ends, return_index=True, return_inverse=True)
    of_way = edges.of_way[kept]
    tail, head, back_tail, back_head = renumbered.reshape(4, -1)
    arcs = (2 * kept[:, None] + np.arange(2)).ravel()
    return RoadGraph(
        lon=ways.lon[places[place]],
        lat=ways.lat[places[place]],
        tail=tail,
        head=head,
        back_tail=back_tail,
        back_head=back_head,
        metres=metres[kept],
        millis=np.ascontiguousarray(millis[:, arcs]),
        way=np.where(of_way < 0, -1, ways.source_id[of_way]),
        classes=(*ways.classes, GATE, TURN),
        road_class=np.where(
            of_way < 0, len(ways.classes) + (of_way == _OF_TURN), ways.road_class[of_way]
        ),
        first=first,
        line_lon=ways.lon[vertex],
        line_lat=ways.lat[vertex],
        left_out={what: count for what, count in left_out.items() if count},
    )

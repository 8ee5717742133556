"""Towns in which not every turn is allowed, and a slow, plain judge that goes from arc to arc."""

import heapq
from collections import defaultdict
from dataclasses import replace

import numpy as np
import shapely
from hypothesis import strategies as st

from gridsvc.roads.graph import CLOSED, TURN
from gridsvc.roads.modes import MODES, WALK_KMH
from gridsvc.roads.snapping import REACH_M
from gridsvc.roads.turns import Turn
from tests.roads.paper import line_of, projection_of, towns

#: What passing a junction costs that was taken apart.
STUB_MS = 1.0


def ends_of(ways):
    """Numbers of the first and last point of each way, by its number in the source."""
    return {
        int(way): (int(ways.point[first]), int(ways.point[last - 1]))
        for way, first, last in zip(ways.source_id, ways.first[:-1], ways.first[1:], strict=True)
    }


@st.composite
def turning_towns(draw):
    """A town and some turns that are not, or the only ones, allowed, for riders, cars or both."""
    ways = draw(towns(most=3))
    ends = ends_of(ways)
    meeting = sorted(
        (a, point, b)
        for a, points in ends.items() for point in set(points)
        for b, others in ends.items() if point in others
    )  # fmt: skip
    of_whom = st.sampled_from([(False, True, True), (False, False, True), (False, True, False)])
    said = draw(st.lists(st.tuples(st.sampled_from(meeting), st.booleans(), of_whom), max_size=5))
    turns = tuple(Turn(a, point, b, only, bars) for (a, point, b), only, bars in said)
    return replace(ways, turns=turns)


def bars_of(ways, mode):
    """Turns barred to a mode and junctions that are taken apart, by place."""
    ends, which = ends_of(ways), MODES.index(mode)
    place = {
        int(number): (lon, lat)
        for number, lon, lat in zip(ways.point, ways.lon, ways.lat, strict=True)
    }
    barred, only, apart = set(), defaultdict(list), set()
    for turn in ways.turns:
        if any(ends.get(way, ()).count(turn.via) != 1 for way in (turn.from_way, turn.to_way)):
            continue  # from a loop nobody can tell
        at = place[turn.via]
        apart.add(at)
        if turn.bars[which]:
            if turn.only:
                only[turn.from_way, at].append(turn.to_way)
            else:
                barred.add((turn.from_way, at, turn.to_way))
    return barred, only, apart


def judged(graph, ways, mode, weights, sources, target):
    """Seconds from each source to a target in degrees, from arc to arc; nan where by line."""
    project = projection_of(graph)
    real = [
        edge for edge in range(graph.edges)
        if graph.classes[graph.road_class[edge]] != TURN
        and min(weights[2 * edge], weights[2 * edge + 1]) < CLOSED
    ]  # fmt: skip
    lines = {edge: line_of(graph, edge, project) for edge in real}

    def snap(lonlat):
        point = shapely.Point(project(*np.array([lonlat]).T)[0])
        edge = min(lines, key=lambda one: lines[one].distance(point), default=None)
        if edge is None or lines[edge].distance(point) > REACH_M:
            return None
        return edge, lines[edge].project(point, normalized=True), lines[edge].distance(point)

    goal = snap(target)
    steps = _steps(graph, ways, mode, weights, real)
    return [_judged(weights, steps, snap(source), goal) for source in sources]


def _steps(graph, ways, mode, weights, real):
    """From each arc, arcs one may go on to, with milliseconds of turning."""
    barred, only, apart = bars_of(ways, mode)
    begins, ends = defaultdict(list), {}
    for edge in real:
        part = slice(graph.first[edge], graph.first[edge + 1])
        places = list(zip(graph.line_lon[part], graph.line_lat[part], strict=True))
        for arc, (start, end) in ((2 * edge, (places[0], places[-1])),
                                  (2 * edge + 1, (places[-1], places[0]))):  # fmt: skip
            if weights[arc] < CLOSED:
                begins[start].append(arc)
                ends[arc] = end
    steps = defaultdict(list)
    for arc, at in ends.items():
        way = int(graph.way[arc // 2])
        for then in begins[at]:
            other = int(graph.way[then // 2])
            if (way, at, other) in barred or any(other != one for one in only[way, at]):
                continue
            steps[arc].append((then, STUB_MS if at in apart else 0.0))
    return steps


def _judged(weights, steps, start, goal):
    if start is None or goal is None:
        return float("nan")
    (edge, share, gap), (end, end_share, end_gap) = start, goal
    parts = {2 * end: end_share, 2 * end + 1: 1 - end_share}
    best, done, heap = float("inf"), set(), []
    for arc, left in ((2 * edge, 1 - share), (2 * edge + 1, share)):
        if weights[arc] < CLOSED:
            heapq.heappush(heap, (left * float(weights[arc]), arc))
            ahead = left - (1 - parts.get(arc, -1))
            if arc in parts and ahead >= 0:
                best = min(best, ahead * float(weights[arc]))
    while heap:
        ms, arc = heapq.heappop(heap)
        if arc in done:
            continue
        done.add(arc)
        for then, turning in steps[arc]:
            if then in parts:
                best = min(best, ms + turning + parts[then] * float(weights[then]))
            heapq.heappush(heap, (ms + turning + float(weights[then]), then))
    return best / 1000 + (gap + end_gap) * 3.6 / WALK_KMH

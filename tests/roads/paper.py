"""Paper roads, measured in metres from one corner, and a slow, plain judge of times on them."""

import heapq
from collections import defaultdict

import numpy as np
import shapely
from hypothesis import strategies as st

from gridsvc.geo import metric_projection
from gridsvc.roads import engines
from gridsvc.roads.by_road import ByRoad
from gridsvc.roads.graph import CLOSED, RoadGraph, build_graph
from gridsvc.roads.modes import MODES, WALK_KMH, Mode
from gridsvc.roads.net import RoadNet
from gridsvc.roads.packing import Packed
from gridsvc.roads.snapping import REACH_M
from gridsvc.roads.ways import Gathering
from tests.exchange.paper import degrees

#: Share of an edge from its end within which a place is the junction itself.
AT_JUNCTION = 1e-9
BOTH = [(WALK_KMH, WALK_KMH), (18.0, 18.0), (36.0, 36.0)]
#: Cars may only go with the line; people on foot both ways.
ONE_WAY = [(WALK_KMH, WALK_KMH), (18.0, 0.0), (36.0, 0.0)]


def place(x, y):
    """Longitude and latitude of a point in metres."""
    point = degrees(shapely.Point(x, y))
    return point.x, point.y


def places(points):
    return np.array([place(*point) for point in points]).reshape(-1, 2)


def roads(*lines, gates=(), first_id=1):
    """Ways of lines given as (points in metres, speeds[, class]); equal points meet."""
    gathering, number = Gathering(), {}
    for row, (points, speeds, *rest) in enumerate(lines):
        numbers = [number.setdefault(point, len(number)) for point in points]
        road_class = rest[0] if rest else "residential"
        lonlat = [place(*point) for point in points]
        gathering.add(first_id + row, road_class, speeds, numbers, lonlat)
    for point, passes in gates:
        gathering.gates[number[point]] = passes
    return gathering.ways()


def net_of(graph: RoadGraph, *, hierarchy=True) -> RoadNet:
    files = engines.topology_files(engines.build_topology(graph)) if hierarchy else {}
    return RoadNet(Packed(graph, files, engines.maker() if hierarchy else None))


def travel_on(ways, mode=Mode.CAR, conditions=(), *, hierarchy=True) -> ByRoad:
    net = net_of(build_graph(ways), hierarchy=hierarchy)
    return ByRoad(net, mode, net.weights(mode, conditions))


@st.composite
def towns(draw, most=4):
    """Streets between the corners of a lattice: there or not, one way or both, some bent.

    Beside the lattice lies a street by itself, an island.
    """
    columns, rows = draw(st.integers(2, most)), draw(st.integers(2, most))
    state = st.sampled_from(["both", "both", "along", "against", "none"])
    lines = []
    for column in range(columns):
        for row in range(rows):
            for ahead in ((column + 1, row), (column, row + 1)):
                if ahead[0] >= columns or ahead[1] >= rows:
                    continue
                kind = draw(state)
                here, there = (column * 100, row * 100), (ahead[0] * 100, ahead[1] * 100)
                bend = ((here[0] + there[0]) // 2 + 11, (here[1] + there[1]) // 2 + 7)
                points = [here, bend, there] if draw(st.booleans()) else [here, there]
                if kind != "none":
                    ordered = points[::-1] if kind == "against" else points
                    lines.append((ordered, BOTH if kind == "both" else ONE_WAY))
    # Always something that hangs together, and something that does not.
    lines.append(([(0, 0), (-80, -40), (-90, 60), (0, 0)], BOTH))
    lines.append(([(40, 50), (60, 50)], BOTH))
    return roads(*lines)


def judged(graph, mode, weights, sources, target):
    """Seconds from each source to a target in degrees, by heap and hand; nan where by line."""
    project = projection_of(graph)
    usable = [
        edge for edge in range(graph.edges)
        if min(weights[2 * edge], weights[2 * edge + 1]) < CLOSED
    ]  # fmt: skip
    lines = {edge: line_of(graph, edge, project) for edge in usable}

    def snap(lonlat):
        point = shapely.Point(project(*np.array([lonlat]).T)[0])
        edge = min(lines, key=lambda one: lines[one].distance(point), default=None)
        if edge is None or lines[edge].distance(point) > REACH_M:
            return None
        share = lines[edge].project(point, normalized=True)
        return edge, share, lines[edge].distance(point)

    links, (tails, heads) = defaultdict(list), graph.arcs()
    for arc in np.flatnonzero(weights < CLOSED):
        links[int(tails[arc])].append((int(heads[arc]), float(weights[arc])))
    goal = snap(target)
    return [_judged(graph, weights, links, snap(source), goal) for source in sources]


def projection_of(graph):
    box = (graph.line_lon.min(), graph.line_lat.min(), graph.line_lon.max(), graph.line_lat.max())
    return metric_projection(box)


def line_of(graph, edge, project):
    part = slice(graph.first[edge], graph.first[edge + 1])
    return shapely.LineString(project(graph.line_lon[part], graph.line_lat[part]))


def _judged(graph, weights, links, start, goal):
    if start is None or goal is None:
        return float("nan")
    (edge, share, gap), (end, end_share, end_gap) = start, goal
    along, against = ((float(w) if w < CLOSED else None) for w in weights[2 * edge : 2 * edge + 2])
    own = defaultdict(list)
    own["start"] = [
        (node, part * (ms or 0))
        for node, part, ms in (
            (int(graph.head[edge]), 1 - share, along),
            (int(graph.back_head[edge]), share, against),
        )
        if ms is not None or part <= AT_JUNCTION
    ]
    if edge == end:
        ms = along if end_share >= share else against
        if ms is not None:
            own["start"].append(("goal", abs(end_share - share) * ms))
    for node, part, ms in (
        (int(graph.tail[end]), end_share, weights[2 * end]),
        (int(graph.back_tail[end]), 1 - end_share, weights[2 * end + 1]),
    ):
        if ms < CLOSED or part <= AT_JUNCTION:
            own[node].append(("goal", part * float(ms) if ms < CLOSED else 0.0))
    done, heap, count = {}, [(0.0, 0, "start")], 1
    while heap:
        ms, _, node = heapq.heappop(heap)
        if node in done:
            continue
        done[node] = ms
        for there, more in [*links.get(node, []), *own.get(node, [])]:
            heapq.heappush(heap, (ms + more, count, there))
            count += 1
    walked = (gap + end_gap) * 3.6 / WALK_KMH
    return done.get("goal", float("inf")) / 1000 + walked


def index_of(mode):
    return MODES.index(mode)

"""Nearest by road beside the nearest by line, and whether it equals a plain Dijkstra.

    python -m tests.bench.dispatch.roads [--people 24000] [--events 2000]

The extract of Nanjing's centre, in a PostGIS started for this run; the last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from sqlalchemy import text

from gridsvc import migrations
from gridsvc.db import Scope, make_engine, transaction
from gridsvc.exchange.roads import read_roads
from gridsvc.grids import service as grids
from gridsvc.people import queries as people
from gridsvc.people.candidates import Need
from gridsvc.postgis import start
from gridsvc.roads import engines, service
from gridsvc.roads.by_road import ByRoad
from gridsvc.roads.graph import build_graph
from gridsvc.roads.modes import MODES, Mode
from gridsvc.roads.net import RoadNet
from gridsvc.roads.packing import Packed, pack, unpack
from tests.bench.dispatch.histories import EXTRACT, middle_of

COUNTY, COMMUNITY = "320106000000", "320106001001"
CANDIDATES = 50

_PEOPLE = text("""
WITH added AS (
    INSERT INTO person (code, name_sealed, name_masked, role, division_code, on_duty)
    SELECT 'p' || n, 'x', 'x', 'officer', :community, true
    FROM generate_series(1, CAST(:n AS int)) n
    RETURNING id, division_code
), loads AS (
    INSERT INTO workload (person_id, division_code, capacity)
    SELECT id, division_code, 3 FROM added
)
INSERT INTO position (person_id, division_code, geog, datum, captured_at)
SELECT id, division_code, CAST(ST_SetSRID(ST_MakePoint(
    CAST(:west AS float8) + random() * (CAST(:east AS float8) - CAST(:west AS float8)),
    CAST(:south AS float8) + random() * (CAST(:north AS float8) - CAST(:south AS float8))), 4326)
    AS geography), 'wgs84', now() FROM added
""")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    found = work()
    return time.perf_counter() - begin, found


def scattered(box: tuple[float, float, float, float], n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(box[:2], box[2:], (n, 2))


def engine_figures(events: int) -> dict[str, Any]:
    """Seconds and bytes of every step, equality with Dijkstra, what a straight line stands for."""
    read_s, ways = timed(lambda: read_roads(EXTRACT))
    graph_s, graph = timed(lambda: build_graph(ways))
    order_s, topology = timed(lambda: engines.build_topology(graph))
    packed = pack(Packed(graph, engines.topology_files(topology), engines.maker()))
    load_s, net = timed(lambda: RoadNet(unpack(packed)))
    plain = RoadNet(Packed(graph, {}, None))
    found: dict[str, Any] = {
        "nodes": graph.nodes, "edges": graph.edges, "packed_kb": round(len(packed) / 1024),
        "read_ms": round(read_s * 1e3, 1), "graph_ms": round(graph_s * 1e3, 1),
        "order_ms": round(order_s * 1e3, 1), "load_ms": round(load_s * 1e3, 1),
    }  # fmt: skip
    equal, asked, choices = 0, 0, 0
    places = scattered(middle_of(graph), events + CANDIDATES, 7)
    for mode in MODES:
        weights = net.weights(mode)
        custom_s, travel = timed(lambda m=mode, w=weights: ByRoad(net, m, w))
        reference = ByRoad(plain, mode, weights)
        seconds = []
        for event in range(events):
            crew = places[np.arange(event + 1, event + 1 + CANDIDATES) % len(places)]
            took, reach = timed(lambda t=travel, e=event, c=crew: t.seconds_to(tuple(places[e]), c))
            seconds.append(took)
            truth = reference.seconds_to(tuple(places[event]), crew).eta_s
            equal += int(np.allclose(reach.eta_s, truth, rtol=0, atol=1e-6))
            choices += int(reach.eta_s.argmin() == truth.argmin())
            asked += 1
        found[mode.value] = {
            "customise_ms": round(custom_s * 1e3, 2),
            "query_50_ms_p50": round(median(seconds) * 1e3, 3),
            "query_50_ms_p99": round(float(np.quantile(seconds, 0.99)) * 1e3, 3),
            **line_figures(travel, middle_of(graph)),
        }
    found["road_equals_dijkstra"] = equal / asked
    found["choice_equals_dijkstra"] = choices / asked
    return found


def line_figures(travel: ByRoad, box: tuple[float, float, float, float]) -> dict[str, float]:
    """What a metre of straight line stands for on the roads: 2,000 pairs over 300 m apart."""
    factor, kmh = [], []
    heads, tails = scattered(box, 100, 1), scattered(box, 20, 2)
    for head in heads:
        reach = travel.seconds_to((float(head[0]), float(head[1])), tails)
        for which in np.flatnonzero(reach.by_road & (reach.line_m > 300)):
            metres = reach.distance_m(int(which))
            factor.append(metres / reach.line_m[which])
            kmh.append(metres / reach.eta_s[which] * 3.6)
    return {"detour": round(median(factor), 3), "line_kmh": round(median(kmh), 2)}


async def against_knn(url: str, workers: int, events: int) -> dict[str, float]:
    """The KNN query for 50 people alone, and with their times by road, over the same events."""
    engine = make_engine(url)
    await migrations.upgrade(engine)
    ways = read_roads(EXTRACT)
    west, south, east, north = middle_of(build_graph(ways))
    box = {"west": west, "south": south, "east": east, "north": north}
    async with transaction(engine) as session:
        rows = [grids.DivisionRow(COUNTY, "鼓楼区"), grids.DivisionRow(COMMUNITY, "试验社区")]
        await grids.load_divisions(session, rows)
        await session.execute(_PEOPLE, {"community": COMMUNITY, "n": workers, **box})
        await service.load(session, COUNTY, ways, source=EXTRACT.name)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))
    need = Need("officer", None, COUNTY, "320107000000", None)
    knn, road, state = [], [], []
    lonlat = scattered((west, south, east, north), events, 5)
    async with transaction(engine, Scope(((COUNTY, "320107000000"),))) as session:
        crew = scattered((west, south, east, north), CANDIDATES, 9)
        for lon, lat in lonlat:
            begin = time.perf_counter()
            await people.nearest_eligible(
                session, need=need, lon=float(lon), lat=float(lat), k=CANDIDATES
            )
            between = time.perf_counter()
            travel = await service.travel(session, COUNTY, mode=Mode.EBIKE)
            asked = time.perf_counter()
            reach = travel.seconds_to((float(lon), float(lat)), crew)
            reach.distance_m(int(reach.eta_s.argmin()))
            end = time.perf_counter()
            knn.append(between - begin)
            state.append(asked - between)
            road.append(end - between)
    await engine.dispose()
    return {
        "knn_ms_p50": round(median(knn) * 1e3, 3),
        "state_ms_p50": round(median(state) * 1e3, 3),
        "road_ms_p50": round(median(road) * 1e3, 3),
        "nearest_road_vs_knn": round((median(knn) + median(road)) / median(knn), 3),
    }


def measure(workers: int = 24_000, events: int = 2000) -> dict[str, Any]:
    """Everything, as one dict; what the issue asks for stands at its top."""
    found = engine_figures(min(events, 500))
    with tempfile.TemporaryDirectory(prefix="gridsvc-bench-") as name:
        Path(name).chmod(0o755)
        cluster = start(Path(name) / "data")
        try:
            found |= asyncio.run(against_knn(cluster.url, workers, events))
        finally:
            cluster.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found | {"peak_mb": round(peak)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=24_000)
    parser.add_argument("--events", type=int, default=2000)
    given = parser.parse_args()
    print(json.dumps(measure(given.people, given.events)))


if __name__ == "__main__":
    main()

"""Real dispatch history against simulated crews: nearest by road beside nearest by line.

    python -m tests.bench.dispatch.replay

San Francisco's fire calls of a month's end, and Baltimore's busiest day of 311 requests, of which
the sample holds 16 only. There is no road graph of these cities here: each is replayed on a
SYNTHETIC LATTICE of streets over its own extent, and on the real graph of Nanjing's centre with
the events' times and their places transplanted (stretched to the extent of the roads). Crews are
simulated in memory. Prints a table; the last line is JSON.
"""

from __future__ import annotations

import heapq
import json
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from gridsvc.exchange.roads import read_roads
from gridsvc.roads import engines
from gridsvc.roads.by_road import ByRoad
from gridsvc.roads.graph import RoadGraph, build_graph
from gridsvc.roads.modes import MODES, Mode, kmh
from gridsvc.roads.net import RoadNet
from gridsvc.roads.packing import Packed
from gridsvc.roads.ways import Gathering
from tests.bench.dispatch.roads import EXTRACT, middle_of

DATA = EXTRACT.parents[1]
SIZE = 60
#: Enough crews, and so few that events wait; seconds each stays.
CREWS, ON_SITE_S = (60, 7), 1500.0


@dataclass(frozen=True)
class Row:
    """One replay; minutes are of the nearest by road, from being sent to being there."""

    events: str
    roads: str
    crews: int
    n: int
    waited: int
    differ_pct: float
    lost_min_mean: float
    lost_min_p90: float
    minutes_p50: float
    minutes_p90: float
    minutes_p99: float
    over_assigned: int
    lost: int


def sf_fire() -> pd.DataFrame:
    """Incidents of San Francisco's fire department: seconds, lon, lat."""
    table = pd.read_csv(DATA / "ev_sf_fire_dispatch/sf_fire_2016-12.csv.gz")
    table = table.drop_duplicates("Incident Number")
    place = table["Location"].str.extract(r"\(([-\d.]+), ([-\d.]+)\)").astype(float)
    return _events(table["Received DtTm"], place[1], place[0])


def baltimore_day() -> pd.DataFrame:
    """The busiest day of Baltimore's requests; whole degrees and no places are left out."""
    table = pd.read_csv(DATA / "ev_baltimore_311/311_sample.csv.gz", low_memory=False)
    lon, lat = (pd.to_numeric(table[name], errors="coerce") for name in ("Longitude", "Latitude"))
    known = lon.between(-76.8, -76.4) & lat.between(39.1, 39.5) & (lon % 1 != 0)
    day = table["CreatedDate"].str[:10]
    busiest = day[known].value_counts().idxmax()
    which = known & (day == busiest)
    return _events(table.loc[which, "CreatedDate"], lon[which], lat[which])


def _events(at: pd.Series, lon: pd.Series, lat: pd.Series) -> pd.DataFrame:
    moment = pd.to_datetime(at, format="%m/%d/%Y %I:%M:%S %p")
    seconds = (moment - moment.min()).dt.total_seconds()
    table = pd.DataFrame({"s": seconds, "lon": lon, "lat": lat}).dropna()
    return table.sort_values("s", ignore_index=True)


def lattice(events: pd.DataFrame) -> RoadGraph:
    """Made-up streets over the events' extent: avenues, one-way streets in turn, some missing."""
    rng, gathering = np.random.default_rng(0), Gathering()
    lon = np.linspace(events["lon"].min(), events["lon"].max(), SIZE)
    lat = np.linspace(events["lat"].min(), events["lat"].max(), SIZE)
    for line in range(SIZE):
        main = line % 6 == 0
        road_class = "primary" if main else "residential"
        for step in range(SIZE - 1):
            for along in (True, False):
                if not main and rng.random() < 0.15:
                    continue
                ends = [(step, line), (step + 1, line)]
                ends = ends if along else [(j, i) for i, j in ends]
                ends = ends[::-1] if line % 2 else ends
                back = main or line % 3 == 0
                speeds = [(kmh(road_class, m), kmh(road_class, m) * back) for m in MODES]
                points = [i * SIZE + j for i, j in ends]
                places = [(float(lon[i]), float(lat[j])) for i, j in ends]
                gathering.add(len(gathering.source_id), road_class, speeds, points, places)
    return build_graph(gathering.ways())


def travel_on(graph: RoadGraph, mode: Mode) -> ByRoad:
    files = engines.topology_files(engines.build_topology(graph))
    net = RoadNet(Packed(graph, files, engines.maker()))
    return ByRoad(net, mode, net.weights(mode))


def transplanted(events: pd.DataFrame, graph: RoadGraph) -> pd.DataFrame:
    """The same times, places stretched to the middle of another city's roads."""
    west, south, east, north = middle_of(graph)
    rank_lon, rank_lat = events["lon"].rank(pct=True), events["lat"].rank(pct=True)
    return events.assign(
        lon=west + rank_lon * (east - west), lat=south + rank_lat * (north - south)
    )


class Crews:
    """Crews in memory: whoever is free and nearest by road goes; events wait for their turn."""

    def __init__(self, events: pd.DataFrame, travel: ByRoad, crews: int) -> None:
        rng = np.random.default_rng(4)
        self.events, self.travel = events, travel
        self.at = events[["lon", "lat"]].to_numpy()[rng.integers(0, len(events), crews)].copy()
        self.free = np.ones(crews, dtype=bool)
        self.busy: list[tuple[float, int]] = []
        self.waiting: list[int] = []
        self.log: list[tuple[int, int, float, float, float, float]] = []

    def work_until(self, moment: float) -> None:
        """Let crews become free one by one; each takes the event that waits longest."""
        while self.busy and self.busy[0][0] <= moment:
            now, crew = heapq.heappop(self.busy)
            self.free[crew] = True
            self.serve(now)

    def serve(self, now: float) -> None:
        while self.waiting and self.free.any():
            event = self.waiting.pop(0)
            place = (float(self.events.at[event, "lon"]), float(self.events.at[event, "lat"]))
            idle = np.flatnonzero(self.free)
            reach = self.travel.seconds_to(place, self.at[idle])
            best, by_line = int(reach.eta_s.argmin()), int(reach.line_m.argmin())
            crew, eta_s = int(idle[best]), float(reach.eta_s[best])
            self.free[crew], self.at[crew] = False, place
            until = now + eta_s + ON_SITE_S
            heapq.heappush(self.busy, (until, crew))
            self.log.append((event, crew, now, until, eta_s, float(reach.eta_s[by_line]) - eta_s))


def replay(events: pd.DataFrame, travel: ByRoad, name: str, roads: str, crews: int) -> Row:
    """Replay events in their order; what the log says is counted apart from how it was made."""
    town = Crews(events, travel, crews)
    for event in events.itertuples():
        town.work_until(event.s)
        town.waiting.append(event.Index)
        town.serve(event.s)
    town.work_until(float("inf"))
    columns = ["event", "crew", "begin", "until", "eta_s", "lost_s"]
    log = pd.DataFrame(town.log, columns=columns)
    turns = log.sort_values(["crew", "begin"])
    same = turns["crew"].to_numpy()[1:] == turns["crew"].to_numpy()[:-1]
    both = (same & (turns["begin"].to_numpy()[1:] < turns["until"].to_numpy()[:-1])).sum()
    lost_min = log.loc[log["lost_s"] > 1e-4, "lost_s"] / 60
    waited = log["begin"].to_numpy() > events["s"].to_numpy()[log["event"]] + 1e-9
    p50, p90, p99 = np.quantile(log["eta_s"] / 60, (0.5, 0.9, 0.99))
    return Row(
        name, roads, crews, len(events), int(waited.sum()),
        round(100 * len(lost_min) / len(events), 1),
        round(float(lost_min.mean()), 2), round(float(lost_min.quantile(0.9)), 2),
        round(float(p50), 2), round(float(p90), 2), round(float(p99), 2),
        int(both + log["event"].duplicated().sum()),
        len(set(events.index) - set(log["event"])),
    )  # fmt: skip


def study(mode: Mode = Mode.CAR) -> list[Row]:
    """Both histories, each on a synthetic lattice of its city and on Nanjing's real roads."""
    nanjing = build_graph(read_roads(EXTRACT))
    rows = []
    for name, events in (("sf fire", sf_fire()), ("baltimore 311 day", baltimore_day())):
        moved = transplanted(events, nanjing)
        on_lattice, real = travel_on(lattice(events), mode), travel_on(nanjing, mode)
        for crews in CREWS:
            rows.append(replay(events, on_lattice, name, "synthetic lattice", crews))
            rows.append(replay(moved, real, name, "Nanjing, transplanted", crews))
    return rows


def main() -> None:
    rows = [asdict(row) for row in study()]
    print(pd.DataFrame(rows).to_string(index=False))
    print(json.dumps({"replays": rows, "over_assigned": sum(r["over_assigned"] for r in rows),
                      "lost": sum(r["lost"] for r in rows)}))  # fmt: skip


if __name__ == "__main__":
    main()

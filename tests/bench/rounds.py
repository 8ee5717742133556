"""Rounds of visits on a town's streets, beside the order of addresses.

    python -m tests.bench.rounds [FOLDER]

Reads a town's prepared.gpkg, takes the households of each community in runs of so many as one
worker has due, and prints minutes on foot: in the order of addresses, as planned, what is saved.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np

from gridsvc.exchange.roads import read_roads
from gridsvc.outreach import rounds
from gridsvc.outreach.walking import matrix
from gridsvc.roads.by_road import ByRoad
from gridsvc.roads.graph import build_graph
from gridsvc.roads.modes import Mode
from gridsvc.town.settle import SMALL_TOWN
from tests.roads.paper import net_of

#: Buildings one worker goes to in a day.
STOPS = (10, 20, 40)


def main(folder: Path) -> None:
    net = net_of(build_graph(read_roads(folder / "prepared.gpkg")))
    travel = ByRoad(net, Mode.WALK, net.weights(Mode.WALK, ()))
    buildings = gpd.read_file(folder / "prepared.gpkg", layer="buildings")
    homes = buildings[buildings["households"] > 0].sort_values("building_id")
    communities = homes["building_id"].str[:12]
    print("| stops | rounds | by address, min | planned, min | saved | planning p50 / worst, ms |")
    print("|---|---|---|---|---|---|")
    for stops in STOPS:
        naive, planned, took = [], [], []
        for _, here in homes.groupby(communities):
            points = here.geometry.representative_point()
            for first in range(0, len(points) - stops + 1, stops):
                part = points.iloc[first : first + stops]
                places = [{"lon": point.x, "lat": point.y} for point in part]
                began = time.perf_counter()
                seconds, _ = matrix(travel, places)
                way = rounds.order(seconds)
                took.append(1000 * (time.perf_counter() - began))
                naive.append(rounds.length_s(seconds, range(stops)) / 60)
                planned.append(rounds.length_s(seconds, way) / 60)
        saved = 1 - sum(planned) / sum(naive)
        print(
            f"| {stops} | {len(took)} | {np.mean(naive):.1f} | {np.mean(planned):.1f}"
            f" | {saved:.0%} | {np.median(took):.0f} / {max(took):.0f} |"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SMALL_TOWN)

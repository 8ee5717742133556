"""What the issue asks of dispatch, each a ratio in one run on this machine.

python -m tests.bench.dispatch [--json] [--seconds 10] [--people 24000]
python -m tests.bench.dispatch --explain
python -m tests.bench.dispatch --replay [--events 3560] [--picture FILE]
"""

import argparse
import json
from pathlib import Path

from tests.bench.dispatch import explain, http, positions, replay, roads

NAMED = (
    "http_vs_bare_assign", "http_vs_naive_orm", "p99_ms_half_load", "nearest_road_vs_knn",
    "positions_vs_raw", "road_equals_dijkstra", "over_assigned", "lost",
)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bench.dispatch", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=int, default=10, help="of each phase over HTTP")
    parser.add_argument("--people", type=int, default=24_000)
    parser.add_argument("--explain", action="store_true", help="show the plans of hot queries")
    parser.add_argument("--replay", action="store_true", help="real histories over HTTP")
    parser.add_argument("--events", type=int, default=3560, help="of each history, at most")
    parser.add_argument("--picture", type=Path, help="chart of the replays' minutes")
    given = parser.parse_args()
    if given.replay:
        replay.show(given.events, given.picture)
        return
    if given.explain:
        explain.show(given.people)
        return
    found = http.measure(given.seconds, given.people)
    found |= roads.measure(given.people)
    found |= positions.measure()
    for name, figure in found.items():
        print(f"{name}: {figure}")
    if given.json:
        print(json.dumps({name: found[name] for name in NAMED}))


if __name__ == "__main__":
    main()

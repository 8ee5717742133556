"""What the issue asks of dispatch, each a ratio in one run on this machine.

python -m tests.bench.dispatch [--json] [--seconds 10] [--people 24000]
"""

import argparse
import json

from tests.bench.dispatch import http, positions, roads

NAMED = (
    "http_vs_bare_assign", "http_vs_naive_orm", "p99_ms_half_load", "nearest_road_vs_knn",
    "positions_vs_raw", "road_equals_dijkstra", "over_assigned", "lost",
)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bench.dispatch", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=int, default=10, help="of each phase over HTTP")
    parser.add_argument("--people", type=int, default=24_000)
    given = parser.parse_args()
    found = http.measure(given.seconds, given.people)
    found |= roads.measure(given.people)
    found |= positions.measure()
    for name, figure in found.items():
        print(f"{name}: {figure}")
    if given.json:
        print(json.dumps({name: found[name] for name in NAMED}))


if __name__ == "__main__":
    main()

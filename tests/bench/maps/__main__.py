"""A city's map in one file beside folium.GeoJson and GeoDataFrame.explore.

    python -m tests.bench.maps [--json] [--cells 18099] [--repeats 2]
                               [--growth 2000,6000,18099,50000,100000] [--chart FILE.svg]

Every contender draws the same generated city, events included, in a process of its own, and its
file is opened in a fresh Chromium each time; the best of the repeats counts for each figure.
Without ``--json`` it prints a table; with it the last line is a JSON object of ratios.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.bench.maps.chart import draw
from tests.bench.maps.report import Row, ratios, table
from tests.bench.maps.viewing import Viewing, view

#: A map of folium.GeoJson on canvas is one option away, so it is in the table, too.
CONTENDERS = ["gridsvc", "folium", "explore", "folium-canvas"]


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="gridsvc-bench-") as name:
        folder = Path(name)
        rows = [_measured(one, options.cells, options.repeats, folder) for one in CONTENDERS]
        growth = [
            _measured(one, cells, 1, folder)
            for cells in options.growth
            for one in CONTENDERS[:3]
            # The others' pages of 50,000 cells and more want gigabytes.
            if one == "gridsvc" or cells <= options.cells
        ]
    if options.chart:
        draw(rows, growth, options.chart)
    if options.json:
        told = ratios(rows) | {"rows": [asdict(row) for row in rows + growth]}
        print(json.dumps(told))
        return
    print(table(rows))
    if growth:
        print(f"\n{table(growth)}")


def _options() -> argparse.Namespace:
    def whole_numbers(text: str) -> list[int]:
        return [int(one) for one in text.split(",")]

    parser = argparse.ArgumentParser(prog="python -m tests.bench.maps")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--cells", type=int, default=18_099)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--growth", type=whole_numbers, default=[])
    parser.add_argument("--chart", type=Path)
    return parser.parse_args()


def _measured(name: str, cells: int, repeats: int, folder: Path) -> Row:
    print(f"{name}, {cells} cells", file=sys.stderr, flush=True)
    out = folder / f"{name}-{cells}.html"
    built, views = [], []
    for _ in range(repeats):
        built.append(_build(name, cells, out))
        views.append(view(out))
    out.unlink()
    seconds = min(one["seconds"] for one in built)
    return Row(name, cells, built[0]["vertices"], seconds, built[0]["bytes"] / 1e6, _best(views))


def _build(name: str, cells: int, out: Path) -> dict[str, Any]:
    module = ["-W", "ignore", "-m", "tests.bench.maps.contenders"]
    command = [sys.executable, *module, name, str(cells), str(out)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _best(views: list[Viewing]) -> Viewing:
    """The least of each figure: what other work on the machine adds is no contender's."""
    figures = [asdict(one) for one in views]
    return Viewing(**{key: min(one[key] for one in figures) for key in figures[0]})


if __name__ == "__main__":
    main()

"""Our splitter beside other methods on the same atoms, and its seconds and memory as towns grow.

    python -m tests.bench.planning [--json] [--households 20000] [--seeds 0,1,2] [--limit 45]
                                   [--growth 2000,20000,200000,1000000] [--chart FILE.svg]

Makes one demonstration town per seed and divides it by every method, each in a process of its
own. Without ``--json`` it prints tables for the README; with it the last line is a JSON object.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from tests.bench.planning.chart import draw
from tests.bench.planning.processes import need, run
from tests.bench.planning.report import Growth, Row, growth_table, methods_table

#: Methods on given atoms, and the key of those that the JSON names.
METHODS = {
    "gridsvc": None,
    "METIS k-way": "METIS",
    "METIS recursive": None,
    "k-means-constrained": "kmeans",
    "spopt MaxP": "maxp",
    "GerryChain": "gerrychain",
}
FROM_FILE = "gridsvc, file to file"
#: Seconds to read a town and make its atoms, and that a method may run over its limit.
GRACE_S = 60.0


@dataclass(frozen=True)
class Replan:
    """Percent of the households that change cell when a changed town is split again.

    Attributes
    ----------
    moved
        With the cells from before given.
    moved_from_scratch
        Without them.
    """

    moved: float
    moved_from_scratch: float


def main() -> None:
    options = _options()
    # An ordinary end instead of sudden death: the task is stopped and the towns removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with tempfile.TemporaryDirectory(prefix="gridsvc-bench-") as name:
        folder = Path(name)
        _warm_up(folder)
        towns = [_town(folder, options.households, seed) for seed in options.seeds]
        rows, replan = _from_file(towns, options.seeds)
        rows += [_method(one, towns, options.seeds, options.limit) for one in METHODS]
        growth = [_grown(folder, households) for households in options.growth]
    if options.chart:
        draw(rows, growth, options.chart)
    if options.json:
        print(json.dumps(_answer(rows, replan, growth, options.households)))
        return
    print(methods_table(rows))
    print(f"\n{_told(replan)}")
    if growth:
        print(f"\n{growth_table(growth)}")


def _options() -> argparse.Namespace:
    def whole_numbers(text: str) -> list[int]:
        return [int(one) for one in text.split(",")]

    parser = argparse.ArgumentParser(prog="python -m tests.bench.planning")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--households", type=int, default=20_000)
    parser.add_argument("--seeds", type=whole_numbers, default=[0, 1, 2])
    parser.add_argument("--limit", type=float, default=45.0, help="seconds of a method per town")
    parser.add_argument("--growth", type=whole_numbers, default=[])
    parser.add_argument("--chart", type=Path)
    return parser.parse_args()


def _town(folder: Path, households: int, seed: int) -> Path:
    town = folder / f"town-{households}-{seed}"
    _say(f"town of {households} households, seed {seed}")
    need(run("town", town, households, seed))
    return town


def _warm_up(folder: Path) -> None:
    """Have everything compiled that is kept compiled from one run to the next."""
    town = _town(folder, 1000, 0)
    need(run("split", town, "prepared.gpkg:units", town / "cells.gpkg", 0))


def _from_file(towns: list[Path], seeds: list[int]) -> tuple[list[Row], Replan]:
    """Split every town from file to file, then again after some of its buildings changed."""
    splits, figures, moved, anew = [], [], [], []
    for town, seed in zip(towns, seeds, strict=True):
        _say(f"{FROM_FILE}, {town.name}")
        cells = town / "cells.gpkg"
        splits.append(run("split", town, "prepared.gpkg:units", cells, seed))
        need(splits[-1])
        figures.append(need(run("measure", town, cells))["figures"])
        need(run("change", town, town / "changed.gpkg", seed))
        moved.append(_moved(town, seed, previous=True))
        anew.append(_moved(town, seed, previous=False))
    row = Row.mean_of(FROM_FILE, figures, splits, [one.seconds for one in splits])
    return [row], Replan(fmean(moved), fmean(anew))


def _moved(town: Path, seed: int, *, previous: bool) -> float:
    """Percent moved when the changed town is split, with or without the cells from before."""
    cells = town / "cells.gpkg"
    again = town / f"again-{previous}.gpkg"
    before = [f"{cells}:cells"] if previous else []
    need(run("split", town, "changed.gpkg:units", again, seed, *before))
    return float(need(run("moved", town, town / "changed.gpkg", cells, again))["moved_pct"])


def _method(name: str, towns: list[Path], seeds: list[int], limit_s: float) -> Row:
    """Mean over the towns of what one method makes of their atoms."""
    outcomes = []
    for town, seed in zip(towns, seeds, strict=True):
        _say(f"{name}, {town.name}")
        outcomes.append(run("atoms", town, name, seed, limit_s, limit_s=2 * limit_s + GRACE_S))
    answers = [one.answer or {"figures": None, "seconds": one.seconds} for one in outcomes]
    figures = [one["figures"] for one in answers]
    return Row.mean_of(name, figures, outcomes, [one["seconds"] for one in answers])


def _grown(folder: Path, households: int) -> Growth:
    """Seconds and memory of one town from file to file."""
    town = _town(folder, households, 0)
    _say(f"split of {households} households")
    outcome = run("split", town, "prepared.gpkg:units", town / "grown.gpkg", 0)
    return Growth(households, outcome.seconds, outcome.peak_mb, outcome.answer is not None)


def _answer(
    rows: list[Row], replan: Replan, growth: list[Growth], households: int
) -> dict[str, Any]:
    size = f"{households // 1000}k"
    by_name = {row.name: row for row in rows}
    own = by_name[FROM_FILE]
    named = ("within10", "within20", "mape", "pp_median", "streets")
    answer: dict[str, Any] = {f"{name}_{size}": own.figure(name) for name in named}
    answer |= {f"seconds_{size}": own.seconds, "moved_on_replan": replan.moved}
    for name, key in METHODS.items():
        if key:
            answer[f"within10_{size}_{key}"] = by_name[name].figure("within10")
    return answer | {
        "moved_from_scratch": replan.moved_from_scratch,
        "methods": [asdict(row) for row in rows],
        "growth": [asdict(one) for one in growth],
    }


def _told(replan: Replan) -> str:
    return (
        "Households that change cell when 5 % of the buildings changed by up to half: "
        f"{replan.moved:.1f} % with the previous cells given, "
        f"{replan.moved_from_scratch:.1f} % from scratch."
    )


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

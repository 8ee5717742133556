"""A whole city planned on this machine: by local processes, then by Dask workers.

    python -m tests.bench.city [--households 1800000] [--workers 2] [--scheduler tcp://…] [--json]

Makes a city with the generator, loads it into a private cluster in a temporary directory, plans it
with so many local processes, plans it again with as many Dask workers (two of its own on this
machine, or those of the scheduler named), and compares every cell. Prints Markdown, or JSON.
Seconds are those of whole commands; memory is the most that the commands' processes held together
at any time, what they share counted for each.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from gridsvc.db import make_engine
from gridsvc.postgis import start

COMMAND_LINE = "from gridsvc.cli import main; main()"
PROVINCE = "390000000000"
MB = 2**20
#: Of a large city reading one file may take more than the usual time.
LIMITS = {"GRIDSVC_MAX_FILE_S": "3600", "GRIDSVC_MAX_FILE_MEMORY_BYTES": str(16 * 2**30)}
CELLS = """
SELECT md5(string_agg(md5(concat_ws(' ', code, kind, households, encode(ST_AsBinary(geom), 'hex'))),
           '' ORDER BY code))
FROM {table} WHERE plan_id > :after
"""
#: Exact for the whole city, which the reports' medians of single communities cannot be.
COMPACTNESS = """
SELECT percentile_cont(ARRAY[0.5, 0.1]) WITHIN GROUP (ORDER BY 4 * pi()
    * ST_Area(CAST(geom AS geography)) / ST_Perimeter(CAST(geom AS geography)) ^ 2)
FROM micro_grid WHERE kind = 'ordinary' AND plan_id > :after
"""


@dataclass(frozen=True)
class Step:
    """One command: its seconds, the most memory its processes held, and those of PostgreSQL."""

    name: str
    seconds: float
    peak_mb: float
    database_mb: float


class Watch:
    """Looks at the memory of processes twice a second."""

    def __init__(self, postmaster: Path) -> None:
        self._postmaster = postmaster
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.peak, self.database = 0, 0

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            ours = held(psutil.Process().children(recursive=True))
            self.peak = max(self.peak, ours)
            server = psutil.Process(int(self._postmaster.read_text("ascii").split()[0]))
            self.database = max(self.database, unshared(server.children()))


def held(processes: list[psutil.Process]) -> int:
    """Resident memory of processes, but for those of PostgreSQL."""
    total = 0
    for process in processes:
        try:
            if process.name() != "postgres":
                total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def unshared(processes: list[psutil.Process]) -> int:
    """Memory of PostgreSQL's processes beyond the buffers they share."""
    total = 0
    for process in processes:
        try:
            memory = process.memory_info()
        except psutil.NoSuchProcess:
            continue
        total += memory.rss - memory.shared
    return total


def measured(name: str, folder: Path, arguments: list[str]) -> tuple[Step, dict[str, Any]]:
    """Run a command of gridsvc; what it took, and its JSON."""
    begin = time.perf_counter()
    with Watch(folder / "data/pgdata/postmaster.pid") as watch:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND_LINE, *arguments, "--json"],
            check=False, cwd=folder, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    seconds = time.perf_counter() - begin
    if done.returncode not in {0, 1}:
        raise SystemExit(f"gridsvc {' '.join(arguments)} ended with {done.returncode}")
    return Step(name, seconds, watch.peak / MB, watch.database / MB), json.loads(done.stdout)


@contextmanager
def dask(scheduler: str | None, workers: int) -> Iterator[str]:
    """Address of a scheduler: the one named, or one with so many workers of our own."""
    if scheduler:
        yield scheduler
        return
    distributed = import_module("distributed")
    with distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield cluster.scheduler_address


def figures(plans: list[dict[str, Any]]) -> dict[str, Any]:
    """Figures of the plans' reports for all communities together."""

    def total(name: str) -> int:
        return sum(plan[name] for plan in plans)

    def share(name: str) -> float:
        weight = "populated_ordinary_cells"
        told = [(plan[name], plan[weight]) for plan in plans if plan[weight]]
        return round(sum(of * cells for of, cells in told) / sum(cells for _, cells in told), 2)

    return {
        "communities": len(plans),
        "households": total("households"),
        "grids": total("grids"),
        "micro_grids": total("micro_grids"),
        "dedicated": total("dedicated_cells"),
        "within10_pct": share("within10_pct"),
        "within20_pct": share("within20_pct"),
        "mean_deviation_pct": share("mean_deviation_pct"),
    }


async def looked_at(url: str, after: int) -> dict[str, Any]:
    """Digest of all cells planned after a plan, and their compactness."""
    engine = make_engine(url)
    async with engine.connect() as connection:
        digests = [
            await connection.scalar(text(CELLS.format(table=table)), {"after": after})
            for table in ("grid", "micro_grid")
        ]
        median, p10 = await connection.scalar(text(COMPACTNESS), {"after": after})
    await engine.dispose()
    return {
        "digest": " ".join(digests),
        "compactness_median": round(median, 3),
        "compactness_p10": round(p10, 3),
    }


def run(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Every step; what each took and what came out."""
    cluster = start(folder / "data")
    os.environ |= LIMITS | {"GRIDSVC_DATABASE_URL": cluster.url}
    plan = ["plan", "--division", PROVINCE]
    try:
        made = ["demo", "--households", str(asked.households), "--out", "city"]
        steps = [measured("generate", folder, made)[0]]
        files = ["city/divisions.gpkg", "city/prepared.gpkg"]
        steps.append(measured("load", folder, ["load", *files])[0])
        results, last = {}, 0
        for name in ("processes", "dask"):
            if name == "processes":
                step, told = measured(
                    "plan, local processes", folder, [*plan, "--workers", str(asked.workers)]
                )
            else:
                with dask(asked.scheduler, asked.workers) as address:
                    step, told = measured(
                        "plan, Dask workers", folder, [*plan, "--scheduler", address]
                    )
            steps.append(step)
            results[name] = {
                **figures(told["plans"]),
                "failed": told["failed"],
                **asyncio.run(looked_at(cluster.url, last)),
            }
            last = max(one["plan"] for one in told["plans"])
        steps.append(measured("plan --resume, all done", folder, [*plan, "--resume"])[0])
    finally:
        cluster.stop()
    same = results["processes"].pop("digest") == results["dask"].pop("digest")
    return {
        "asked": asked.households,
        "workers": asked.workers,
        "steps": [asdict(step) for step in steps],
        "plans": results,
        "same": same,
    }


def markdown(result: dict[str, Any]) -> str:
    """Tables for the README."""
    lines = ["| step | seconds | peak MB | PostgreSQL MB |", "|---|---|---|---|"]
    for step in result["steps"]:
        lines.append(
            f"| {step['name']} | {step['seconds']:.1f} | {step['peak_mb']:.0f}"
            f" | {step['database_mb']:.0f} |"
        )
    local, dask_ = result["plans"].values()
    lines += ["", "| | local processes | Dask workers |", "|---|---|---|"]
    for name in local:
        shown = [len(of[name]) if name == "failed" else of[name] for of in (local, dask_)]
        lines.append(f"| {name.replace('_', ' ')} | {shown[0]} | {shown[1]} |")
    lines += ["", f"every cell the same: {'yes' if result['same'] else 'NO'}", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--households", type=int, default=1_800_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scheduler", help="instead of Dask workers of our own")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-city-"))
    folder.chmod(0o755)
    try:
        result = run(folder, asked)
    finally:
        shutil.rmtree(folder)
    sys.stdout.write(f"{json.dumps(result)}\n" if asked.json else markdown(result))


if __name__ == "__main__":
    main()

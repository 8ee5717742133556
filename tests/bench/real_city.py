"""Seconds and peak memory of every step from an OpenStreetMap extract to the map.

    python -m tests.bench.real_city [--json]

Runs the command line on Nanjing's centre from ../shared/data with a private cluster in a
temporary directory, each step a process of its own, and prints a table for the README.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

COMMUNITY = "320102003001"
LISTS = ("areas", "streets", "villages")
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
COMMAND_LINE = "from gridsvc.cli import main; main()"


@dataclass(frozen=True)
class Step:
    """One command: how long it took, and the most memory its process held."""

    command: str
    seconds: float
    peak_mb: float


def steps() -> list[list[str]]:
    lists = [str(DATA / "cn_admin" / f"{n}_nj_suz_szx_bj.csv") for n in LISTS]
    layers = {name: f"nanjing.gpkg:{name}" for name in ("buildings", "boundary", "barriers")}
    inputs = [part for name, layer in layers.items() for part in (f"--{name}", layer)]
    here = ["--division", COMMUNITY]
    return [
        ["prepare", str(DATA / "cn_nanjing_osm/nanjing_centre.osm.pbf"), "--out", "nanjing.gpkg"],
        ["split", *inputs, "--special", "nanjing.gpkg:special", "--out", "cells.gpkg"],
        ["load", *lists],
        ["load", "nanjing.gpkg", *here],
        ["demo", "--area", "nanjing.gpkg", *here, "--out", "tryout"],
        ["load", "tryout/powers.csv", "tryout/matters.csv", "tryout/people.csv"],
        ["plan", *here, "--publish"],
        ["load", "tryout/events.csv"],
        ["map", *here, "--out", "map.html"],
    ]


def measure(arguments: list[str], folder: Path) -> Step:
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND_LINE, *arguments],
        cwd=folder / "work",
        env=os.environ | {"GRIDSVC_DATA_DIR": str(folder / "data")},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"gridsvc {' '.join(arguments)} ended with {process.returncode}")
    named = [Path(part).name for part in arguments]
    return Step(" ".join(named), time.perf_counter() - begin, usage.ru_maxrss / 1024)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-bench-"))
    folder.chmod(0o755)
    (folder / "work").mkdir()
    try:
        measured = [measure(arguments, folder) for arguments in steps()]
        map_bytes = (folder / "work" / "map.html").stat().st_size
    finally:
        shutil.rmtree(folder)
    if "--json" in sys.argv:
        sys.stdout.write(
            json.dumps({"steps": [asdict(step) for step in measured], "map_bytes": map_bytes})
        )
        return
    lines = ["| step | seconds | peak MB |", "|---|---|---|"]
    lines += [f"| `{s.command}` | {s.seconds:.1f} | {s.peak_mb:.0f} |" for s in measured]
    sys.stdout.write("\n".join([*lines, f"map.html: {map_bytes / 1000:.0f} kB", ""]))


if __name__ == "__main__":
    main()

"""The whole job on real input, command by command, as the README tells it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMUNITY = "320102003001"
COMMAND_LINE = "from gridsvc.cli import main; main()"


@pytest.fixture
def gridsvc(database_url, tmp_path):
    """Run one command of the command line on the test's own database; its JSON result."""

    def run(*arguments: object) -> dict:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND_LINE, *map(str, arguments), "--json"],
            cwd=tmp_path,
            env=os.environ | {"GRIDSVC_DATABASE_URL": database_url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.realdata
def test_nanjing_from_extract_to_map(gridsvc, shared_data: Path, tmp_path: Path):
    extract = shared_data / "cn_nanjing_osm" / "nanjing_centre.osm.pbf"
    prepared = gridsvc("prepare", extract, "--out", "nanjing.gpkg")
    levels = ("areas", "streets", "villages")
    lists = [shared_data / "cn_admin" / f"{level}_nj_suz_szx_bj.csv" for level in levels]
    gridsvc("load", *lists)
    loaded = gridsvc("load", "nanjing.gpkg", "--division", COMMUNITY)
    assert loaded["area"]["households"] == prepared["households"]
    assert loaded["area"]["buildings"] == prepared["buildings"]

    gridsvc("demo", "--area", "nanjing.gpkg", "--division", COMMUNITY, "--out", "tryout")
    tables = [f"tryout/{name}.csv" for name in ("people", "matters", "powers")]
    gridsvc("load", *tables)
    (plan,) = gridsvc("plan", "--division", COMMUNITY, "--publish")["plans"]
    assert plan["households"] == prepared["households"]

    events = gridsvc("load", "tryout/events.csv")["events"]
    assert events["events"] == 200
    assert events["assigned"] + events["waiting"] == 200
    assert events["assigned"] > events["waiting"]

    written = gridsvc("map", "--division", COMMUNITY, "--out", "map.html")
    assert written["bytes"] < 2_000_000
    assert "香铺营社区居委会网格覆盖图" in (tmp_path / "map.html").read_text(encoding="utf-8")

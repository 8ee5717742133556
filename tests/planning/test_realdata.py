"""A real city, judged by a program that knows nothing of how the plan was made."""

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest

from gridsvc.exchange.prepare import prepare_area
from gridsvc.geo import metric_crs
from gridsvc.planning.plan import plan_cells

SHARED = Path(__file__).parents[3] / "shared"
EXTRACTS = {
    "nanjing": SHARED / "data/cn_nanjing_osm/nanjing_centre.osm.pbf",
    "tokyo_6": SHARED / "data/jp_tokyo_households/map_tokyo_6.osm.pbf",
    "tokyo_8": SHARED / "data/jp_tokyo_households/map_tokyo_8.osm.pbf",
}
JUDGE = SHARED / "tools/eval_partition.py"


def judged(layers, cells, folder):
    command = [sys.executable, str(JUDGE)]
    for name, frame in {**layers, "cells": cells}.items():
        if len(frame):
            frame.to_file(folder / f"{name}.gpkg")
            command += [f"--{name}", str(folder / f"{name}.gpkg")]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


@pytest.mark.realdata
@pytest.mark.skipif(not JUDGE.exists(), reason="the real extracts are not here")
@pytest.mark.parametrize("place", sorted(EXTRACTS))
def test_real_city_is_planned_properly(place, tmp_path):
    prepared = tmp_path / "prepared.gpkg"
    prepare_area(EXTRACTS[place], out=prepared)
    layers = {
        name: gpd.read_file(prepared, layer=name)
        for name in ("buildings", "boundary", "barriers", "special")
    }
    crs = metric_crs(layers["boundary"])
    layers = {name: frame.to_crs(crs) for name, frame in layers.items()}
    plan = plan_cells(**layers)
    assert plan.report["problems"] == []
    verdict = judged(layers, plan.cells, tmp_path)
    assert verdict["gap_area_ratio"] < 1e-5
    assert verdict["outside_area_ratio"] < 1e-5
    assert verdict["overlap_area_ratio"] < 1e-5
    assert verdict["cells_multipart"] == verdict["cells_empty"] == 0
    assert verdict["buildings_cut"] == verdict["households_double_counted"] == 0
    assert verdict["special_as_own_cell_pct"] == 100
    assert verdict["households_unassigned"] == 0
    assert plan.report["figures"]["within10_without_large_pct"] >= 90

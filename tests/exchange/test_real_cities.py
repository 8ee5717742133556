"""The whole way from real extracts to cells, judged by the independent evaluator."""

import json
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gridsvc.exchange.layers import write_layers
from gridsvc.exchange.prepare import prepare_area
from gridsvc.exchange.split import Sources, split_files

pytestmark = pytest.mark.realdata

#: Extract, and the census households of the chōme that lie wholly in it.
CITIES = {
    "nanjing": ("cn_nanjing_osm/nanjing_centre.osm.pbf", {}),
    "tokyo_6": (
        "jp_tokyo_households/map_tokyo_6.osm.pbf",
        {"13101016004": 539, "131010570": 1188},
    ),
    "tokyo_8": (
        "jp_tokyo_households/map_tokyo_8.osm.pbf",
        {"13101046001": 1037, "13102024001": 882, "131020250": 588},
    ),
}


@pytest.fixture(scope="session")
def chome(shared_data, tmp_path_factory):
    """The three wards' chōme in one file, as they come."""
    wards = [
        gpd.read_file(shared_data / "jp_tokyo_households" / f"r2ka1310{ward}.shp")
        for ward in (1, 2, 3)
    ]
    path = tmp_path_factory.mktemp("chome") / "chome.gpkg"
    write_layers(path, {"chome": pd.concat(wards, ignore_index=True)})
    return path


@pytest.fixture(scope="module", params=CITIES)
def city(request, shared_data, chome, tmp_path_factory):
    extract, known = CITIES[request.param]
    out = tmp_path_factory.mktemp(request.param) / "prepared.gpkg"
    zones = {"zones": str(chome), "zone_households": "SETAI"} if known else {}
    return out, prepare_area(shared_data / extract, out=out, **zones), known


def test_enclosed_chome_have_exactly_their_census_households(city, chome):
    prepared, report, known = city
    assert {
        zone["zone"]: zone["households"] for zone in (report["zones"] or {}).get("scaled", [])
    } == known
    buildings = gpd.read_file(prepared, layer="buildings").to_crs(6677)
    zones = gpd.read_file(chome).to_crs(6677)
    zones = zones[zones["KEY_CODE"].isin(list(known))]
    centres = buildings.set_geometry(shapely.centroid(buildings.geometry.to_numpy()), crs=6677)
    joined = centres.sjoin(zones[["KEY_CODE", "geometry"]], predicate="within")
    assert joined.groupby("KEY_CODE")["households"].sum().to_dict() == known


def test_prepared_layers_fit_together(city):
    prepared, report, _ = city
    layers = {
        name: gpd.read_file(prepared, layer=name).to_crs(3857)
        for name in ("boundary", "buildings", "barriers", "special")
    }
    ground = layers["boundary"].union_all()
    assert ground.buffer(0.01).contains(layers["buildings"].union_all())
    assert ground.buffer(0.01).contains(layers["special"].union_all())
    sites = layers["special"].geometry.to_numpy()
    assert shapely.union_all(sites).area == pytest.approx(shapely.area(sites).sum(), rel=1e-6)
    assert layers["buildings"]["building_id"].is_unique
    assert report["households"] == layers["buildings"]["households"].sum()
    assert (layers["barriers"]["w"] >= 1).any()


def test_cells_hold_every_invariant(city, evaluator, tmp_path):
    prepared, _, _ = city
    files = {}
    for role in ("buildings", "boundary", "barriers", "special"):
        # The evaluator reads the first layer of a file.
        files[role] = tmp_path / f"{role}.gpkg"
        write_layers(files[role], {role: gpd.read_file(prepared, layer=role)})
    cells = tmp_path / "cells.gpkg"
    split_files(Sources(**{role: str(path) for role, path in files.items()}), out=cells)
    judge = [sys.executable, str(evaluator), "--cells", str(cells)]
    judge += [word for role, path in files.items() for word in (f"--{role}", str(path))]
    found = json.loads(subprocess.run(judge, capture_output=True, check=True).stdout)
    for share in ("gap_area_ratio", "overlap_area_ratio", "outside_area_ratio"):
        assert found[share] < 1e-5, share
    wrong = {
        name: found[name]
        for name in (
            *("invalid_geometries", "cells_multipart", "cells_empty"),
            *("buildings_cut", "households_unassigned", "households_double_counted"),
        )
        if found[name]
    }
    assert not wrong
    assert found["special_as_own_cell_pct"] == 100
    plan = gpd.read_file(cells)
    assert shapely.coverage_is_valid(plan.geometry.to_numpy())
    assert holes_without_site_m2(plan.to_crs(3857)) < 1


def holes_without_site_m2(cells):
    """Area of holes in cells that no special site, a cell of its own, fills."""
    solid = shapely.polygons(shapely.get_exterior_ring(cells.geometry.to_numpy()))
    holes = shapely.difference(solid, cells.geometry.to_numpy())
    sites = cells[cells["kind"] == "dedicated"].union_all()
    return shapely.area(shapely.difference(holes, sites)).sum()

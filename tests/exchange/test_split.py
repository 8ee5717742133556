import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridsvc.errors import BadInput, ImproperPlan
from gridsvc.exchange import split
from gridsvc.exchange.layers import write_layers
from gridsvc.exchange.prepare import prepare_area
from gridsvc.exchange.split import Sources, split_files
from gridsvc.geo import WGS84, unproject
from gridsvc.planning.wish import Wish
from tests.exchange.paper import METRIC, frame, square, village


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("village")
    prepare_area(village(folder / "village.osm.pbf"), out=folder / "prepared.gpkg")
    return folder / "prepared.gpkg"


def roles(path):
    return {role: f"{path}:{role}" for role in ("buildings", "boundary", "barriers", "special")}


def in_crs(prepared, folder, crs):
    """The prepared layers written anew, each in another CRS than the buildings."""
    files = {}
    for role, other in (
        ("buildings", crs),
        ("boundary", 4490),
        ("barriers", 3857),
        ("special", 4326),
    ):
        files[role] = str(folder / f"{role}.gpkg")
        write_layers(files[role], {role: gpd.read_file(prepared, layer=role).to_crs(other)})
    return files


@pytest.mark.parametrize("crs", [4326, 4490, 32650, 4549, 3857])
def test_cells_come_in_the_crs_of_the_buildings_and_cover_there(prepared, tmp_path, crs):
    out = tmp_path / "cells.gpkg"
    split_files(Sources(**in_crs(prepared, tmp_path, crs)), out=out)
    cells = gpd.read_file(out, layer="cells")
    assert cells.crs.to_epsg() == crs
    assert set(cells.geom_type) == {"Polygon"}
    assert cells.is_valid.all()
    assert shapely.coverage_is_valid(cells.geometry.to_numpy())
    boundary = gpd.read_file(prepared, layer="boundary").to_crs(METRIC).union_all()
    covered = cells.to_crs(METRIC).union_all()
    assert covered.symmetric_difference(boundary).area / boundary.area < 1e-5
    buildings = gpd.read_file(prepared, layer="buildings")
    assert cells["households"].sum() == buildings["households"].sum()


def test_cells_are_numbered_and_named(prepared, tmp_path):
    out, paper = tmp_path / "cells.gpkg", tmp_path / "report.json"
    report = split_files(Sources(**roles(prepared)), out=out, reports=[paper])
    cells = gpd.read_file(out, layer="cells")
    assert list(cells.columns) == ["cell", "households", "kind", "community", "name", "geometry"]
    assert cells["cell"].tolist() == list(range(1, len(cells) + 1))
    assert (cells["community"] == 1).all()
    dedicated = cells[cells["kind"] == "dedicated"]
    assert dedicated["name"].tolist() == ["第一小学"]
    assert json.loads(paper.read_text(encoding="utf-8")) == report
    assert report["problems"] == []
    assert all(report["checks"].values())


def test_the_same_seed_gives_the_same_cells(prepared, tmp_path):
    first, second = tmp_path / "first.gpkg", tmp_path / "second.gpkg"
    for out in (first, second):
        split_files(Sources(**roles(prepared)), wish=Wish(seed=7), out=out)
    assert gpd.read_file(first).geom_equals(gpd.read_file(second)).all()


def test_barriers_and_sites_may_be_missing_or_empty(prepared, tmp_path):
    plain = {role: f"{prepared}:{role}" for role in ("buildings", "boundary")}
    split_files(Sources(**plain), out=tmp_path / "plain.gpkg")
    empty = gpd.read_file(prepared, layer="special").head(0)
    write_layers(tmp_path / "none.gpkg", {"none": empty})
    empty_sites = Sources(**plain, special=f"{tmp_path / 'none.gpkg'}:none")
    split_files(empty_sites, out=tmp_path / "cells.gpkg")
    first, second = gpd.read_file(tmp_path / "plain.gpkg"), gpd.read_file(tmp_path / "cells.gpkg")
    assert first.geom_equals(second).all()
    assert set(first["kind"]) == {"ordinary"}


def test_without_any_building_each_community_is_one_cell_and_the_report_says_so(prepared, tmp_path):
    nobody = gpd.read_file(prepared, layer="buildings").head(0)
    write_layers(tmp_path / "nobody.gpkg", {"nobody": nobody})
    sources = Sources(f"{tmp_path / 'nobody.gpkg'}:nobody", f"{prepared}:boundary")
    report = split_files(sources, out=tmp_path / "cells.gpkg", reports=[tmp_path / "r.html"])
    cells = gpd.read_file(tmp_path / "cells.gpkg")
    assert cells["households"].tolist() == [0]
    assert cells.crs == nobody.crs
    assert report["data"]["communities without any building"] == 1
    assert "没有楼栋的社区" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_buildings_may_be_points_and_files_geojson(prepared, tmp_path):
    buildings = gpd.read_file(prepared, layer="buildings").to_crs(METRIC)
    points = buildings.set_geometry(shapely.centroid(buildings.geometry.to_numpy()), crs=METRIC)
    points.to_crs(4326).to_file(tmp_path / "points.geojson")
    boundary = gpd.read_file(prepared, layer="boundary")
    boundary.to_file(tmp_path / "boundary.geojson")
    sources = Sources(str(tmp_path / "points.geojson"), str(tmp_path / "boundary.geojson"))
    split_files(sources, out=tmp_path / "cells.gpkg")
    cells = gpd.read_file(tmp_path / "cells.gpkg")
    assert cells["households"].sum() == buildings["households"].sum()
    joined = points.to_crs(4326).sjoin(cells[["cell", "geometry"]], predicate="within")
    held = joined.groupby("cell")["households"].sum().reindex(cells["cell"]).fillna(0)
    assert held.tolist() == cells["households"].tolist()


def test_no_cell_crosses_a_community(prepared, tmp_path):
    whole = gpd.read_file(prepared, layer="boundary").to_crs(METRIC).union_all()
    west, east = square(-999, -999, 1194, 3000), square(195, -999, 3000)
    halves = [whole.intersection(west), whole.intersection(east)]
    write_layers(tmp_path / "area.gpkg", {"area": unproject(frame(halves), WGS84)})
    files = roles(prepared) | {"boundary": str(tmp_path / "area.gpkg")}
    split_files(Sources(**files), out=tmp_path / "cells.gpkg")
    cells = gpd.read_file(tmp_path / "cells.gpkg").to_crs(METRIC)
    assert set(cells["community"]) == {1, 2}
    home = np.array(halves, dtype=object)[cells["community"] - 1]
    outside = shapely.area(shapely.difference(cells.geometry.to_numpy(), home))
    assert outside.max() < 0.01


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda b, y: (b.drop(columns="households"), y), "no column households; add or rename"),
        (lambda b, y: (b.assign(households=-1), y), "households is negative in rows 1, 2"),
        (lambda b, y: (b.assign(households=0.5), y), "households is a fraction in rows"),
        (lambda b, y: (b, y.head(0)), "holds no rows"),
        (lambda b, y: (b, y.set_geometry(y.boundary, crs=y.crs)), "give polygon features only"),
        (lambda b, y: (b, y.translate(5, 0).to_frame("geometry")), "does not cover 36 buildings"),
        (lambda b, y: (b.set_geometry(b.translate(0.004, 0), crs=b.crs), y), "does not cover"),
    ],
)
@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_bad_layers_are_refused_and_nothing_is_written(prepared, tmp_path, spoil, told):
    buildings, boundary = spoil(
        gpd.read_file(prepared, layer="buildings"), gpd.read_file(prepared, layer="boundary")
    )
    write_layers(tmp_path / "bad.gpkg", {"buildings": buildings, "boundary": boundary})
    files = roles(tmp_path / "bad.gpkg") | {"barriers": None, "special": None}
    with pytest.raises(BadInput, match=told):
        split_files(
            Sources(**files), out=tmp_path / "cells.gpkg", reports=[tmp_path / "report.json"]
        )
    assert [path.name for path in tmp_path.iterdir()] == ["bad.gpkg"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"wish": Wish(target=0)}, "target is 0; give at least one"),
        ({"wish": Wish(cells=0)}, "cells is 0; ask for at least one"),
        ({"wish": Wish(tolerance=1.5)}, "give a share from 0.01 to 0.9"),
        ({"wish": Wish(least=120, most=90)}, "least 120 is above most 90"),
        ({"wish": Wish(target=100, most=90)}, "target 100 lies outside 0 to 90"),
        ({"wish": Wish(weigh={"residents": 0})}, "every weight is zero"),
        ({"wish": Wish(weigh={"residents": -1})}, "weights must be numbers from 0"),
        ({"out": "cells.shp"}, r"must end in \.gpkg"),
        ({"reports": ["report.txt"]}, r"must end in \.json"),
        ({"out": "none/cells.gpkg"}, "does not exist; create it first"),
    ],
)
def test_bad_arguments_are_refused_before_any_work(
    prepared, tmp_path, monkeypatch, arguments, told
):
    monkeypatch.setattr(split, "plan_cells", None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=told):
        split_files(Sources(**roles(prepared)), **({"out": "cells.gpkg"} | arguments))


def test_buildings_without_households_may_lie_outside(prepared, tmp_path):
    buildings = gpd.read_file(prepared, layer="buildings").to_crs(METRIC)
    more = frame([square(9_000, 0, 20)], households=[0], building_id=["far"])
    write_layers(tmp_path / "more.gpkg", {"more": gpd.pd.concat([buildings, more])})
    files = roles(prepared) | {"buildings": str(tmp_path / "more.gpkg")}
    report = split_files(Sources(**files), out=tmp_path / "cells.gpkg")
    assert report["problems"] == []


def test_an_improper_plan_is_written_and_told(prepared, tmp_path, monkeypatch):
    plan_cells = split.plan_cells

    def improper(*args, **kwargs):
        plan = plan_cells(*args, **kwargs)
        problem = {"check": "no_building_cut", "cells": [0, 2], "detail": "2 cells cut: rows 0, 2"}
        return replace(plan, report=plan.report | {"problems": [problem]})

    monkeypatch.setattr(split, "plan_cells", improper)
    out, paper = tmp_path / "cells.gpkg", tmp_path / "report.json"
    with pytest.raises(ImproperPlan, match="no_building_cut") as caught:
        split_files(Sources(**roles(prepared)), out=out, reports=[paper])
    assert caught.value.exit_code == 1
    told = json.loads(paper.read_text(encoding="utf-8"))["problems"]
    assert caught.value.members["problems"] == told
    assert len(gpd.read_file(out)) >= 2
    assert all(str(cell) in caught.value.detail for cell in told[0]["cells"])

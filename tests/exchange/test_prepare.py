import json

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from gridsvc.errors import BadInput
from gridsvc.exchange.layers import write_layers
from gridsvc.exchange.prepare import prepare_area
from tests.exchange.paper import METRIC, Extract, frame, square, village


@pytest.fixture
def osm(tmp_path):
    return village(tmp_path / "village.osm.pbf")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "prepared.gpkg"


def layer(path, name):
    return gpd.read_file(path, layer=name)


def test_writes_the_four_layers_planning_wants(osm, out):
    report = prepare_area(osm, out=out)
    assert [str(name) for name, _ in pyogrio.list_layers(out)] == [
        "boundary",
        "buildings",
        "barriers",
        "special",
    ]
    buildings, special = layer(out, "buildings"), layer(out, "special")
    assert buildings["building_id"].is_unique
    assert buildings["households"].dtype.kind == "i"
    assert (buildings["households"] >= 0).all()
    assert set(buildings.geom_type) == {"Polygon"}
    assert set(buildings.columns) == {
        *("building_id", "households", "levels", "kind", "estimated", "geometry")
    }
    barriers = layer(out, "barriers")
    assert set(barriers.geom_type) == {"LineString"}
    assert (barriers["w"] > 0).all()
    assert special[["kind", "name"]].to_numpy().tolist() == [["school", "第一小学"]]
    for name in ("boundary", "buildings", "barriers", "special"):
        assert layer(out, name).crs.to_epsg() == 4326
    assert report["buildings"] == len(buildings) == 37
    assert report["households"] == buildings["households"].sum() > 0
    assert report["special"] == {"school": 1}
    json.dumps(report)


def test_buildings_of_a_school_hold_nobody(osm, out):
    prepare_area(osm, out=out)
    buildings = layer(out, "buildings")
    assert buildings.loc[buildings["kind"] == "school", "households"].tolist() == [0]


def test_the_drawn_boundary_covers_the_buildings_and_not_the_far_road(osm, out):
    report = prepare_area(osm, out=out)
    boundary, buildings = layer(out, "boundary"), layer(out, "buildings")
    assert len(boundary) == 1
    assert boundary.union_all().contains(buildings.union_all())
    assert report["boundary"]["source"] == "drawn around the buildings"
    assert report["boundary"]["km2"] < 0.4
    # The road of 6 km is cut to the place.
    assert report["barriers_km"]["secondary"] < 1
    assert report["left_out"]["lines in tunnels or culverts"] == 1


def test_a_given_boundary_keeps_its_names_and_leaves_the_rest_out(tmp_path, osm, out):
    areas = [square(0, 0, 195, 500), square(195, 0, 600, 195)]
    communities = frame(areas, code=["320102001001", "320102001002"], name=["甲社区", "乙社区"])
    write_layers(tmp_path / "area.gpkg", {"area": communities.to_crs(4490)})
    report = prepare_area(osm, boundary=f"{tmp_path / 'area.gpkg'}:area", out=out)
    boundary, buildings = layer(out, "boundary"), layer(out, "buildings")
    assert boundary["code"].tolist() == ["320102001001", "320102001002"]
    assert boundary["name"].tolist() == ["甲社区", "乙社区"]
    assert report["boundary"] == {"source": "given", "communities": 2, "km2": 0.2145}
    assert len(buildings) + report["left_out"]["buildings outside the boundary"] == 37
    inside = shapely.area(
        shapely.intersection(
            buildings.to_crs(METRIC).geometry.to_numpy()[:, None], np.array(areas)[None, :]
        )
    ).max(axis=1)
    assert inside == pytest.approx(buildings.to_crs(METRIC).area, abs=0.01)


def zone_file(tmp_path, shapes, households):
    zones = frame(shapes, homes=households)
    write_layers(tmp_path / "zones.gpkg", {"zones": zones.to_crs(6668)})
    return {"zones": str(tmp_path / "zones.gpkg"), "zone_households": "homes"}


def households_in(path, shape):
    buildings = layer(path, "buildings").to_crs(METRIC)
    inside = shapely.within(shapely.centroid(buildings.geometry.values), shape)
    return int(buildings.loc[inside, "households"].sum())


def test_enclosed_zones_get_exactly_their_total_and_others_keep_the_estimate(tmp_path, out):
    osm = village(tmp_path / "boxed.osm.pbf", box=(-20, -40, 540, 420))
    shapes = [square(0, 0, 190), square(0, 195, 190), square(300, 195, 800)]
    prepare_area(osm, out=out)
    plain = households_in(out, shapes[2])
    report = prepare_area(osm, out=out, **zone_file(tmp_path, shapes, [777, 13, 5]))
    assert [households_in(out, shape) for shape in shapes] == [777, 13, plain]
    assert [zone["households"] for zone in report["zones"]["scaled"]] == [777, 13]
    assert all(zone["estimated_before"] > 0 for zone in report["zones"]["scaled"])
    assert report["zones"]["left_estimated_partly_outside"] == ["3"]


def test_a_zone_where_nobody_can_live_is_reported(tmp_path, out):
    osm = village(tmp_path / "boxed.osm.pbf", box=(-20, -40, 540, 420))
    given = zone_file(tmp_path, [square(410, 0, 110)], [40])
    report = prepare_area(osm, out=out, **given)
    assert report["zones"]["scaled"] == []
    assert report["zones"]["without_residential_building"] == [{"zone": "1", "households": 40}]


def test_a_boundary_along_a_zone_leaves_the_zone_its_total(tmp_path, out):
    osm = village(tmp_path / "boxed.osm.pbf", box=(-20, -40, 540, 420))
    # Its edge runs through a column of buildings, whose larger part lies outside.
    edge = square(0, 0, 155, 400)
    write_layers(tmp_path / "area.gpkg", {"area": frame([edge])})
    given = zone_file(tmp_path, [edge], [500])
    report = prepare_area(osm, boundary=str(tmp_path / "area.gpkg"), out=out, **given)
    assert report["households"] == 500
    assert report["left_out"]["buildings outside the boundary"] > 0


def test_known_flats_are_not_called_estimated(tmp_path, out):
    place = Extract(tmp_path / "place.osm.pbf")
    place.area(square(0, 0, 20), building="apartments", building__flats="30")
    place.area(square(40, 0, 20), building="apartments")
    report = prepare_area(place.write(), out=out)
    assert report["households_known"] == 30
    assert report["households_estimated"] == report["households"] - 30 > 0
    assert layer(out, "buildings")["estimated"].tolist() == [False, True]


def test_shores_divide_where_no_river_runs_through(tmp_path, out):
    place = Extract(tmp_path / "place.osm.pbf")
    for x in range(0, 600, 60):
        place.area(square(x, 0, 20), building="apartments")
    place.area(square(100, 60, 200, 100), natural="water")
    place.area(square(350, 60, 200, 100), natural="water", water="river")
    place.line([(340, 110), (560, 110)], waterway="river")
    write_layers(tmp_path / "area.gpkg", {"area": frame([square(-50, -50, 800, 400)])})
    report = prepare_area(place.write(), boundary=str(tmp_path / "area.gpkg"), out=out)
    assert report["barriers_km"] == {"river": 0.22, "water": 0.6}


def test_the_same_extract_gives_the_same_area(osm, tmp_path):
    for name in ("first", "second"):
        prepare_area(osm, out=tmp_path / f"{name}.gpkg")
    for name in ("boundary", "buildings", "barriers", "special"):
        assert_geodataframe_equal(
            layer(tmp_path / "first.gpkg", name), layer(tmp_path / "second.gpkg", name)
        )


def test_progress_goes_through_every_step(osm, out):
    told = []
    report = prepare_area(osm, out=out, progress=lambda step, share: told.append((step, share)))
    assert told == [(step, share) for step in report["seconds"] for share in (0.0, 1.0)]


def test_bad_arguments_are_refused_and_nothing_is_written(osm, out, tmp_path):
    far = frame([square(50_000, 0, 900)])
    write_layers(tmp_path / "far.gpkg", {"far": far})
    for arguments, told in (
        ({"zones": "zones.gpkg"}, "give --zones and --zone-households together"),
        ({"zone_households": "homes"}, "give --zones and --zone-households together"),
        ({"boundary": str(tmp_path / "none.gpkg")}, "there is no file"),
        ({"boundary": str(tmp_path / "far.gpkg")}, "no building lies inside the boundary"),
        ({"zones": str(tmp_path / "far.gpkg"), "zone_households": "homes"}, "no column homes"),
    ):
        with pytest.raises(BadInput, match=told):
            prepare_area(osm, out=out, **arguments)
        assert not out.exists()
    with pytest.raises(BadInput, match=r"must end in \.gpkg"):
        prepare_area(osm, out=tmp_path / "prepared.shp")

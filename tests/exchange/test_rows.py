import sqlite3

import numpy as np
import pandas as pd
import pytest
import shapely

from gridsvc.exchange.layers import read_layer
from tests.exchange.paper import degrees, refusal, square, write


def test_geopackage_with_an_undefined_crs_is_refused(tmp_path, houses):
    houses.to_file(tmp_path / "houses.gpkg")
    with sqlite3.connect(tmp_path / "houses.gpkg") as base:
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            base.execute(f"UPDATE {table} SET srs_id = -1")
    base.close()
    assert "declares no CRS; assign" in refusal(tmp_path / "houses.gpkg")


def test_wrong_geometry_types_are_named_with_their_rows(tmp_path, houses):
    mixed = houses.copy()
    mixed.loc[[1, 3], "geometry"] = shapely.centroid(mixed.geometry.values[[1, 3]])
    mixed.to_file(tmp_path / "mixed.geojson")
    told = refusal(tmp_path / "mixed.geojson")
    assert "holds Point in rows 2 and 4; give polygon features only" in told
    assert len(read_layer(str(tmp_path / "mixed.geojson"), geometry={"polygon", "point"})) == 4
    assert "holds Polygon in rows 1, 2, 3 and 4" in refusal(
        write(tmp_path, houses), geometry="line"
    )


def test_missing_geometry_is_named_with_its_row(tmp_path, houses):
    houses.loc[2, "geometry"] = None
    assert "no geometry in row 3; draw or delete it" in refusal(write(tmp_path, houses))


def test_self_crossing_polygons_are_named_with_their_row(tmp_path, houses):
    houses.loc[1, "geometry"] = degrees(shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]))
    told = refusal(write(tmp_path, houses))
    assert "invalid polygons in row 2 (Self-intersection" in told
    assert "Fix geometries" in told


@pytest.mark.parametrize("odd", [np.nan, np.inf, 200.0, 1e30])
def test_impossible_degrees_are_named_with_their_row(tmp_path, houses, odd):
    points = houses.set_geometry(shapely.centroid(houses.geometry.values), crs=4326)
    points.loc[3, "geometry"] = shapely.Point(odd, 32)
    told = refusal(write(tmp_path, points), geometry="point")
    # GeoPackage stores a point that is not a number as an empty one.
    assert "row 4" in told
    assert "impossible coordinates" in told or "no geometry" in told


@pytest.mark.parametrize("odd", [1e30, 9e7, -1e12])
def test_impossible_metres_are_named_with_their_row(tmp_path, houses, odd):
    metric = houses.to_crs(32650)
    metric.loc[0, "geometry"] = square(odd, 3_500_000, abs(odd) / 10)
    assert "impossible coordinates in row 1" in refusal(write(tmp_path, metric))


def test_degrees_declared_as_metres_lie_off_the_place_but_metres_as_degrees_are_refused(
    tmp_path, houses
):
    wrong = houses.to_crs(32650).set_crs(4326, allow_override=True)
    assert "impossible coordinates in rows 1, 2, 3 and 4" in refusal(write(tmp_path, wrong))


def test_a_missing_column_is_named_with_those_there(tmp_path, houses):
    told = refusal(write(tmp_path, houses), counts=("hushu",))
    assert "has no column hushu; add or rename it (its columns: households, name)" in told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (-3, "households is negative in row 3 (first: -3"),
        (2.5, "households is a fraction in row 3 (first: 2.5"),
        (None, "households is missing or not a number in row 3"),
        ("many", "households is missing or not a number in row 3 (first: many"),
        (1e12, "households is over"),
    ],
)
def test_counts_that_are_no_counts_are_named_with_their_row(tmp_path, houses, value, told):
    values = [4, 0, value, 7]
    text = any(isinstance(one, str) for one in values)
    houses["households"] = [str(one) for one in values] if text else values
    refused = refusal(write(tmp_path, houses), counts=("households",))
    assert told in refused
    assert "give whole numbers, 0 where nobody lives" in refused


def test_whole_numbers_come_through_as_text_or_floats(tmp_path, houses):
    for values in (["4", "0", "12", "7"], [4.0, 0.0, 12.0, 7.0]):
        path = write(tmp_path, houses.assign(households=values))
        read = read_layer(str(path), geometry={"polygon"}, counts=("households",))
        assert read["households"].tolist() == [4, 0, 12, 7]


def test_many_rows_are_counted_and_five_named(tmp_path, houses):
    many = pd.concat([houses] * 5, ignore_index=True)
    many["households"] = -1
    told = refusal(write(tmp_path, many), counts=("households",))
    assert "in rows 1, 2, 3, 4 and 5 (20 in all)" in told

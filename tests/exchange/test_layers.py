import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.testing import assert_geometries_equal

from gridsvc.errors import BadInput
from gridsvc.exchange import layers
from gridsvc.exchange.layers import layer_names, read_layer, temporary_beside, write_layers
from tests.exchange.paper import METRIC, frame, refusal


@pytest.mark.parametrize(
    ("suffix", "driver"),
    [
        (".gpkg", "GPKG"),
        (".geojson", "GeoJSON"),
        (".shp", "ESRI Shapefile"),
        (".fgb", "FlatGeobuf"),
        (".gml", "GML"),
        (".kml", "KML"),
        (".tab", "MapInfo File"),
        (".gdb", "OpenFileGDB"),
    ],
)
def test_reads_every_format_named(tmp_path, houses, suffix, driver):
    path = tmp_path / f"houses{suffix}"
    whole = {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"} if suffix == ".gdb" else {}
    houses.to_file(path, driver=driver, **whole)
    read = read_layer(str(path), geometry={"polygon"})
    assert len(read) == 4
    assert read.crs.is_geographic
    # Some formats keep fewer digits; half a metre covers them all.
    middle = np.sort(shapely.get_x(shapely.centroid(read.geometry.values)))
    wanted = np.sort(shapely.get_x(shapely.centroid(houses.geometry.values)))
    assert np.allclose(middle, wanted, atol=5e-6)


@pytest.mark.parametrize("epsg", [4326, 4490, 32650, 4549, 3857, 6668])
def test_keeps_the_declared_crs(tmp_path, houses, epsg):
    houses.to_crs(epsg).to_file(tmp_path / "houses.gpkg")
    read = read_layer(str(tmp_path / "houses.gpkg"), geometry={"polygon"}, counts=("households",))
    assert read.crs.to_epsg() == epsg
    assert read["households"].dtype == "int64"
    assert read["households"].tolist() == [4, 0, 12, 7]


def test_layer_is_chosen_by_name(tmp_path, houses):
    path = tmp_path / "city.gpkg"
    write_layers(path, {"houses": houses, "more": houses.head(1)})
    assert layer_names(path) == ["houses", "more"]
    assert len(read_layer(f"{path}:more", geometry={"polygon"})) == 1
    assert "houses, more" in refusal(path)
    assert "its layers are houses, more" in refusal(f"{path}:none")


def test_a_colon_in_the_file_name_is_no_layer(tmp_path, houses):
    path = tmp_path / "a:b.geojson"
    path.write_text(houses.to_json(), encoding="utf-8")
    assert len(read_layer(str(path), geometry={"polygon"})) == 4


def test_geojson_without_crs_is_wgs84_but_shapefile_is_refused(tmp_path, houses):
    path = tmp_path / "houses.geojson"
    path.write_text(
        houses.to_json(drop_id=True, show_bbox=False).replace('"crs"', '"was"'), encoding="utf-8"
    )
    assert read_layer(str(path), geometry={"polygon"}).crs.to_epsg() == 4326
    houses.to_file(tmp_path / "houses.shp")
    (tmp_path / "houses.prj").unlink()
    assert "declares no CRS; assign" in refusal(tmp_path / "houses.shp")


def test_chinese_shapefile_without_code_page_is_read_as_gb18030(tmp_path, houses):
    houses.to_file(tmp_path / "houses.shp", encoding="gb18030")
    (tmp_path / "houses.cpg").unlink()
    read = read_layer(str(tmp_path / "houses.shp"), geometry={"polygon"})
    assert read["name"].tolist() == ["甲", "乙", "丙", "丁"]


def test_tables_without_geometry_and_empty_layers_are_refused(tmp_path, houses):
    path = tmp_path / "city.gpkg"
    write_layers(path, {"houses": houses, "none": houses.head(0)})
    pyogrio.write_dataframe(pd.DataFrame({"a": [1]}), path, layer="table", append=True)
    assert "table without geometry" in refusal(f"{path}:table")
    assert "holds no rows" in refusal(f"{path}:none")
    none = read_layer(f"{path}:none", geometry={"polygon"}, empty_ok=True)
    assert none.empty
    assert none.crs.to_epsg() == 4326


def test_written_layers_come_back_equal(tmp_path, houses):
    lines = frame([shapely.LineString([(0, 0), (5, 9)])], METRIC, w=[1.5])
    write_layers(tmp_path / "city.gpkg", {"houses": houses, "lines": lines})
    back = read_layer(f"{tmp_path / 'city.gpkg'}:houses", geometry={"polygon"})
    assert_geometries_equal(back.geometry.values, houses.geometry.values)
    assert back["name"].tolist() == houses["name"].tolist()
    assert len(read_layer(f"{tmp_path / 'city.gpkg'}:lines", geometry={"line"})) == 1


def test_a_failure_while_writing_leaves_the_old_file_and_no_litter(tmp_path, houses, monkeypatch):
    path = tmp_path / "city.gpkg"
    write_layers(path, {"houses": houses})
    before = path.read_bytes()
    real = pyogrio.write_dataframe

    def full_disk(data, target, layer, **options):
        if layer == "second":
            raise OSError(28, "No space left on device")
        real(data, target, layer=layer, **options)

    monkeypatch.setattr(layers.pyogrio, "write_dataframe", full_disk)
    with pytest.raises(BadInput, match="No space left"):
        write_layers(path, {"houses": houses.head(1), "second": houses})
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["city.gpkg"]


def test_half_a_page_on_a_full_disk_never_gets_the_final_name(tmp_path):
    page = tmp_path / "map.html"

    def write():
        with temporary_beside(page) as draft:
            draft.write_text("<html>", encoding="utf-8")
            raise OSError(28, "No space left on device")

    with pytest.raises(BadInput, match="free some space"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_cannot_be_written_are_refused(tmp_path, houses):
    (tmp_path / "folder.gpkg").mkdir()
    for name, told in (
        ("city.shp", "must end in .gpkg"),
        ("none/city.gpkg", "does not exist; create it first"),
        ("folder.gpkg", "is a folder; name a file"),
    ):
        with pytest.raises(BadInput, match=told):
            write_layers(tmp_path / name, {"houses": houses})

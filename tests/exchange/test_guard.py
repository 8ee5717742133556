import subprocess
import sys
import zipfile

import pytest

from gridsvc.exchange.layers import read_layer
from tests.exchange.paper import refusal


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.gpkg", None, "there is no file"),
        ("empty.gpkg", b"", "is empty; export it again"),
        ("noise.gpkg", b"\x07" * 5000, "is not a vector file gridsvc reads; give GeoPackage"),
        ("cut.gpkg", b"SQLite format 3\x00" + b"\x00" * 50, "cannot be read; export it again"),
        ("cut.geojson", b'{"type": "FeatureCollection", "features": [{"ty', "cannot be read"),
        ("list.csv", b"a,b\n1,2\n", "is not a vector file"),
        ("page.kml", b"<html><body>kml</body></html>", "is not a vector file"),
        ("cut.zip", b"PK\x03\x04" + b"\x00" * 60, "cannot be read"),
    ],
)
def test_unreadable_files_are_refused_without_a_word_from_gdal(
    tmp_path, name, content, told, capfd
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert told in refusal(tmp_path / name)
    assert capfd.readouterr() == ("", "")


def test_folders_and_virtual_paths_are_refused(tmp_path):
    assert "is not a file" in refusal(tmp_path)
    assert "not a plain file" in refusal("/vsicurl/http://example.org/a.geojson")
    assert "not a plain file" in refusal("https://example.org/a.geojson")


VRT = (
    '<!-- kml gml --><OGRVRTDataSource><OGRVRTLayer name="secret">'
    "<SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
)


@pytest.mark.parametrize("name", ["a.vrt", "a.geojson", "a.gml", "a.kml"])
@pytest.mark.parametrize("padding", [0, 20_000])
def test_virtual_datasets_are_refused_whatever_their_name(tmp_path, houses, name, padding):
    houses.to_file(tmp_path / "secret.geojson")
    (tmp_path / name).write_text(" " * padding + VRT.format(tmp_path / "secret.geojson"))
    assert "is not a vector file" in refusal(tmp_path / name)


def test_gdal_itself_is_without_the_drivers_that_follow_links():
    # GDAL may be loaded already in this process, so ask a fresh one.
    script = "import gridsvc.exchange.layers as layers; print(*layers.pyogrio.list_drivers())"
    run = [sys.executable, "-c", script]
    kept = set(subprocess.run(run, capture_output=True, text=True, check=True).stdout.split())
    assert {"GPKG", "GeoJSON", "FlatGeobuf"} <= kept
    assert not {"OGR_VRT", "GDALG", "WFS", "OAPIF", "HTTP", "CSV", "OSM"} & kept


def test_archives_are_read_and_bombs_refused(tmp_path, houses):
    houses.to_file(tmp_path / "houses.shp")
    good, bomb, hidden = (tmp_path / f"{name}.zip" for name in ("good", "bomb", "hidden"))
    with zipfile.ZipFile(good, "w") as archive:
        for part in ("shp", "shx", "dbf", "prj", "cpg"):
            archive.write(tmp_path / f"houses.{part}", f"houses.{part}")
    assert len(read_layer(str(good), geometry={"polygon"})) == 4
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("houses.shp", bytes(30_000_000))
    assert "unpack it yourself" in refusal(bomb)
    with zipfile.ZipFile(hidden, "w") as archive:
        archive.writestr("a.vrt", VRT.format("/etc/passwd"))
    assert "is not a vector file" in refusal(hidden)

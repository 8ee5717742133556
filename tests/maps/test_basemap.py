"""A PMTiles file as the background: what lies in view, where it lies."""

import gzip

import mapbox_vector_tile
import pytest
import shapely
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write

from gridsvc.errors import Unavailable
from gridsvc.maps.background import background
from gridsvc.maps.basemap import ground_of
from tests.towns import place_in_tile, tile_at

LON, LAT, ZOOM = 118.78, 32.04, 15
COLUMN, ROW = tile_at(LON, LAT, ZOOM)
LAYERS = [
    {
        "name": "roads",
        "features": [
            {"geometry": "LINESTRING(0 0, 2048 2048)", "properties": {"kind": "major_road"}},
            {"geometry": "LINESTRING(0 0, 9 9)", "properties": {"kind": "</script>"}},
        ],
    },
    {
        "name": "buildings",
        "features": [
            {"geometry": "POLYGON((0 0, 0 99, 99 99, 99 0, 0 0))", "properties": {}},
        ],
    },
    {"name": "places", "features": [{"geometry": "POINT(5 5)", "properties": {"kind": "city"}}]},
]


def a_file(path, kind=TileType.MVT, tile=None):
    with write(path) as file:
        made = mapbox_vector_tile.encode(LAYERS, default_options={"y_coord_down": True})
        place = zxy_to_tileid(ZOOM, COLUMN, ROW)
        file.write_tile(place, gzip.compress(made) if tile is None else tile)
        header = {
            "tile_type": kind,
            "tile_compression": Compression.GZIP,
            "min_zoom": ZOOM,
            "max_zoom": ZOOM,
            **dict.fromkeys(("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7"), 0),
            **dict.fromkeys(("center_zoom", "center_lon_e7", "center_lat_e7"), 0),
        }
        file.finalize(header, {})
    return path


def around(degrees):
    return (LON - degrees, LAT - degrees, LON + degrees, LAT + degrees)


def test_what_it_holds_lies_where_it_is(tmp_path):
    found = ground_of(a_file(tmp_path / "a.pmtiles"), around(0.001))
    assert sorted(found["kind"]) == ["building", "primary"]
    (road,) = found.geometry[found["kind"] == "primary"]
    ends = shapely.get_coordinates(road)[[0, -1]]
    wanted = [place_in_tile(COLUMN, ROW, ZOOM), place_in_tile(COLUMN + 0.5, ROW + 0.5, ZOOM)]
    assert abs(ends - wanted).max() < 1e-7
    assert len(background(found)) == 2


def test_beyond_its_area_there_is_nothing(tmp_path):
    path = a_file(tmp_path / "a.pmtiles")
    assert ground_of(path, (0.0, 0.0, 0.01, 0.01)).empty


@pytest.mark.parametrize("content", [b"", b"PK", b"PMTiles\x03" + b"\xff" * 200, b"x" * 5000])
def test_a_damaged_file_is_named(tmp_path, content):
    path = tmp_path / "broken.pmtiles"
    path.write_bytes(content)
    with pytest.raises(Unavailable, match=r"broken\.pmtiles"):
        ground_of(path, around(0.001))


def test_a_missing_file_and_other_tiles_are_named(tmp_path):
    with pytest.raises(Unavailable, match=r"none\.pmtiles"):
        ground_of(tmp_path / "none.pmtiles", around(0.001))
    with pytest.raises(Unavailable, match="no vector tiles"):
        ground_of(a_file(tmp_path / "p.pmtiles", TileType.PNG), around(0.001))


def test_a_tile_that_unpacks_too_far_or_not_at_all_is_refused(tmp_path):
    for number, tile in enumerate((gzip.compress(b"\x00" * 2**24), b"no gzip")):
        path = a_file(tmp_path / f"t{number}.pmtiles", tile=tile)
        with pytest.raises(Unavailable, match="cannot be read"):
            ground_of(path, around(0.001))

"""A PMTiles file as the background of a map: the part in view is read when the map is drawn."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pandas as pd
import shapely
from google.protobuf.message import DecodeError
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, MagicNumberNotFound, SpecVersionUnsupported, TileType

from gridsvc.errors import Unavailable
from gridsvc.geo import WGS84
from gridsvc.maps.arcs import Ints

#: So many tiles are read at most; what they would show closer is too small to see then.
MOST_TILES = 64
_MOST_TILE_BYTES = 8 * 2**20
#: Closer than this buildings gain nothing.
_CLOSEST = 15

#: Layers of Protomaps' and OpenMapTiles' schemas, and the kind of ground of what is in them; by
#: the column that tells classes apart, or the layer as a whole.
_CLASS_OF = {"roads": "kind", "transportation": "class", "waterway": "class", "water": "kind"}
_KINDS = {
    "highway": "motorway",
    "major_road": "primary",
    "medium_road": "secondary",
    "minor_road": "residential",
    "minor": "residential",
    "motorway": "motorway",
    "trunk": "trunk",
    "primary": "primary",
    "secondary": "secondary",
    "tertiary": "tertiary",
    "service": "service",
    "track": "track",
    "rail": "rail",
    "river": "river",
    "canal": "canal",
    "stream": "stream",
    "ditch": "ditch",
    "drain": "drain",
}
_DAMAGED = (
    *(MagicNumberNotFound, SpecVersionUnsupported, DecodeError),
    *(EOFError, IndexError, KeyError, OSError, TypeError, ValueError, zlib.error),
)


def ground_of(path: Path, bounds: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Roads, water and buildings of a PMTiles file within a box.

    Parameters
    ----------
    path
        File of vector tiles in Protomaps' or OpenMapTiles' schema.
    bounds
        West, south, east, north, degrees.

    Returns
    -------
    geopandas.GeoDataFrame
        LineString and Polygon, EPSG:4326; kind, as `gridsvc.maps.background.background` takes it.

    Raises
    ------
    Unavailable
        If there is no such file, it is damaged, or it holds no vector tiles.
    """
    try:
        with path.open("rb") as file:
            reader: Any = Reader(MmapSource(file))  # type: ignore[no-untyped-call]
            header = reader.header()
            if header["tile_type"] != TileType.MVT:
                raise Unavailable(f"{path.name} holds no vector tiles; the background needs some")
            zoom = _zoom(bounds, int(header["max_zoom"]))
            packed = header["tile_compression"] == Compression.GZIP
            parts = [
                _shapes(_unpacked(tile, packed), (zoom, x, y))
                for x, y in _tiles(bounds, zoom)
                if (tile := reader.get(zoom, x, y))
            ]
    except _DAMAGED as failure:
        raise Unavailable(f"the background {path.name} cannot be read: {failure}") from failure
    found = pd.concat([_blank(), *parts], ignore_index=True)
    return gpd.GeoDataFrame(found, geometry="geometry", crs=WGS84)


def _blank() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"kind": pd.Series(dtype=object)}, geometry=[], crs=WGS84)


def _unpacked(tile: bytes, packed: bool) -> bytes:
    if not packed:
        return tile
    unpacked = zlib.decompressobj(wbits=31).decompress(tile, _MOST_TILE_BYTES)
    if len(unpacked) == _MOST_TILE_BYTES:
        raise ValueError("a tile is larger than tiles are")
    return unpacked


def _columns_and_rows(bounds: tuple[float, float, float, float], zoom: int) -> Ints:
    """Numbers of the tiles in the corners of a box: west, north, east, south."""
    west, south, east, north = bounds
    lat = np.radians(np.clip([north, south], -85, 85))
    rows = (1 - np.arcsinh(np.tan(lat)) / np.pi) / 2 * 2**zoom
    columns = (np.array([west, east]) + 180) / 360 * 2**zoom
    at = np.floor([columns[0], rows[0], columns[1], rows[1]]).astype(np.int64)
    clipped: Ints = np.clip(at, 0, 2**zoom - 1)
    return clipped


def _zoom(bounds: tuple[float, float, float, float], closest: int) -> int:
    """The closest zoom at which few enough tiles lie in a box."""
    for zoom in range(min(closest, _CLOSEST), 0, -1):
        west, north, east, south = _columns_and_rows(bounds, zoom)
        if (east - west + 1) * (south - north + 1) <= MOST_TILES:
            return zoom
    return 0


def _tiles(bounds: tuple[float, float, float, float], zoom: int) -> list[tuple[int, int]]:
    west, north, east, south = _columns_and_rows(bounds, zoom).tolist()
    return [(x, y) for y in range(north, south + 1) for x in range(west, east + 1)]


def _shapes(tile: bytes, place: tuple[int, int, int]) -> gpd.GeoDataFrame:
    """What a tile shows, cut at its edges."""
    kinds: list[str] = []
    shapes: list[Any] = []
    layers = mapbox_vector_tile.decode(tile, default_options={"y_coord_down": True})
    for name, layer in layers.items():
        for feature in layer["features"]:
            kind = _kind_of(name, feature["properties"], feature["geometry"]["type"])
            if kind is not None:
                shape = shapely.geometry.shape(feature["geometry"])
                parts = shapely.get_parts(_on_earth(shape, place, int(layer["extent"])))
                shapes += list(parts)
                kinds += [kind] * len(parts)
    return gpd.GeoDataFrame({"kind": kinds}, geometry=shapes, crs=WGS84)


def _kind_of(layer: str, properties: dict[str, Any], geometry: str) -> str | None:
    if "Point" in geometry:
        return None
    if layer in {"building", "buildings"}:
        return "building"
    if layer == "water" and "Polygon" in geometry:
        return "water"
    return _KINDS.get(str(properties.get(_CLASS_OF.get(layer, ""))))


def _on_earth(shape: Any, place: tuple[int, int, int], extent: int) -> Any:
    zoom, x, y = place

    def lonlat(corners: np.ndarray) -> np.ndarray:
        at = (np.array([x, y]) + corners / extent) / 2**zoom
        lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * at[:, 1]))))
        return np.column_stack([at[:, 0] * 360 - 180, lat])

    return shapely.transform(shape, lonlat)

"""Cells as files of other programs: GeoPackage, Shapefile, GeoJSON, KML and DXF, out and in."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridsvc import geo
from gridsvc.config import FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.dxf import read_dxf, write_dxf
from gridsvc.exchange.layers import read_layer, write_file
from gridsvc.exchange.rows import check_crs, check_geometry, check_places, rows_named
from gridsvc.geo import Datum, Reference
from gridsvc.planning.arrays import Bools, Geometries, Ints
from gridsvc.planning.sketch import Drawn

#: What a file of cells may ask for: a community, not a city, while a planner waits.
LIMITS = FileLimits(
    file_bytes=64 * 2**20,
    unpacked_ratio=100,
    rows=5000,
    vertices=1_000_000,
    seconds=20,
    memory_bytes=2**30,
)
_NAME = "cells"
_HIGHEST = 2_000_000_000
#: Words for the two kinds of cells, and for locked ones, in the columns of a file.
_KINDS = {"ordinary": False, "dedicated": True, "普通": False, "专属": True, "": False}
_LOCKED = {"true": True, "false": False, "1": True, "0": False, "是": True, "否": False, "": False}
_SHIFTED = {Reference.GCJ02: Datum.GCJ02, Reference.BD09: Datum.BD09}
# A fork while another thread is inside GDAL would leave the child with GDAL's locks held.
_IN_GDAL = Lock()


@dataclass(frozen=True)
class Format:
    """A format of files.

    Attributes
    ----------
    suffix
        End of a file's name.
    media_type
        What it is called over HTTP.
    always_wgs84
        Whether the format knows WGS-84 only.
    """

    suffix: str
    media_type: str
    always_wgs84: bool = False


FORMATS = {
    "gpkg": Format(".gpkg", "application/geopackage+sqlite3"),
    "shp": Format(".zip", "application/zip"),
    "geojson": Format(".geojson", "application/geo+json", always_wgs84=True),
    "kml": Format(".kml", "application/vnd.google-earth.kml+xml", always_wgs84=True),
    "dxf": Format(".dxf", "image/vnd.dxf"),
}


def written(frame: gpd.GeoDataFrame, kind: str, reference: Reference) -> bytes:
    """A file of cells.

    Parameters
    ----------
    frame
        Polygon, EPSG:4326; columns ``number`` or ``code``, ``kind``, ``households``, ``locked``.
    kind
        A key of `FORMATS`.
    reference
        What coordinates shall be in; KML and GeoJSON are WGS-84 whatever it is.

    Raises
    ------
    BadInput
        If the place lies in no metric zone of CGCS2000.
    """
    chosen = FORMATS[kind]
    asked = Reference.WGS84 if chosen.always_wgs84 else reference
    told = frame.to_crs(geo.reference_crs(asked, _longitude(frame)))
    with tempfile.TemporaryDirectory() as folder, _IN_GDAL:
        path = Path(folder) / (_NAME + (".shp" if kind == "shp" else chosen.suffix))
        if kind == "dxf":
            write_dxf(path, told, str(frame.columns[0]))
        else:
            write_file(path, told, _NAME)
        return _zipped(Path(folder)) if kind == "shp" else path.read_bytes()


def _longitude(frame: gpd.GeoDataFrame) -> float:
    west, _, east, _ = frame.total_bounds
    return float(west + east) / 2


def _zipped(folder: Path) -> bytes:
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(folder.iterdir()):
                archive.write(part, part.name)
        file.seek(0)
        return file.read()


def read_cells(content: bytes, kind: str, reference: Reference | None, lon: float) -> Drawn:
    """Cells of a file.

    Parameters
    ----------
    content
        The file; a Shapefile packed as ZIP.
    kind
        A key of `FORMATS`.
    reference
        What its coordinates are in where the file does not say it. GCJ-02 and BD-09 hold whatever
        a file in degrees says, as no file can say them.
    lon
        Longitude of the community, for the metric zone.

    Returns
    -------
    Drawn
        Its cells, Polygon, EPSG:4326, with what the columns ``number``, ``kind`` and ``locked``
        say; other columns are left alone. A cell in several parts is a MultiPolygon.

    Raises
    ------
    BadInput
        If the file is no such file, asks for too much, holds no polygons, says nowhere what its
        coordinates are in, or an attribute cannot be used.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (_NAME + FORMATS[kind].suffix)
        path.write_bytes(content)
        with _IN_GDAL:
            frame = _read(path, reference, lon)
    columns = {str(name).lower(): frame[name] for name in frame.columns}
    return Drawn(
        cells=_single(frame.geometry.to_numpy(dtype=object)),
        number=_numbers(columns.get("number")),
        dedicated=_flags(columns.get("kind"), _KINDS),
        locked=_flags(columns.get("locked"), _LOCKED),
    )


def _read(path: Path, reference: Reference | None, lon: float) -> gpd.GeoDataFrame:
    """Rows of a file in EPSG:4326."""
    shifted = _SHIFTED.get(reference) if reference else None
    undeclared = geo.reference_crs(reference, lon) if reference else None
    if path.suffix == ".dxf":
        frame = _drawn(path, undeclared)
    else:
        frame = read_layer(str(path), geometry=["polygon"], undeclared=undeclared, limits=LIMITS)
    if shifted is None:
        return frame.to_crs(geo.WGS84)
    if not frame.crs.is_geographic:
        raise BadInput(f"{shifted} is for degrees, this file is in metres; leave the datum out")
    shapes = geo.from_datum(frame.geometry.to_numpy(dtype=object), shifted)
    return frame.set_geometry(gpd.GeoSeries(shapes, frame.index, crs=geo.WGS84))


def _drawn(path: Path, undeclared: CRS | None) -> gpd.GeoDataFrame:
    frame = read_dxf(path, LIMITS)
    if frame.crs is None and undeclared is not None:
        frame = frame.set_crs(undeclared)
    check_crs(frame, path.name)
    check_geometry(frame, path.name, ["polygon"])
    check_places(frame, path.name)
    return frame


def _single(shapes: Geometries) -> Geometries:
    """Polygons; a MultiPolygon of one part as its part, others as they are."""
    told = shapes.copy()
    for row in np.flatnonzero(shapely.get_num_geometries(shapes) == 1):
        told[row] = shapely.get_geometry(shapes[row], 0)
    return told


def _numbers(said: pd.Series | None) -> Ints | None:
    """Numbers of cells, 0 where one has none; none where no cell has one."""
    if said is None or said.isna().all():
        return None
    told = pd.to_numeric(said.replace("", None), errors="coerce").astype(float)
    blank = (said.isna() | (said == "")).to_numpy()
    values = np.where(blank, 0, told)
    bad = ~np.isfinite(values) | (values < 0) | (values > _HIGHEST) | (values != np.floor(values))
    if bad.any():
        rows = rows_named(np.flatnonzero(bad))
        raise BadInput(f"number is no whole number in {rows}; correct it or leave it empty")
    return np.asarray(values, dtype=np.int64)


def _flags(said: pd.Series | None, words: dict[str, bool]) -> Bools | None:
    """Truths by the words for them; none where nothing is said."""
    if said is None or said.isna().all():
        return None
    texts = ["" if pd.isna(one) else str(one).strip().lower() for one in said]
    if bad := [row for row, text in enumerate(texts) if text not in words]:
        known = ", ".join(word for word in words if word)
        raise BadInput(f"{said.name} is none of {known} in {rows_named(bad)}; correct it")
    return np.array([words[text] for text in texts], dtype=bool)

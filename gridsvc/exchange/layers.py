"""Vector layers from and to files, through GDAL.

Whatever comes in is checked before anything is computed from it, and refused in one sentence
that names the rows; whatever goes out is either written whole or not at all.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange import rows
from gridsvc.exchange.apart import read_apart
from gridsvc.exchange.guard import DRIVERS, check_content

# Drivers that open other files or the network, or hold no vector layer with a CRS. GDAL reads
# the list once, when it is loaded; `guard` refuses what gets past a GDAL loaded earlier.
os.environ["GDAL_SKIP"] = (
    "OGR_VRT,GDALG,HTTP,WFS,OAPIF,OGCAPI,CSW,EEDA,PLSCENES,Elasticsearch,Carto,AmigoCloud,NGW,"
    "MEM,PCIDSK,PDS4,VICAR,PDF,MBTiles,LVBAG,S57,DGN,CSV,OGR_GMT,WAsP,DXF,GeoRSS,VFK,PGDUMP,OSM,"
    "GPSBabel,OGR_PDS,EDIGEO,Idrisi,ODS,XLSX,SXF,Selafin,JML,VDV,MVT,MapML,GTFS,PMTiles,"
    "MiraMonVector,ADBC,AVCBin,AVCE00,AIVector"
)
import pyogrio
from pyogrio.errors import (
    CRSError as LayerCRSError,
)
from pyogrio.errors import (
    DataLayerError,
    DataSourceError,
    FeatureError,
    FieldError,
    GeometryError,
)

pyogrio.set_gdal_config_options({"GML_DOWNLOAD_SCHEMA": "NO"})
_GDAL_ERRORS = (
    DataSourceError,
    DataLayerError,
    FeatureError,
    FieldError,
    GeometryError,
)
_READ_ERRORS = (
    *_GDAL_ERRORS,
    LayerCRSError,
    CRSError,
    UnicodeDecodeError,
    ValueError,
    RuntimeError,
)


@dataclass(frozen=True)
class _Source:
    path: Path
    layer: str | None

    @property
    def name(self) -> str:
        return f"{self.path.name}:{self.layer}" if self.layer else self.path.name


def read_layer(
    spec: str,
    *,
    geometry: Collection[str],
    columns: Collection[str] = (),
    counts: Collection[str] = (),
    empty_ok: bool = False,
    undeclared: CRS | None = None,
    limits: FileLimits = USUAL,
) -> gpd.GeoDataFrame:
    """Read one vector layer and refuse it unless every row can be used.

    Parameters
    ----------
    spec
        File path, or ``FILE:layer`` where the file has several layers.
    geometry
        Allowed kinds: ``polygon``, ``line``, ``point`` (multi-parts included, except points).
    columns
        Columns that must be there.
    counts
        Columns that must be there and hold whole numbers >= 0; returned as int64.
    empty_ok
        Whether a layer without rows is fine; otherwise it is refused.
    undeclared
        What to take where the file declares no CRS; none = such a file is refused.
    limits
        How much the file may ask for.

    Returns
    -------
    geopandas.GeoDataFrame
        The rows in file order with a fresh index, 2D, in the CRS the file declares. GeoJSON
        without a ``crs`` member is WGS-84 (RFC 7946); any other file must declare one.

    Raises
    ------
    BadInput
        If the file is missing, unreadable or no vector file, the layer is missing or not
        named where there are several, it is empty, has no CRS, lacks a column, or rows have a
        wrong, invalid or absent geometry, impossible coordinates, text that holds control
        characters, or no whole count; or if the file asks for more than it may.
    """
    source = _source(spec)
    with _leaving_nothing(source.path):
        return read_apart(
            source.name,
            limits,
            _read_checked,
            source,
            limits,
            geometry=geometry,
            columns=columns,
            counts=counts,
            empty_ok=empty_ok,
            undeclared=undeclared,
        )


def _read_checked(
    source: _Source,
    limits: FileLimits,
    *,
    geometry: Collection[str],
    columns: Collection[str],
    counts: Collection[str],
    empty_ok: bool,
    undeclared: CRS | None,
) -> gpd.GeoDataFrame:
    """Read a layer, cheapest checks first."""
    check_content(source.path, limits)
    with _quiet():
        frame = _read(_choose_layer(source), limits)
    if frame.crs is None and undeclared is not None:
        frame = frame.set_crs(undeclared)
    rows.check_crs(frame, source.name)
    rows.check_columns(frame, source.name, (*columns, *counts))
    if frame.empty and empty_ok:
        return frame
    if frame.empty:
        raise BadInput(f"{source.name} holds no rows; give a layer with at least one")
    rows.check_texts(frame, source.name)
    rows.check_geometry(frame, source.name, geometry)
    rows.check_places(frame, source.name)
    for column in counts:
        frame[column] = rows.whole(frame[column], source.name, column)
    return frame


def layer_names(path: str | Path, limits: FileLimits = USUAL) -> list[str]:
    """Names of the vector layers in a file, in its order.

    Raises
    ------
    BadInput
        If the file is missing, unreadable or no vector file.
    """
    source = _source(str(path))
    with _leaving_nothing(source.path):
        return read_apart(source.name, limits, _names_checked, source, limits)


def _names_checked(source: _Source, limits: FileLimits) -> list[str]:
    check_content(source.path, limits)
    with _quiet():
        return _layers(source)


def write_layers(path: str | Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write a GeoPackage with the given layers, whole or not at all.

    The file is written under a temporary name in the same folder and renamed at the end, so
    that a failure leaves an earlier file as it was.

    Parameters
    ----------
    path
        File to write or replace; its name ends in ``.gpkg``.
    layers
        Name of each layer and its frame; every frame declares its CRS. A frame without rows
        becomes an empty layer.

    Raises
    ------
    BadInput
        If the name does not end in .gpkg, or the folder is missing or cannot be written.
    """
    path = check_out(path, ".gpkg")
    with temporary_beside(path) as draft:
        for name, frame in layers.items():
            _write(draft, name, frame)


#: Drivers that write files for others by suffix, and how.
_WRITERS: dict[str, tuple[str, dict[str, str]]] = {
    ".gpkg": ("GPKG", {}),
    ".shp": ("ESRI Shapefile", {"ENCODING": "UTF-8"}),
    ".geojson": ("GeoJSON", {"RFC7946": "YES", "COORDINATE_PRECISION": "10"}),
    ".kml": ("LIBKML", {}),
}


def write_file(path: Path, frame: gpd.GeoDataFrame, name: str) -> None:
    """Write a new file of one layer in the format its suffix says, for another program.

    Parameters
    ----------
    path
        ``.gpkg``, ``.shp``, ``.geojson`` or ``.kml``; the latter two want EPSG:4326.
    frame
        One kind of geometry, any declared CRS.
    """
    driver, options = _WRITERS[path.suffix]
    with _quiet():
        pyogrio.write_dataframe(frame, path, layer=name, driver=driver, **options)


def check_out(path: str | Path, suffix: str) -> Path:
    """Make sure that a file can be written at the output path, and return the path.

    Raises
    ------
    BadInput
        If the suffix differs, or the folder is missing or read-only.
    """
    path = Path(path)
    if path.suffix.lower() != suffix:
        raise BadInput(f"the output {path.name} must end in {suffix}; rename it")
    if path.is_dir():
        raise BadInput(f"the output {path.name} is a folder; name a file")
    if not path.parent.is_dir():
        raise BadInput(f"the folder {path.parent} of the output does not exist; create it first")
    if not os.access(path.parent, os.W_OK):
        raise BadInput(f"the folder {path.parent} of the output cannot be written; choose another")
    return path


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Lend a temporary file in the folder of `path`, renamed to it if the block succeeds."""
    with tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as folder:
        draft = Path(folder) / path.name
        try:
            yield draft
            draft.replace(path)
        except (OSError, *_GDAL_ERRORS) as failure:
            raise BadInput(
                f"cannot write {path} ({failure}); free some space or choose another folder"
            ) from failure


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep GDAL's own warnings from the user: what matters becomes a BadInput."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _leaving_nothing(path: Path) -> Iterator[None]:
    """Take away the notes that GDAL leaves beside a GML file it read."""
    notes = path.with_suffix(".gfs")
    theirs = path.suffix.lower() == ".gfs" or notes.exists()
    try:
        yield
    finally:
        if not theirs:
            notes.unlink(missing_ok=True)


def _source(spec: str) -> _Source:
    if spec.startswith("/vsi") or "://" in spec:
        raise BadInput(f"{spec} is not a plain file; copy the data to a local file first")
    path, layer = Path(spec), None
    if not path.exists() and ":" in spec:
        file, layer = spec.rsplit(":", 1)
        path = Path(file)
    if not path.exists():
        raise BadInput(f"there is no file {path}; check the path")
    if not path.is_file() and not (path.is_dir() and path.suffix.lower() == ".gdb"):
        raise BadInput(f"{path} is not a file; name a vector file such as GeoPackage or GeoJSON")
    if not os.access(path, os.R_OK):
        raise BadInput(f"{path.name} cannot be read; check its permissions")
    return _Source(path, layer or None)


def _layers(source: _Source) -> list[str]:
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(source.path)]
        driver = pyogrio.read_info(source.path, layer=layers[0])["driver"] if layers else None
    except _READ_ERRORS as failure:
        raise BadInput(f"{source.path.name} cannot be read; export it again") from failure
    if not layers or driver not in DRIVERS:
        raise BadInput(f"{source.path.name} holds no layer gridsvc reads; export it as GeoPackage")
    return layers


def _choose_layer(source: _Source) -> _Source:
    layers = _layers(source)
    if source.layer is not None and source.layer not in layers:
        raise BadInput(
            f"{source.path.name} has no layer {source.layer}; its layers are {', '.join(layers)}"
        )
    if source.layer is None and len(layers) > 1:
        raise BadInput(
            f"{source.path.name} has several layers; choose one as "
            f"{source.path.name}:{layers[0]} (layers: {', '.join(layers)})"
        )
    return _Source(source.path, source.layer or layers[0])


def _read(source: _Source, limits: FileLimits) -> gpd.GeoDataFrame:
    try:
        frame = pyogrio.read_dataframe(
            source.path,
            layer=source.layer,
            encoding=_encoding(source.path),
            force_2d=True,
            on_invalid="ignore",
            max_features=limits.rows + 1,
        )
    except _READ_ERRORS as failure:
        raise BadInput(f"{source.name} cannot be read; export it again") from failure
    if not isinstance(frame, gpd.GeoDataFrame):
        raise BadInput(f"{source.name} is a table without geometry; give a layer with geometry")
    if len(frame) > limits.rows:
        raise BadInput(f"{source.name} has over {limits.rows} rows; divide it")
    if shapely.get_num_coordinates(frame.geometry.values).sum() > limits.vertices:
        raise BadInput(f"{source.name} has over {limits.vertices} vertices; divide or simplify it")
    return frame


def _encoding(path: Path) -> str | None:
    """Tell the encoding of a Shapefile that names none: UTF-8 if it is that, else GB 18030.

    GDAL would take Latin-1 and turn Chinese names into noise; software in China leaves the
    ``.cpg`` out and writes GBK, of which GB 18030 is the superset.
    """
    table = path.with_suffix(".dbf")
    named = any(path.with_suffix(suffix).exists() for suffix in (".cpg", ".CPG"))
    if path.suffix.lower() != ".shp" or named or not table.is_file():
        return None
    content = table.read_bytes()
    # Byte 29 of a dBASE header is the language driver: 0 = none, 0x57 = "the system's own".
    if len(content) < 32 or content[29] not in {0, 0x57}:
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            content[32:].decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _write(path: Path, name: str, frame: gpd.GeoDataFrame) -> None:
    if frame.crs is None:
        raise ValueError(f"layer {name} declares no CRS")
    types = set(frame.geom_type.unique())
    plain = {kind.removeprefix("Multi") for kind in types} or {"Polygon"}
    multi = any(kind.startswith("Multi") for kind in types)
    kind = plain.pop() if len(plain) == 1 else "Unknown"
    with _quiet():
        pyogrio.write_dataframe(
            frame,
            path,
            layer=name,
            driver="GPKG",
            geometry_type=f"Multi{kind}" if multi and kind != "Unknown" else kind,
            promote_to_multi=multi,
            append=path.exists(),
        )

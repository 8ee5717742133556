"""Files refused by their content before GDAL follows them anywhere.

A virtual dataset under an innocent name makes GDAL read other files of the machine, an archive
may unpack to far more than it is. What the file says it is counts, not what it is called.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from gridsvc.errors import BadInput

#: Formats read, as named in messages; each has its driver in `DRIVERS`.
FORMATS = "GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GML, KML, GPX, MapInfo or File Geodatabase"
DRIVERS = {
    *("GPKG", "SQLite", "FlatGeobuf", "ESRI Shapefile", "MapInfo File", "OpenFileGDB"),
    *("GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "JSONFG", "GML", "KML", "LIBKML", "GPX"),
}
#: First bytes of the formats that have a signature; XML and JSON are looked at more closely.
_MAGIC = (
    b"SQLite format 3\x00",
    b"fgb",
    b"\x00\x00\x27\x0a",
    b"PK\x03\x04",
    b"!table",
    b"Version ",
    b"VERSION ",
)
_XML_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_XML_ROOT = re.compile(rb"<(?:[\w.-]+:)?(kml|gpx|\w*FeatureCollection)\b", re.IGNORECASE)
_XML_ELEMENT = re.compile(rb"<[A-Za-z_]")
_HEAD_BYTES = 16_384
_MAX_BYTES = 4 * 2**30
#: Shapefiles and GeoJSON shrink 5 to 20 times; far more is made to fill the disk.
_MAX_RATIO = 200
#: Archive members GDAL would open as layers.
_LAYER_SUFFIXES = {".shp", ".geojson", ".json", ".gml", ".kml", ".gpx", ".vrt", ".xml", ".tab"}


def check_content(path: Path) -> None:
    """Refuse by content what GDAL would follow to other files, whatever its name says.

    Raises
    ------
    BadInput
        If the file is empty, too big, a damaged or swollen archive, or of a format not read.
    """
    if path.is_dir():
        return
    size = path.stat().st_size
    if size == 0:
        raise BadInput(f"{path.name} is empty; export it again")
    if size > _MAX_BYTES:
        raise BadInput(f"{path.name} has over 4 GB; split it by district")
    with path.open("rb") as file:
        _check_head(file.read(_HEAD_BYTES), path.name)
    if zipfile.is_zipfile(path):
        _check_archive(path)


def _check_head(head: bytes, name: str) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1e")
    plain = text.startswith(b"{") and b"gdal_streamed_alg" not in text
    if not (head.startswith(_MAGIC) or plain or _is_xml_layer(text)):
        raise BadInput(f"{name} is not a vector file gridsvc reads; give {FORMATS}")


def _is_xml_layer(text: bytes) -> bool:
    """Whether the root element is that of GML, KML or GPX, and no entity is declared."""
    bare = _XML_COMMENT.sub(b"", text)
    root = _XML_ELEMENT.search(bare)
    declared = b"<!entity" in bare.lower()
    return root is not None and not declared and _XML_ROOT.match(bare, root.start()) is not None


def _check_archive(path: Path) -> None:
    """Refuse archives that unpack to far more than they are or carry files that point away."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if unpacked > _MAX_BYTES or unpacked > _MAX_RATIO * path.stat().st_size:
                raise BadInput(f"{path.name} unpacks to {unpacked} bytes; unpack it yourself")
            for member in members:
                suffix = Path(member.filename).suffix.lower()
                if ".." in Path(member.filename).parts or member.filename.startswith("/"):
                    raise BadInput(f"{path.name} holds a path outside itself; unpack it yourself")
                if suffix in _LAYER_SUFFIXES:
                    with archive.open(member) as file:
                        _check_head(file.read(_HEAD_BYTES), f"{path.name}/{member.filename}")
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as failure:
        raise BadInput(f"{path.name} is a damaged archive; pack or export it again") from failure

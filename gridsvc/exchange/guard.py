"""Files refused by their content before GDAL follows them anywhere.

A virtual dataset under an innocent name makes GDAL read other files of the machine, an archive
may unpack to far more than it is. What the file says it is counts, not what it is called.
"""

from __future__ import annotations

import re
import sqlite3
import stat
import zipfile
import zlib
from pathlib import Path

from gridsvc.config import FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.sqlite_queries import computed_layer
from gridsvc.geo import knows_crs

#: Formats read, as named in messages; each has its driver in `DRIVERS`.
FORMATS = "GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GML, KML, GPX, MapInfo or File Geodatabase"
DRIVERS = {
    *("GPKG", "SQLite", "FlatGeobuf", "ESRI Shapefile", "MapInfo File", "OpenFileGDB"),
    *("GeoJSON", "GeoJSONSeq", "TopoJSON", "ESRIJSON", "JSONFG", "GML", "KML", "LIBKML", "GPX"),
}
#: First bytes of the formats that have a signature; XML and JSON are looked at more closely.
_SQLITE = b"SQLite format 3\x00"
_MAGIC = (
    _SQLITE,
    b"fgb",
    b"\x00\x00\x27\x0a",
    b"PK\x03\x04",
    b"!table",
    b"Version ",
    b"VERSION ",
)
_XML_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_XML_ROOT = re.compile(rb"<(?:[\w.-]+:)?(kml|gpx|\w*FeatureCollection)\b", re.IGNORECASE)
#: MapInfo tables that are a view or a mosaic of others.
_TAB_LINK = re.compile(rb"create\s+view|IsSeamless|type\s+linked", re.IGNORECASE)
_XML_ELEMENT = re.compile(rb"<[A-Za-z_]")
#: The member ``crs`` of GeoJSON before RFC 7946, and the name in it.
_JSON_CRS = re.compile(rb'"crs"\s*:\s*\{[^{}]*(\{[^{}]*\})?[^{}]*\}')
_JSON_NAME = re.compile(rb'"name"\s*:\s*"([^"]*)"')
_HEAD_BYTES = 16_384
#: Archive members that accompany a layer and hold none themselves.
_COMPANIONS = {
    *(".shx", ".dbf", ".prj", ".cpg", ".qpj", ".qmd", ".qix", ".sbn", ".sbx", ".ind", ".id"),
    *(".map", ".dat", ".gfs", ".xsd", ".txt", ".md", ".pdf", ".png", ".jpg", ".qml", ".sld"),
    *(".gdbtable", ".gdbtablx", ".gdbindexes", ".atx", ".spx", ".freelist", ".horizon"),
}
#: Files GDAL reads beside a Shapefile.
_BESIDE_SHP = (".shx", ".dbf", ".prj", ".cpg")
_ARCHIVE_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


def check_content(path: Path, limits: FileLimits) -> None:
    """Refuse by content what GDAL would follow to other files, whatever its name says.

    Raises
    ------
    BadInput
        If the file is empty, too big, a damaged or swollen archive, of a format not read, or
        a database that computes its layers.
    """
    check_size(path, limits.file_bytes)
    if path.is_dir():
        return
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        file.seek(max(file.tell(), path.stat().st_size - _HEAD_BYTES))
        tail = file.read()
    _check_head(head, path.name)
    if _is_json(head):
        _check_named_crs(head + tail, path.name)
    if head.startswith(_SQLITE):
        _check_database(path)
    if zipfile.is_zipfile(path):
        check_archive(path, limits.file_bytes, limits.unpacked_ratio)
        _check_members(path)


def check_size(path: Path, most_bytes: int) -> None:
    """Refuse a file that is empty or, with what is read beside it, too big.

    Raises
    ------
    BadInput
        If it is.
    """
    parts = path.rglob("*") if path.is_dir() else [path]
    size = sum(part.stat().st_size for part in parts if part.is_file())
    if size == 0:
        raise BadInput(f"{path.name} is empty; export it again")
    if path.suffix.lower() == ".shp":
        beside = [path.with_suffix(suffix) for suffix in _BESIDE_SHP]
        size += sum(_size_beside(part) for part in beside if part.exists())
    if size > most_bytes:
        raise BadInput(f"{path.name} has over {most_bytes / 2**20:g} MB; divide it")


def _size_beside(path: Path) -> int:
    if not path.is_file():
        raise BadInput(f"{path.name} is not a file; export the layer again")
    return path.stat().st_size


def check_archive(path: Path, most_bytes: int, most_ratio: int) -> None:
    """Refuse archives that unpack to far more than they are or whose members point away.

    Raises
    ------
    BadInput
        If it does, or is damaged or locked with a password.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except _ARCHIVE_ERRORS as failure:
        raise BadInput(f"{path.name} is a damaged archive; pack or export it again") from failure
    unpacked = sum(member.file_size for member in members)
    if unpacked > most_bytes or unpacked > most_ratio * path.stat().st_size:
        raise BadInput(f"{path.name} unpacks to {unpacked} bytes; unpack it yourself")
    for member in members:
        if _points_away(member):
            raise BadInput(f"{path.name} holds a path outside itself; unpack it yourself")


def _points_away(member: zipfile.ZipInfo) -> bool:
    """Whether a member is named outside its archive, by whatever system, or is a link."""
    parts = re.split(r"[/\\]", member.filename)
    absolute = parts[0] == "" or ":" in parts[0]
    return absolute or ".." in parts or stat.S_ISLNK(member.external_attr >> 16)


def _check_members(path: Path) -> None:
    """Refuse archives with members that are neither a layer of a format read nor beside one."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                suffixes = {suffix.lower() for suffix in Path(member.filename).suffixes}
                if member.is_dir() or suffixes & _COMPANIONS or suffixes >= {".shp", ".xml"}:
                    continue
                with archive.open(member) as file:
                    _check_head(file.read(_HEAD_BYTES), f"{path.name}/{member.filename}")
    except _ARCHIVE_ERRORS as failure:
        raise BadInput(f"{path.name} is a damaged archive; pack or export it again") from failure


def _check_head(head: bytes, name: str) -> None:
    if not (head.startswith(_MAGIC) or _is_json(head) or _is_xml_layer(head)):
        raise BadInput(f"{name} is not a vector file gridsvc reads; give {FORMATS}")
    if head.startswith(b"!table") and _TAB_LINK.search(head):
        raise BadInput(f"{name} only refers to other tables; give those")


def _is_json(head: bytes) -> bool:
    """Whether an object begins the text, and it is no stored command line of GDAL."""
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1e").startswith(b"{")
    return begins and b"gdal_streamed_alg" not in head


def _check_named_crs(text: bytes, name: str) -> None:
    """Refuse GeoJSON with a CRS that GDAL would fetch, or take for WGS-84 not knowing it."""
    named = _JSON_CRS.search(text)
    if named is None:
        return
    if b'"link"' in named[0] or b'"url"' in named[0]:
        raise BadInput(f"{name} keeps its CRS in another place; name it as EPSG:code")
    if (code := _JSON_NAME.search(named[0])) and not knows_crs(code[1].decode("utf-8", "replace")):
        raise BadInput(f"{name} names a CRS nobody knows; name it as EPSG:code")


def _is_xml_layer(text: bytes) -> bool:
    """Whether the root element is that of GML, KML or GPX, and no document type is declared."""
    bare = _XML_COMMENT.sub(b"", text)
    root = _XML_ELEMENT.search(bare)
    declared = b"<!doctype" in bare.lower() or b"<!entity" in bare.lower()
    return root is not None and not declared and _XML_ROOT.match(bare, root.start()) is not None


def _check_database(path: Path) -> None:
    """Refuse databases that compute layers: a view may run for ever or read another file."""
    try:
        computed = computed_layer(path)
    except (sqlite3.Error, UnicodeDecodeError) as failure:
        raise BadInput(f"{path.name} cannot be read; export it again") from failure
    if computed:
        raise BadInput(f"{path.name} computes its {computed}; export that as a plain layer")

"""Files made to do harm, each with the door it is put to and what that door should say.

``python -m tests.exchange.hostile`` prints every kind with the answer it gets.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook

from gridsvc.config import FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange import tables
from gridsvc.exchange.layers import read_layer
from gridsvc.exchange.osm import read_osm
from tests.exchange.paper import degrees, frame, square, village

#: Small, so that what passes a limit is quick to make.
LIMITS = FileLimits(
    file_bytes=60 * 2**20,
    table_bytes=20 * 2**20,
    rows=10_000,
    vertices=200_000,
    seconds=30,
    memory_bytes=2 * 2**30,
)


#: For what would be read for minutes.
IMPATIENT = LIMITS.model_copy(update={"seconds": 2.0})


@dataclass(frozen=True)
class Trap:
    """A folder to work in, and what a file in it may try to reach."""

    folder: Path
    url: str

    @property
    def secret(self) -> Path:
        """A pipe beside the file: whoever opens it waits for ever."""
        path = self.folder / "secret"
        if not path.exists():
            os.mkfifo(path)
        return path

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


Maker = Callable[[Trap], Path]


@dataclass(frozen=True)
class Kind:
    """A way to make a hostile file, what its door should say, and in what time."""

    make: Maker
    says: str
    limits: FileLimits


KINDS: dict[str, Kind] = {}


def kind(says: str, limits: FileLimits = LIMITS) -> Callable[[Maker], Maker]:
    """Enter a maker of a hostile file, named for its function, with the answer expected."""

    def enter(make: Maker) -> Maker:
        KINDS[make.__name__.replace("_", " ")] = Kind(make, says, limits)
        return make

    return enter


def answer(path: Path, limits: FileLimits) -> str:
    """What the door for a file says."""
    try:
        if ".osm" in path.suffixes:
            read_osm(path, limits)
        elif path.suffix in {".csv", ".xlsx"}:
            tables.read_table(path, tables.HouseholdRow, limits)
        else:
            read_layer(str(path), geometry={"polygon"}, counts=("households",), limits=limits)
    except BadInput as refused:
        return refused.detail
    return "read"


# --- GeoJSON and other text that GDAL reads


def geojson(rings: str = "", households: str = "1", extra: str = "") -> str:
    rings = rings or "[[[118,32],[118.001,32],[118.001,32.001],[118,32]]]"
    return (
        f'{{"type":"FeatureCollection",{extra}"features":[{{"type":"Feature",'
        f'"properties":{{"households":{households},"name":"a"}},'
        f'"geometry":{{"type":"Polygon","coordinates":{rings}}}}}]}}'
    )


VRT = (
    "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{}</SrcDataSource>"
    "</OGRVRTLayer></OGRVRTDataSource>"
)
NOT_READ = "is not a vector file gridsvc reads"
IMPOSSIBLE = "impossible coordinates in row 1"


@kind(NOT_READ)
def virtual_dataset_named_geojson(trap: Trap) -> Path:
    return trap.put("a.geojson", VRT.format(trap.secret))


@kind(NOT_READ)
def virtual_dataset_named_geojson_in_a_zip(trap: Trap) -> Path:
    return zipped(trap, {"a.geojson": VRT.format(trap.secret)})


@kind(NOT_READ)
def virtual_dataset_of_no_suffix_in_a_zip(trap: Trap) -> Path:
    return zipped(trap, {"layer": VRT.format(trap.secret)})


@kind(NOT_READ)
def stored_command_line_of_gdal(trap: Trap) -> Path:
    return trap.put("a.geojson", f'{{"type":"gdal_streamed_alg","command_line":"{trap.secret}"}}')


@kind("keeps its CRS in another place")
def geojson_with_its_crs_at_an_address(trap: Trap) -> Path:
    link = f'"crs":{{"type":"link","properties":{{"href":"{trap.url}","url":"{trap.url}"}}}},'
    return trap.put("a.geojson", geojson(extra=link))


@kind("^read$")
def geojson_with_its_crs_at_an_address_far_down(trap: Trap) -> Path:
    link = f'"crs":{{"type":"link","properties":{{"href":"{trap.url}","url":"{trap.url}"}}}},'
    padding = f'"padding":"{" " * 20_000}",'
    return trap.put("a.geojson", geojson(extra=padding + link + padding.replace("g", "G")))


@kind("names a CRS nobody knows")
def geojson_with_its_crs_in_a_file(trap: Trap) -> Path:
    name = f'"crs":{{"type":"name","properties":{{"name":"{trap.secret}"}}}},'
    return trap.put("a.geojson", geojson(extra=name))


@kind("names a CRS nobody knows")
def geojson_with_a_crs_that_is_none(trap: Trap) -> Path:
    name = '"crs":{"type":"name","properties":{"name":"EPSG:999999"}},'
    return trap.put("a.geojson", geojson(extra=name))


@kind("cannot be read")
def geojson_200000_arrays_deep(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson("[" * 200_000 + "]" * 200_000))


@kind("cannot be read")
def geojson_200000_objects_deep(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(households='{"a":' * 200_000 + "1" + "}" * 200_000))


@kind("cannot be read")
def geojson_200000_collections_deep(trap: Trap) -> Path:
    text = '{"type":"GeometryCollection","geometries":[' * 200_000 + "]}" * 200_000
    return trap.put(
        "a.geojson", f'{{"type":"Feature","properties":{{"households":1}},"geometry":{text}}}'
    )


@kind("over 200000 vertices")
def polygon_of_a_million_vertices(trap: Trap) -> Path:
    points = [[118 + n * 1e-7, 32] for n in range(1_000_000)]
    return trap.put("a.geojson", geojson(json.dumps([[*points, [118, 33], [118, 32]]])))


@kind("over 10000 rows")
def layer_of_too_many_rows(trap: Trap) -> Path:
    feature = '{"type":"Feature","properties":{},"geometry":null}'
    return trap.put(
        "a.geojson",
        f'{{"type":"FeatureCollection","features":[{",".join([feature] * 10_001)}]}}',
    )


@kind("has over 60 MB")
def layer_of_too_many_bytes(trap: Trap) -> Path:
    path = trap.put("a.geojson", geojson())
    os.truncate(path, 61 * 2**20)
    return path


def ring_with(point: str) -> str:
    return f"[[[118,32],[118.001,32],{point},[118,32]]]"


@kind(IMPOSSIBLE)
def coordinates_of_1e308(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(ring_with("[1e308,32.001]")))


@kind("cannot be read")
def coordinates_of_1e400(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(ring_with("[1e400,32.001]")))


@kind(IMPOSSIBLE)
def coordinates_that_are_no_number(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(ring_with("[NaN,32.001]")))


@kind(IMPOSSIBLE)
def coordinates_that_are_infinite(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(ring_with("[Infinity,32.001]")))


@kind("cannot be read")
def coordinates_of_400_digits(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(ring_with(f"[{10**400},32.001]")))


@kind("cannot be read")
def coordinates_that_are_text(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(ring_with('["118","32"]')))


@kind(IMPOSSIBLE)
def longitude_and_latitude_changed_over(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson("[[[32,118],[32,118.001],[32.001,118],[32,118]]]"))


@kind(IMPOSSIBLE)
def metres_said_to_be_degrees(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson("[[[6e5,35e5],[6e5,36e5],[7e5,36e5],[6e5,35e5]]]"))


@kind("reaches round the Earth in row 1")
def polygon_across_the_antimeridian(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson("[[[179,10],[-179,10],[-179,11],[179,11],[179,10]]]"))


@kind("invalid polygons in row 1")
def bow_tie(trap: Trap) -> Path:
    return trap.put(
        "a.geojson", geojson("[[[118,32],[118.1,32.1],[118.1,32],[118,32.1],[118,32]]]")
    )


@kind("invalid polygons in row 1")
def star_that_crosses_itself_100000_times(trap: Trap) -> Path:
    zigzag = [[118 + n % 2 * 0.1, 32 + n * 1e-6] for n in range(50_000)]
    back = [[118 + n % 3 * 0.05, 32 + n * 1e-6] for n in range(50_000, 0, -1)]
    return trap.put("a.geojson", geojson(json.dumps([[*zigzag, *back, zigzag[0]]])))


@kind("no geometry in row 1")
def ring_of_two_points(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson("[[[118,32],[118.1,32]]]"))


@kind("invalid polygons in row 1")
def hole_outside_its_shell(trap: Trap) -> Path:
    shell = "[[118,32],[118.1,32],[118.1,32.1],[118,32]]"
    hole = "[[119,32],[119.1,32],[119.1,32.1],[119,32]]"
    return trap.put("a.geojson", geojson(f"[{shell},{hole}]"))


@kind("cannot be read")
def count_of_400_digits(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(households=str(10**400)))


@kind("cannot be read")
def count_of_1e400(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(households="1e400"))


@kind("households is missing or not a number")
def count_that_is_a_list(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson(households="[1,2]"))


@kind("^read$")
def name_with_a_nul(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson().replace('"a"', '"a\\u0000b"'))


@kind("name holds a control character .* in row 1")
def name_with_a_control_character(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson().replace('"a"', '"a\\u001bb"'))


@kind("^read$")
def name_with_half_a_surrogate_pair(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson().replace('"a"', '"a\\ud800b"'))


@kind("column whose name holds a control character")
def column_with_a_control_character(trap: Trap) -> Path:
    return trap.put("a.geojson", geojson().replace('"name"', '"na\\u0007me"'))


# --- XML

GML = (
    '<?xml version="1.0"?>{head}<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" '
    'xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {root}><gml:featureMember>'
    "<ogr:a><ogr:name>{name}</ogr:name><ogr:g>{shape}</ogr:g></ogr:a>"
    "</gml:featureMember></ogr:FeatureCollection>"
)
SHAPE = (
    '<gml:Polygon srsName="EPSG:4326"><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>'
    "118,32 118.1,32 118.1,32.1 118,32</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs>"
    "</gml:Polygon>"
)


def gml(head: str = "", root: str = "", name: str = "a", shape: str = SHAPE) -> str:
    return GML.format(head=head, root=root, name=name, shape=shape)


@kind(NOT_READ)
def gml_with_an_external_entity(trap: Trap) -> Path:
    head = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{trap.secret}">]>'
    return trap.put("a.gml", gml(head, name="&x;"))


@kind(NOT_READ)
def gml_with_an_external_document_type(trap: Trap) -> Path:
    return trap.put("a.gml", gml(f'<!DOCTYPE a SYSTEM "{trap.url}/a.dtd">'))


@kind(NOT_READ)
def kml_with_an_external_entity(trap: Trap) -> Path:
    head = f'<!DOCTYPE kml [<!ENTITY x SYSTEM "{trap.url}">]>'
    return trap.put("a.kml", f"{head}<kml><Document><name>&x;</name></Document></kml>")


@kind(NOT_READ)
def gml_with_a_billion_laughs(trap: Trap) -> Path:
    return trap.put("a.gml", gml(laughs(), name="&l9;"))


@kind(NOT_READ)
def gml_with_a_billion_laughs_far_down(trap: Trap) -> Path:
    return trap.put("a.gml", gml(f"<!--{' ' * 20_000}-->{laughs()}", name="&l9;"))


@kind("no column households")
def gml_with_its_schema_at_an_address(trap: Trap) -> Path:
    root = f'xsi:schemaLocation="http://ogr.maptools.org/ {trap.url}/a.xsd"'
    return trap.put("a.gml", gml(root=root))


@kind("no column households")
def gml_with_its_schema_in_another_file(trap: Trap) -> Path:
    root = f'xsi:schemaLocation="http://ogr.maptools.org/ file://{trap.secret}"'
    return trap.put("a.gml", gml(root=root))


@kind("declares no CRS")
def gml_with_its_geometry_at_an_address(trap: Trap) -> Path:
    return trap.put("a.gml", gml(shape=f'<gml:Polygon xlink:href="{trap.url}/a.gml#x"/>'))


@kind("cannot be read")
def gml_with_its_crs_at_an_address(trap: Trap) -> Path:
    return trap.put("a.gml", gml(shape=SHAPE.replace("EPSG:4326", f"{trap.url}/crs")))


@kind("no column households")
def kml_that_links_to_an_address(trap: Trap) -> Path:
    link = f"<NetworkLink><Link><href>{trap.url}</href></Link></NetworkLink>"
    return trap.put("a.kml", f"<kml><Document>{link}</Document></kml>")


@kind("only refers to other tables")
def mapinfo_table_that_is_a_mosaic(trap: Trap) -> Path:
    return trap.put("a.tab", '!table\n!version 300\nbegin_metadata\n"\\IsSeamless" = "TRUE"\n')


def laughs(prefix: str = "a") -> str:
    steps = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE {prefix} [<!ENTITY l0 "ha">{steps}]>'


# --- databases


def geopackage(trap: Trap, *statements: str) -> Path:
    path = trap.folder / "a.gpkg"
    shapes = [degrees(square(0, 0, 20))]
    frame(shapes, 4326, households=[4]).to_file(path, layer="houses")
    with closing(sqlite3.connect(path)) as base:
        for statement in statements:
            base.execute(statement)
        base.commit()
    return path


SHOWN = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('v', 'attributes', 'v')"
)


@kind("computes its view v")
def geopackage_with_an_endless_view(trap: Trap) -> Path:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    return geopackage(trap, f"CREATE VIEW v AS {endless}", SHOWN)


@kind("computes its view v")
def geopackage_with_a_view_that_loads_a_library(trap: Trap) -> Path:
    return geopackage(trap, "CREATE VIEW v AS SELECT load_extension('/tmp/x.so') AS x", SHOWN)


@kind("computes its table v")
def geopackage_with_a_virtual_table_on_a_file(trap: Trap) -> Path:
    made = f"CREATE VIRTUAL TABLE v USING VirtualOGR('{trap.secret}')"
    return geopackage(
        trap,
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) "
        f"VALUES ('table', 'v', 'v', 0, '{made.replace(chr(39), chr(39) * 2)}')",
    )


@kind("takes over 2048 MB of memory")
def geopackage_with_a_column_that_computes_gigabytes(trap: Trap) -> Path:
    return geopackage(
        trap, "ALTER TABLE houses ADD COLUMN x BLOB GENERATED ALWAYS AS (zeroblob(999999999))"
    )


@kind("cannot be read")
def geopackage_that_breaks_off(trap: Trap) -> Path:
    path = geopackage(trap)
    os.truncate(path, path.stat().st_size // 2)
    return path


@kind("cannot be read")
def geopackage_with_a_shape_of_lying_length(trap: Trap) -> Path:
    head = b"GP\x00\x01" + struct.pack("<i", 4326)
    lie = head + struct.pack("<BII", 1, 3, 1) + struct.pack("<I", 0xFFFFFFF0) + b"\x00" * 64
    return geopackage(
        trap,
        *("DROP TRIGGER IF EXISTS " + name for name in rtree_triggers()),
        f"UPDATE houses SET geom = x'{lie.hex()}'",
    )


def rtree_triggers() -> Iterator[str]:
    for number in ("insert", "update1", "update2", "update3", "update4", "update5", "update6",
                   "update7", "delete"):  # fmt: skip
        yield f"rtree_houses_geom_{number}"


# --- Shapefiles


def shapefile(trap: Trap) -> Path:
    path = trap.folder / "a.shp"
    frame([degrees(square(0, 0, 20))], 4326, households=[4]).to_file(path)
    return path


def patched(path: Path, offset: int, value: bytes) -> Path:
    content = bytearray(path.read_bytes())
    content[offset : offset + len(value)] = value
    path.write_bytes(content)
    return path


@kind("cannot be read")
def shapefile_of_negative_length(trap: Trap) -> Path:
    path = shapefile(trap)
    patched(path.with_suffix(".shx"), 104, struct.pack(">i", -8))
    return patched(path, 104, struct.pack(">i", -8))


@kind("cannot be read")
def shapefile_of_two_thousand_million_points(trap: Trap) -> Path:
    return patched(shapefile(trap), 108 + 40, struct.pack("<i", 2**31 - 1))


@kind("cannot be read")
def shapefile_of_minus_one_parts(trap: Trap) -> Path:
    return patched(shapefile(trap), 108 + 36, struct.pack("<i", -1))


@kind("^read$")
def shapefile_with_two_thousand_million_rows(trap: Trap) -> Path:
    path = shapefile(trap)
    patched(path.with_suffix(".dbf"), 4, struct.pack("<I", 2**31 - 1))
    return path


@kind("no column households")
def shapefile_with_a_table_of_lying_widths(trap: Trap) -> Path:
    path = shapefile(trap)
    patched(path.with_suffix(".dbf"), 8, struct.pack("<HH", 65535, 65535))
    return path


# --- archives


def zipped(trap: Trap, members: dict[str, str | bytes], name: str = "a.zip") -> Path:
    with zipfile.ZipFile(trap.folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return trap.folder / name


@kind("unpacks to .* bytes")
def zip_that_swells_a_thousand_times(trap: Trap) -> Path:
    return zipped(trap, {"a.geojson": b" " * 30_000_000})


@kind("cannot be read")
def zip_in_a_zip(trap: Trap) -> Path:
    inner = zipped(trap, {"a.shp": b" " * 30_000_000}, "inner.zip").read_bytes()
    return zipped(trap, {"a.shp": inner})


@kind("cannot be read")
def zip_named_zip_in_a_zip(trap: Trap) -> Path:
    inner = zipped(trap, {"a.shp": b" " * 30_000_000}, "inner.zip").read_bytes()
    return zipped(trap, {"inner.zip": inner})


@kind("damaged archive")
def zip_that_lies_about_its_size(trap: Trap) -> Path:
    path = zipped(trap, {"a.geojson": geojson() + " " * 30_000_000})
    content = path.read_bytes()
    at = content.rindex(b"PK\x01\x02")
    return patched(path, at + 24, struct.pack("<I", len(geojson()) - 9))


@kind("path outside itself")
def zip_with_dots_in_a_name(trap: Trap) -> Path:
    return zipped(trap, {"../a.geojson": geojson()})


@kind("path outside itself")
def zip_with_dots_in_a_windows_name(trap: Trap) -> Path:
    return zipped(trap, {"..\\a.geojson": geojson()})


@kind("path outside itself")
def zip_with_an_absolute_name(trap: Trap) -> Path:
    return zipped(trap, {"/etc/a.geojson": geojson()})


@kind("path outside itself")
def zip_with_a_drive_in_a_name(trap: Trap) -> Path:
    return zipped(trap, {"C:\\a.geojson": geojson()})


@kind("path outside itself")
def zip_with_a_symbolic_link(trap: Trap) -> Path:
    link = zipfile.ZipInfo("a.geojson")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(trap.folder / "a.zip", "w") as archive:
        archive.writestr(link, str(trap.secret))
    return trap.folder / "a.zip"


@kind("damaged archive")
def zip_locked_with_a_password(trap: Trap) -> Path:
    path = zipped(trap, {"a.geojson": geojson()})
    content = path.read_bytes()
    patched(path, content.rindex(b"PK\x01\x02") + 8, b"\x01")
    return patched(path, 6, b"\x01")


# --- workbooks

HEADER = ["address_code", "building_id", "residents"]


def workbook(trap: Trap, **parts: Callable[[str], str]) -> Path:
    book = Workbook()
    book.active.append(HEADER)
    book.active.append(["A1", "b1", 3])
    book.save(trap.folder / "plain.xlsx")
    with zipfile.ZipFile(trap.folder / "plain.xlsx") as archive:
        content = {name: archive.read(name).decode() for name in archive.namelist()}
    as_it_is = str  # of a text, itself
    changed = {name: parts.get(Path(name).stem, as_it_is)(text) for name, text in content.items()}
    return zipped(trap, changed, "a.xlsx")


def with_doctype(doctype: str, entity: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        text = re.sub(r"^<\?xml[^>]*\?>", "", text)
        return doctype + text.replace("A1</t>", f"{entity}</t>", 1)

    return change


@kind("not a readable XLSX")
def workbook_with_a_billion_laughs(trap: Trap) -> Path:
    return workbook(trap, sheet1=with_doctype(laughs("worksheet"), "&l9;"))


@kind("not a readable XLSX")
def workbook_that_blows_up_quadratically(trap: Trap) -> Path:
    doctype = f'<!DOCTYPE worksheet [<!ENTITY x "{"x" * 100_000}">]>'
    return workbook(trap, sheet1=with_doctype(doctype, "&x;" * 50_000))


@kind("not a readable XLSX")
def workbook_with_an_external_entity(trap: Trap) -> Path:
    doctype = f'<!DOCTYPE worksheet [<!ENTITY x SYSTEM "file://{trap.secret}">]>'
    return workbook(trap, sheet1=with_doctype(doctype, "&x;"))


@kind("^read$")
def workbook_that_claims_to_be_full(trap: Trap) -> Path:
    return workbook(trap, sheet1=lambda text: re.sub(r'ref="A1:C2"', 'ref="A1:XFD1048576"', text))


@kind("has over 10000 rows")
def workbook_with_a_row_of_a_thousand_millions(trap: Trap) -> Path:
    return workbook(trap, sheet1=lambda text: text.replace('r="2"', 'r="1000000000"'))


@kind("over 1000 columns in line 2")
def workbook_with_a_cell_far_right(trap: Trap) -> Path:
    return workbook(trap, sheet1=lambda text: text.replace('r="C2"', 'r="XFD2"'))


@kind("line 2 holds a formula")
def workbook_with_a_formula(trap: Trap) -> Path:
    return workbook(
        trap,
        sheet1=lambda text: text.replace("<v>3</v>", "<f>WEBSERVICE(A1)</f><v>3</v>"),
    )


@kind("unpacks to .* bytes")
def workbook_that_swells_a_thousand_times(trap: Trap) -> Path:
    return workbook(trap, sheet1=lambda text: text + " " * 15_000_000)


@kind("path outside itself")
def workbook_with_dots_in_a_name(trap: Trap) -> Path:
    path = workbook(trap)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../x", "x")
    return path


# --- CSV


def table(row: str | bytes, header: str = ",".join(HEADER)) -> bytes:
    row = row.encode() if isinstance(row, str) else row
    return header.encode() + b"\n" + row + b"\n"


@kind("line 2: holds a NUL character")
def csv_with_a_nul(trap: Trap) -> Path:
    return trap.put("a.csv", table("A\x001,b,3"))


@kind(r"line 2: holds a control character \(U\+001B\)")
def csv_with_a_control_character(trap: Trap) -> Path:
    return trap.put("a.csv", table("A\x1b1,b,3"))


@kind("column in line 1 that holds a control character")
def csv_with_a_control_character_in_a_column(trap: Trap) -> Path:
    return trap.put("a.csv", table("A,b,3,x", ",".join(HEADER) + ",x\x07y"))


@kind("is not UTF-8 text")
def csv_with_half_a_surrogate_pair(trap: Trap) -> Path:
    return trap.put("a.csv", table(b"A\xed\xa0\x80,b,3"))


@kind("is not UTF-8 text")
def csv_that_is_not_utf8(trap: Trap) -> Path:
    return trap.put("a.csv", table(b"\xff\xfe,b,3"))


@kind("not a readable CSV file")
def csv_with_a_field_of_10_mb(trap: Trap) -> Path:
    return trap.put("a.csv", table("x" * 10_000_000 + ",b,3"))


@kind("not a readable CSV file")
def csv_with_a_quote_that_never_ends(trap: Trap) -> Path:
    return trap.put("a.csv", table('"' + "x,\n" * 1_000_000))


@kind("over 1000 columns in line 1")
def csv_of_a_million_columns(trap: Trap) -> Path:
    return trap.put("a.csv", table("1", ",".join(["x"] * 1_000_000)))


@kind("over 10000 rows")
def csv_of_too_many_rows(trap: Trap) -> Path:
    return trap.put("a.csv", table("A,b,3\n" * 10_001))


@kind("over 20 MB")
def csv_of_too_many_bytes(trap: Trap) -> Path:
    return trap.put("a.csv", table("A,b,3\n" * 4_000_000))


@kind("line 2: residents")
def csv_with_a_count_of_400_digits(trap: Trap) -> Path:
    return trap.put("a.csv", table(f"A,b,{10**400}"))


@kind("line 2: residents")
def csv_with_a_count_of_1e400(trap: Trap) -> Path:
    return trap.put("a.csv", table("A,b,1e400"))


# --- OpenStreetMap

OSM_BAD = "is no readable OpenStreetMap extract"


def blob(kind_of_blob: bytes, data: bytes, raw_size: int | None = None) -> bytes:
    packed = zlib.compress(data)
    size = len(data) if raw_size is None else raw_size
    body = b"\x10" + varint(size) + b"\x1a" + varint(len(packed)) + packed
    head = b"\x0a" + varint(len(kind_of_blob)) + kind_of_blob + b"\x18" + varint(len(body))
    return struct.pack(">I", len(head)) + head + body


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


HEADER_BLOCK = b"\x22\x0eOsmSchema-V0.6\x22\x0aDenseNodes"


@kind(OSM_BAD)
def pbf_of_noise(trap: Trap) -> Path:
    return trap.put("a.osm.pbf", bytes(range(256)) * 100)


@kind(OSM_BAD)
def pbf_that_breaks_off(trap: Trap) -> Path:
    path = village(trap.folder / "a.osm.pbf")
    os.truncate(path, path.stat().st_size - 50)
    return path


@kind(OSM_BAD)
def pbf_with_a_block_of_a_thousand_million_bytes(trap: Trap) -> Path:
    start = blob(b"OSMHeader", HEADER_BLOCK)
    return trap.put("a.osm.pbf", start + blob(b"OSMData", bytes(100), raw_size=10**9))


@kind(OSM_BAD)
def pbf_with_a_block_larger_than_it_says(trap: Trap) -> Path:
    start = blob(b"OSMHeader", HEADER_BLOCK)
    return trap.put("a.osm.pbf", start + blob(b"OSMData", bytes(30_000_000), raw_size=100))


@kind("takes over 2 s to read", IMPATIENT)
def pbf_with_a_thousand_swollen_blocks(trap: Trap) -> Path:
    start = blob(b"OSMHeader", HEADER_BLOCK)
    group = b"\x12" + varint(30_000_000) + bytes(30_000_000)
    return trap.put("a.osm.pbf", start + blob(b"OSMData", group) * 1_000)


@kind(OSM_BAD)
def osm_xml_with_a_billion_laughs(trap: Trap) -> Path:
    body = '<osm version="0.6"><node id="1" lat="1" lon="1"><tag k="a" v="&l9;"/></node></osm>'
    return trap.put("a.osm", f'<?xml version="1.0"?>{laughs("osm")}{body}')


@kind(OSM_BAD)
def osm_xml_with_an_external_entity(trap: Trap) -> Path:
    head = f'<!DOCTYPE osm [<!ENTITY x SYSTEM "file://{trap.secret}">]>'
    return trap.put("a.osm", f'{head}<osm version="0.6">&x;</osm>')


@kind(OSM_BAD)
def osm_xml_with_absurd_numbers(trap: Trap) -> Path:
    node = f'<node id="{10**30}" lat="1e308" lon="NaN"/>'
    return trap.put("a.osm", f'<osm version="0.6">{node}</osm>')


@kind(OSM_BAD)
def osm_xml_with_a_place_that_is_no_number(trap: Trap) -> Path:
    return trap.put("a.osm", '<osm version="0.6"><node id="1" lat="1" lon="118 9"/></osm>')


@kind("holds no building")
def osm_building_beyond_the_earth(trap: Trap) -> Path:
    nodes = "".join(
        f'<node id="{n}" version="1" lat="{lat}" lon="{lon}"/>'
        for n, (lat, lon) in enumerate([(95, 200), (95, 201), (96, 201)], 1)
    )
    refs = "".join(f'<nd ref="{n}"/>' for n in (1, 2, 3, 1))
    way = f'<way id="1" version="1">{refs}<tag k="building" v="yes"/></way>'
    return trap.put("a.osm", f'<osm version="0.6">{nodes}{way}</osm>')


# --- what is no file


@kind("is not a file")
def pipe_named_geojson(trap: Trap) -> Path:
    path = trap.folder / "a.geojson"
    os.mkfifo(path)
    return path


@kind("is not a file")
def pipe_named_gdb(trap: Trap) -> Path:
    path = trap.folder / "a.gdb"
    os.mkfifo(path)
    return path


@kind("there is no file")
def pipe_named_csv(trap: Trap) -> Path:
    path = trap.folder / "a.csv"
    os.mkfifo(path)
    return path


@kind("is not a file")
def link_to_a_device(trap: Trap) -> Path:
    path = trap.folder / "a.geojson"
    path.symlink_to("/dev/zero")
    return path


@kind(NOT_READ)
def link_to_a_file_of_the_system(trap: Trap) -> Path:
    path = trap.folder / "a.geojson"
    path.symlink_to("/etc/passwd")
    return path


@kind("a.prj is not a file")
def shapefile_whose_crs_is_a_pipe(trap: Trap) -> Path:
    path = shapefile(trap)
    path.with_suffix(".prj").unlink()
    os.mkfifo(path.with_suffix(".prj"))
    return path


def listening() -> socket.socket:
    """A socket nobody may knock at."""
    bell = socket.create_server(("127.0.0.1", 0))
    bell.setblocking(False)
    return bell


def rang(bell: socket.socket) -> bool:
    """Whether somebody knocked."""
    try:
        bell.accept()[0].close()
    except BlockingIOError:
        return False
    return True


def main() -> None:
    """Print every kind with its answer."""
    for name, trap_kind in KINDS.items():
        with tempfile.TemporaryDirectory() as folder, listening() as bell:
            trap = Trap(Path(folder), f"http://127.0.0.1:{bell.getsockname()[1]}")
            told = answer(trap_kind.make(trap), trap_kind.limits).replace(folder, "")
            sys.stdout.write(f"| {name} | {told[:160]}{' RANG' * rang(bell)} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

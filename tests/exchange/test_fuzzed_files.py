"""Sound files of every format with bytes changed: read or refused, never anything else."""

import shutil
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.exchange.hostile import LIMITS, Trap, answer, geojson, workbook
from tests.exchange.paper import degrees, frame, square, village

FORMATS = (
    *("a.gpkg", "a.geojson", "a.shp", "a.dbf", "a.fgb", "a.gml", "a.kml", "a.tab", "a.mid"),
    *("a.shp.zip", "a.csv", "a.xlsx", "a.sheet.xlsx", "a.osm.pbf", "a.osm"),
)
KML = (
    '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
    '<ExtendedData><Data name="households"><value>4</value></Data></ExtendedData><Polygon>'
    "<outerBoundaryIs><LinearRing><coordinates>118,32 118.1,32 118.1,32.1 118,32"
    "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
)
#: Where a reader opens another file of the same name than the one changed.
OPENED = {"a.dbf": "a.shp", "a.mid": "a.mif"}


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A folder with a sound file of every format."""
    folder = tmp_path_factory.mktemp("sound")
    houses = frame([degrees(square(30 * k, 0, 20)) for k in range(3)], 4326, households=[4, 0, 12])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("a.gpkg", "a.shp", "a.fgb", "a.gml", "a.tab", "a.mif"):
            houses.to_file(folder / name)
    trap = Trap(folder, "")
    trap.put("a.geojson", geojson(households='"7"'))
    trap.put("a.csv", 'address_code,building_id,residents,room\nA1,b1,3,"1,2"\nA2,b2,0,\n')
    trap.put("a.kml", KML)
    workbook(trap)
    with zipfile.ZipFile(folder / "a.shp.zip", "w") as archive:
        for part in ("shp", "shx", "dbf", "prj"):
            archive.write(folder / f"a.{part}", f"a.{part}")
    for name in ("a.osm.pbf", "a.osm"):
        village(folder / name)
    return folder


#: A change: where (share of the length), bytes taken out, bytes put in.
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from([0, 1, 1, 1, 2, 4, 8, 100]),
        st.one_of(
            st.binary(max_size=4),
            st.sampled_from(
                [b"\xff" * 4, bytes(8), b"-1", b"1e999", b"\xff\xff\xff\x7f", b"<", b'"']
            ),
        ),
    ),
    min_size=1,
    max_size=6,
)


def changed(content: bytes, changes, cut: float) -> bytes:
    for where, out, put in changes:
        at = int(where * len(content))
        content = content[:at] + put + content[at + out :]
    return content[: int(len(content) * cut)]


def check(sound: Path, name: str, changes, cut: float, folder: Path) -> str:
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(sound, work)
    if name == "a.sheet.xlsx":  # what stands in the archive, instead of the archive
        name, path = "a.xlsx", work / "a.xlsx"
        with zipfile.ZipFile(path) as archive:
            parts = {part: archive.read(part) for part in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for part, content in parts.items():
                new = changed(content, changes, cut) if part.endswith("sheet1.xml") else content
                archive.writestr(part, new)
    else:
        path = work / name
        path.write_bytes(changed(path.read_bytes(), changes, cut))
    told = answer(work / OPENED.get(name, name), LIMITS)
    assert "\n" not in told
    assert "s to read" not in told
    return told


CUTS = st.one_of(st.just(1.0), st.just(1.0), st.floats(0, 1))


@pytest.mark.parametrize("name", FORMATS)
def test_unchanged_it_is_read(sound, name, tmp_path):
    assert check(sound, name, [], 1.0, tmp_path) == "read"


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=20, deadline=None)
@given(changes=CHANGES, cut=CUTS)
def test_a_changed_file_is_read_or_refused(sound, tmp_path_factory, name, changes, cut):
    check(sound, name, changes, cut, tmp_path_factory.getbasetemp())


@pytest.mark.soak
@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=1000, deadline=None, derandomize=False)
@given(changes=CHANGES, cut=CUTS)
def test_a_thousand_changed_files(sound, tmp_path_factory, name, changes, cut):
    check(sound, name, changes, cut, tmp_path_factory.getbasetemp())

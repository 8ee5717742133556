"""Drawings of CAD programs: closed polylines are areas, rings in rings are holes."""

import geopandas as gpd
import pytest
import shapely
from ezdxf.filemanagement import new, readfile

from gridsvc.config import FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.dxf import CELLS, LABELS, read_dxf, write_dxf
from gridsvc.geo import WGS84

LIMITS = FileLimits(seconds=60)
OUTER, INNER = shapely.box(0, 0, 10, 10), shapely.box(2, 2, 4, 4)


@pytest.fixture
def drawing(tmp_path):
    """A drawing to draw in, and what is read of it."""
    made = new("R2010")
    path = tmp_path / "drawn.dxf"

    def read(limits=LIMITS):
        made.saveas(path)
        return read_dxf(path, limits)

    return made.modelspace(), read


def ring(space, shape, **options):
    return space.add_lwpolyline(list(shape.exterior.coords)[:-1], close=True, **options)


def test_programs_see_rings_holes_and_labels(tmp_path):
    frame = gpd.GeoDataFrame({"number": [7]}, geometry=[OUTER.difference(INNER)], crs=WGS84)
    write_dxf(tmp_path / "a.dxf", frame, "number")
    drawn = readfile(tmp_path / "a.dxf")
    space = drawn.modelspace()
    assert len(space.query(f'LWPOLYLINE[layer=="{CELLS}"]')) == 1
    assert [text.dxf.text for text in space.query(f'TEXT[layer=="{LABELS}"]')] == ["7"]
    assert not drawn.audit().has_errors


def test_long_chinese_attributes_come_back(tmp_path):
    frame = gpd.GeoDataFrame({"name": ["香铺营" * 200]}, geometry=[OUTER], crs=WGS84)
    write_dxf(tmp_path / "a.dxf", frame, "name")
    back = read_dxf(tmp_path / "a.dxf", LIMITS)
    assert back["name"].tolist() == frame["name"].tolist()
    assert back.crs == WGS84


def test_drawn_by_hand_a_ring_in_a_ring_is_its_hole_and_a_cell(drawing):
    space, read = drawing
    ring(space, OUTER)
    ring(space, INNER)
    space.add_line((0, 0), (1, 1))
    told = read()
    assert told.crs is None
    areas = sorted(told.area)
    assert areas == [4, 96]


def test_old_polylines_and_ends_that_meet_are_closed(drawing):
    space, read = drawing
    space.add_polyline2d(list(OUTER.exterior.coords)[:-1], close=True)
    space.add_lwpolyline([(20, 0), (30, 0), (30, 10), (20, 0)])
    space.add_lwpolyline([(40, 0), (50, 0), (50, 10)])
    assert sorted(read().area) == [50, 100]


def test_arcs_become_short_lines(drawing):
    space, read = drawing
    space.add_lwpolyline([(0, 0, 1), (10, 0, 1)], format="xyb", close=True)
    assert read().area.iloc[0] == pytest.approx(25 * 3.14159, rel=0.01)


def test_what_holds_no_area_or_too_much_is_refused(drawing, tmp_path):
    space, read = drawing
    space.add_line((0, 0), (1, 1))
    with pytest.raises(BadInput, match="no closed polyline"):
        read()
    for _ in range(3):
        ring(space, OUTER)
    with pytest.raises(BadInput, match="too many"):
        read(FileLimits(rows=2, seconds=60))
    (tmp_path / "junk.dxf").write_bytes(b"0\nSECTION\n2\nnothing\n0\n")
    with pytest.raises(BadInput):
        read_dxf(tmp_path / "junk.dxf", LIMITS)


def test_rings_that_cross_themselves_or_lie_nowhere_are_left_to_the_checks(drawing):
    space, read = drawing
    space.add_lwpolyline([(0, 0), (9, 9), (9, 0), (0, 9)], close=True)
    space.add_lwpolyline([(0, 0), (float("inf"), 9), (9, 0)], close=True)
    ring(space, OUTER)
    told = read()
    assert not told.is_valid.all()


@pytest.mark.parametrize("said", ["{", "[1]", "nonsense"])
def test_extended_data_of_others_under_our_name(drawing, said):
    space, read = drawing
    space.doc.appids.add("GRIDSVC")
    ring(space, OUTER).set_xdata("GRIDSVC", [(1000, said)])
    if said == "[1]":
        assert len(read()) == 1
    else:
        with pytest.raises(BadInput, match="no drawing"):
            read()

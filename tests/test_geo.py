"""Datums against published pairs, round trips, refusals, and projections whose metres are true."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from gridsvc.errors import BadInput
from gridsvc.geo import (
    WGS84,
    Datum,
    Reference,
    from_datum,
    from_wgs84,
    is_metric,
    knows_crs,
    metric_crs,
    named_crs,
    project,
    reference_crs,
    to_wgs84,
    unproject,
    wgs84_bounds,
)

GEOD = Geod(ellps="WGS84")

# Answers of the map vendors' own services, as collected in the test fixtures of the project
# hujiulong/gcoord (test/fixtures/china-cities.json, MIT licence), seven decimals.
CITIES = [
    ("驻马店", (114.0164322, 33.0133556), (114.022306, 33.0115324), (114.0287781, 33.0176697)),
    ("那曲", (92.0499619, 31.4784436), (92.0512438, 31.4762063), (92.0576832, 31.4824421)),
    ("楚雄", (101.5265949, 25.048566), (101.5280737, 25.0455363), (101.5344863, 25.0518094)),
    ("沈阳", (123.4253306, 41.8032629), (123.4314787, 41.8057023), (123.438095, 41.8114013)),
    ("汕头", (116.6775114, 23.3567569), (116.6819735, 23.3540964), (116.6885014, 23.3598884)),
    ("锡林浩特", (116.0414035, 43.9312805), (116.0482308, 43.9334573), (116.0546232, 43.9397782)),
]
# Longitude and latitude in WGS-84 and GCJ-02, from the tests of googollee/eviltransform.
EVIL_PAIRS = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
# Well inside the box in which GCJ-02 is shifted, away from its edge.
CHINA_LON, CHINA_LAT = st.floats(74.0, 134.0), st.floats(19.0, 53.0)


def metres_apart(one, other):
    return GEOD.inv(*one, *other)[2]


@pytest.mark.parametrize(("city", "wgs84", "gcj02", "bd09"), CITIES)
def test_vendors_coordinates_of_a_city_are_the_same_place(city, wgs84, gcj02, bd09):
    # The vendors' own inverse is good to about two metres, their BD-09 to a little more.
    assert metres_apart(to_wgs84(*gcj02, Datum.GCJ02), wgs84) < 2.5
    assert metres_apart(to_wgs84(*bd09, Datum.BD09), wgs84) < 5


@pytest.mark.parametrize(("wgs84", "gcj02"), EVIL_PAIRS)
def test_published_pairs_of_gcj02_hold_both_ways(wgs84, gcj02):
    assert metres_apart(from_wgs84(*wgs84, Datum.GCJ02), gcj02) < 0.1
    assert metres_apart(to_wgs84(*gcj02, Datum.GCJ02), wgs84) < 0.1


def test_the_datums_differ_by_more_than_a_micro_grid():
    """If they did not, mixing them up could not be noticed and need not be refused."""
    place = (118.78, 32.04)
    assert metres_apart(from_wgs84(*place, Datum.GCJ02), place) > 300
    assert metres_apart(from_wgs84(*place, Datum.BD09), place) > 700
    assert metres_apart(from_wgs84(*place, Datum.CGCS2000), place) < 1


@given(lon=CHINA_LON, lat=CHINA_LAT, datum=st.sampled_from(Datum))
def test_there_and_back_is_the_same_place_to_a_millimetre(lon, lat, datum):
    there = from_wgs84(lon, lat, datum)
    assert metres_apart(to_wgs84(*there, datum), (lon, lat)) < 0.001
    back = to_wgs84(lon, lat, datum)
    assert metres_apart(from_wgs84(*back, datum), (lon, lat)) < 0.001


@given(
    lon=st.floats(allow_nan=True, allow_infinity=True),
    lat=st.floats(allow_nan=True, allow_infinity=True),
    datum=st.sampled_from(Datum),
)
@example(lon=-180.0, lat=0.0, datum=Datum.BD09)
@example(lon=180.0, lat=90.0, datum=Datum.BD09)
@example(lon=-180.0, lat=-90.0, datum=Datum.GCJ02)
def test_what_comes_out_is_on_the_globe_or_is_refused(lon, lat, datum):
    try:
        x, y = to_wgs84(lon, lat, datum)
    except BadInput:
        return
    assert -180 <= x <= 180
    assert -90 <= y <= 90


@pytest.mark.parametrize(("lon", "lat"), [(-180.0, 0.0), (0.0, -90.0)])
def test_a_shift_off_the_edge_of_the_world_is_refused(lon, lat):
    with pytest.raises(BadInput, match="no place on Earth"):
        to_wgs84(lon, lat, Datum.BD09)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(181, 0), (0, 91), (float("nan"), 0), (0, float("inf")), (500_000, 3_500_000), (32, 118)],
)
def test_no_place_on_earth_is_refused_with_the_range(lon, lat):
    with pytest.raises(BadInput, match="lon <= 180"):
        to_wgs84(lon, lat, Datum.WGS84)


def box_frame(west, south, east, north, crs=WGS84):
    return gpd.GeoDataFrame(geometry=[shapely.box(west, south, east, north)], crs=crs)


@given(lon=st.floats(-179, 179), lat=st.floats(-80, 80), side=st.floats(0.001, 0.2))
def test_areas_in_the_metric_projection_are_true(lon, lat, side):
    assume(abs(lon) + side < 180)
    frame = box_frame(lon, lat, lon + side, lat + side).segmentize(side / 50).to_frame("geometry")
    flat = frame.to_crs(metric_crs(frame)).geometry.iloc[0]
    true_m2 = abs(GEOD.geometry_area_perimeter(frame.geometry.iloc[0])[0])
    assert flat.area == pytest.approx(true_m2, rel=1e-4)


@pytest.mark.parametrize("lat", [0.0, 32.0, 47.5, 70.0])
def test_lengths_across_a_city_are_true(lat):
    frame = box_frame(118.5, lat, 118.9, lat + 0.3)
    corners = shapely.get_coordinates(frame.geometry.iloc[0])
    flat = shapely.get_coordinates(frame.to_crs(metric_crs(frame)).geometry.iloc[0])
    true_m = [metres_apart(*pair) for pair in pairwise(corners)]
    flat_m = np.hypot(*np.diff(flat, axis=0).T)
    assert flat_m == pytest.approx(true_m, rel=1e-4)


def test_the_metric_projection_says_that_it_is_metric():
    frame = box_frame(118.7, 32.0, 118.8, 32.1)
    assert is_metric(frame.to_crs(metric_crs(frame)))
    assert not is_metric(frame)
    assert not is_metric(frame.set_crs(None, allow_override=True))
    assert not is_metric(frame.to_crs(2263))  # New York, in feet


def test_bounds_are_degrees_whatever_the_layer_is_in():
    frame = box_frame(118.7, 32.0, 118.8, 32.1)
    west, south, east, north = wgs84_bounds(frame.to_crs(metric_crs(frame)))
    assert (west, south, east, north) == pytest.approx((118.7, 32.0, 118.8, 32.1), abs=1e-4)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (box_frame(0, 0, 1, 1, crs=None), "no CRS"),
        (gpd.GeoDataFrame(geometry=[], crs=WGS84), "no geometry"),
        (gpd.GeoDataFrame(geometry=[shapely.Polygon()], crs=WGS84), "no geometry"),
        (box_frame(500_000, 3_500_000, 500_100, 3_500_100), "no place on Earth"),
        (box_frame(1e30, 1e30, 1.1e30, 1.1e30, crs=32650), "no place on Earth"),
    ],
)
def test_layers_that_lie_nowhere_are_refused(frame, says):
    with pytest.raises(BadInput, match=says):
        metric_crs(frame)


@pytest.mark.parametrize("wanted", [4326, 4490, 32650, 3857])
@pytest.mark.parametrize("lat", [-35.0, 0.5, 22.0, 32.0, 60.0])
def test_the_way_into_metres_and_out_is_exact_to_the_micrometre(lat, wanted):
    rng = np.random.default_rng(7)
    east, north = rng.uniform(-0.05, 0.05, (2, 200))
    points = shapely.points(118.8 + east, lat + north)
    place = gpd.GeoDataFrame(geometry=points, crs=WGS84).to_crs(wanted)
    metric = place.to_crs(metric_crs(place))
    back = unproject(metric, place.crs)
    assert back.crs == place.crs
    again = back.to_crs(metric.crs)
    assert shapely.distance(metric.geometry.values, again.geometry.values).max() < 1e-6


def test_a_long_straight_border_keeps_its_place_in_metres():
    """The middle of every stretch lies where the straight border in degrees is."""
    hole = shapely.box(118.75, 32.05, 118.751, 32.051)
    wide = shapely.box(118.7, 32.0, 118.9, 32.1).difference(hole)
    frame = gpd.GeoDataFrame(geometry=[wide, hole], crs=WGS84)
    crs = metric_crs(frame)
    flat = project(frame, crs)
    rings = shapely.get_parts(flat.geometry.iloc[0].boundary)
    between = gpd.GeoSeries([shapely.segmentize(ring, 25) for ring in rings], crs=crs)
    back = unproject(between.to_frame("geometry"), WGS84)
    assert (
        shapely.distance(
            shapely.points(shapely.get_coordinates(back.geometry)), frame.geometry.iloc[0].boundary
        ).max()
        < 1e-9
    )  # degrees
    vertex_by_vertex = frame.to_crs(crs)
    assert flat.geometry.iloc[1].equals_exact(vertex_by_vertex.geometry.iloc[1], 0)
    assert set(shapely.get_coordinates(vertex_by_vertex.geometry.iloc[0])[:, 0]) <= set(
        shapely.get_coordinates(flat.geometry.iloc[0])[:, 0]
    )
    assert project(frame.iloc[:0], crs).empty


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("EPSG:4490", True),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", True),
        ("EPSG:999999", False),
        ("/etc/passwd", False),
        ("+init=/etc/passwd:1", False),
        ("", False),
    ],
)
def test_a_crs_is_known_by_its_name_alone(name, known):
    assert knows_crs(name) is known


@pytest.mark.parametrize(
    ("lon", "code"), [(75, 4534), (115.4, 4547), (118.49, 4548), (118.51, 4549), (135, 4554)]
)
def test_metric_zones_of_cgcs2000_are_three_degrees_wide(lon, code):
    crs = reference_crs(Reference.CGCS2000_METRIC, lon)
    assert crs.to_epsg() == code
    (east, _) = Transformer.from_crs(4326, crs, always_xy=True).transform(round(lon / 3) * 3, 32)
    assert east == pytest.approx(500_000)


def test_degrees_have_the_crs_of_their_datum_and_places_abroad_no_zone():
    assert reference_crs(Reference.CGCS2000, 139).to_epsg() == 4490
    assert reference_crs(Reference.WGS84, 139).to_epsg() == 4326
    with pytest.raises(BadInput, match="no metric zone"):
        reference_crs(Reference.CGCS2000_METRIC, 139)


def test_shapes_of_a_shifted_datum_are_brought_back():
    ring = shapely.box(118.7, 32.0, 118.8, 32.1)
    shifted = shapely.transform(
        ring, lambda at: np.array([from_wgs84(x, y, Datum.GCJ02) for x, y in at])
    )
    assert ring.hausdorff_distance(shifted) > 1e-3
    (back,) = from_datum(np.array([shifted], dtype=object), Datum.GCJ02)
    assert back.hausdorff_distance(ring) < 1e-8


def test_a_name_that_is_none_gives_no_crs():
    assert named_crs("EPSG:4490").to_epsg() == 4490
    assert named_crs("EPSG:999999") is None

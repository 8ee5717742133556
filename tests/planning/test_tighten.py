"""Borders pulled tight: shorter, round every building, and still no border on another."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.geo import WGS84, metric_crs, unproject
from gridsvc.planning.smooth import smooth_borders
from gridsvc.planning.tighten import WALL_M, pull_tight

NONE = np.array([], dtype=object)


def pulled(lines, free=None, houses=NONE):
    lines = np.array([shapely.LineString(line) for line in lines], dtype=object)
    free = np.ones(len(lines), dtype=bool) if free is None else np.array(free)
    return shapely.line_merge(shapely.multilinestrings(pull_tight(lines, free, houses)))


def test_a_zigzag_becomes_straight():
    assert pulled([[(0, 0), (10, 8), (20, -8), (30, 8), (40, 0)]]).equals(
        shapely.LineString([(0, 0), (40, 0)])
    )


def test_a_border_goes_round_a_house_and_keeps_its_distance():
    house = shapely.box(15, -5, 25, 5)
    way = pulled([[(0, 0), (0, 30), (40, 30), (40, 0)]], houses=np.array([house]))
    assert way.length < 70
    assert way.distance(house) >= WALL_M - 1e-9
    below = shapely.LineString([(0, 0), (0, -10), (40, -10), (40, 0)])
    assert shapely.polygonize([way, below]).covers(house)


def test_three_borders_meet_where_the_way_to_all_is_shortest():
    spread = [(np.cos(angle) * 50, np.sin(angle) * 50) for angle in np.radians([90, 210, 330])]
    way = pulled([[(20, 5), corner] for corner in spread])
    assert way.length == pytest.approx(150, rel=1e-3)


def test_a_border_on_a_street_stays():
    street = [(0, 0), (20, 7), (40, 0)]
    way = pulled([street, [(20, 7), (15, 20), (20, 40)]], free=[False, True])
    assert way.intersection(shapely.LineString(street)).equals(shapely.LineString(street))
    assert way.length == pytest.approx(shapely.LineString(street).length + 33)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_cells_stay_a_coverage_that_bears_reprojection(seed):
    rng = np.random.default_rng(seed)
    land = shapely.box(0, 0, 400, 300)
    spots = rng.uniform((0, 0), (400, 300), (40, 2))
    spots = shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=land)
    atoms = shapely.intersection(shapely.get_parts(spots), land)
    lines = shapely.union_all(shapely.boundary(atoms), grid_size=1e-4)
    atoms = shapely.get_parts(shapely.polygonize([lines]))
    houses = shapely.buffer(shapely.point_on_surface(atoms), 2.0, quad_segs=2)
    houses = houses[shapely.covers(atoms, houses)]
    group = (shapely.get_x(shapely.centroid(atoms)) // 134).astype(int)
    cells = np.concatenate(
        [shapely.get_parts(shapely.union_all(atoms[group == k])) for k in np.unique(group)]
    )
    smooth = smooth_borders(cells, houses, NONE)
    assert shapely.length(smooth).sum() < shapely.length(cells).sum()
    assert shapely.coverage_is_valid(smooth)
    assert shapely.area(smooth).sum() == pytest.approx(land.area, rel=1e-12)
    for house in houses:
        assert (shapely.covers(cells, house) == shapely.covers(smooth, house)).all()
    crs = metric_crs(gpd.GeoDataFrame(geometry=[shapely.box(118.7, 32.0, 118.8, 32.1)], crs=WGS84))
    degrees = unproject(gpd.GeoDataFrame(geometry=list(smooth), crs=crs), WGS84).geometry.to_numpy()
    assert shapely.is_valid(degrees).all()
    assert shapely.coverage_is_valid(degrees)

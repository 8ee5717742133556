"""Households near service points: straight, on foot, and nowhere near."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from gridsvc.geo import geodesic_m
from gridsvc.maps.circles import Nearness, services
from gridsvc.maps.coverage import to_html
from gridsvc.roads.modes import Mode
from gridsvc.roads.travel import ByLine
from tests.maps.frames import make_frames
from tests.maps.test_coverage import block_of

CELLS = make_frames(60).micro_grids
HERE = shapely.get_coordinates(shapely.point_on_surface(CELLS.geometry.array))
HOMES = pd.DataFrame(
    {"cell": CELLS["code"], "households": 10, "lon": HERE[:, 0], "lat": HERE[:, 1]}
)
WALK = ByLine(Mode.WALK)


def make_points(*cells):
    return gpd.GeoDataFrame(
        {"name": [f"站{n}" for n in cells], "kind": "station"},
        geometry=shapely.points(HERE[list(cells)]),
        crs="EPSG:4326",
    )


@pytest.mark.parametrize("radius_m", [100, 500, 900])
def test_who_is_inside_is_inside_by_the_geodesic(radius_m):
    theme = services(CELLS, HOMES, make_points(3, 40), Nearness(radius_m), WALK)
    at = np.array([3, 40])
    metres = np.min(
        [geodesic_m(*HERE.T, *np.broadcast_to(HERE[n], HERE.shape).T) for n in at], axis=0
    )
    clear = np.abs(metres - radius_m) > 0.01 * radius_m
    inside = theme.columns["services_in"].to_numpy() > 0
    assert (inside == (metres <= radius_m))[clear].all()
    outside = next(o for o in theme.overlays if o.table == "service_outside")
    assert outside.frame["households"].sum() == 600 - theme.columns["services_in"].sum()
    assert dict(theme.rows)["范围外住户"] == f"{outside.frame['households'].sum()} / 600 户"


def test_on_foot_is_farther_than_straight_and_draws_no_circle():
    points = make_points(3)
    straight = services(CELLS, HOMES, points, Nearness(500), WALK)
    on_foot = services(CELLS, HOMES, points, Nearness(500, on_foot=True), WALK)
    assert on_foot.columns["services_in"].sum() < straight.columns["services_in"].sum()
    assert "service_circles" not in [o.table for o in on_foot.overlays]
    assert "步行" in on_foot.note


def test_no_service_point_leaves_everybody_outside():
    theme = services(CELLS, HOMES, make_points().astype({"name": str}), Nearness(), WALK)
    assert theme.columns["services_in"].sum() == 0
    assert "0 处服务点" in theme.note


def test_nobody_lives_there_is_a_class_of_its_own():
    theme = services(CELLS, HOMES[:0], make_points(1), Nearness(), WALK)
    assert set(theme.level) == {5}


def test_points_circles_and_homes_are_drawn():
    theme = services(CELLS, HOMES, make_points(3, 40), Nearness(200), WALK)
    page = to_html(make_frames(60, themes=(theme,), first="services"))
    tables = block_of(page)
    assert tables["service_circles"]["count"] == 2
    assert tables["service_points"]["columns"]["name"] == ["站3", "站40"]
    assert "服务范围" in page

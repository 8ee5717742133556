"""Barriers of a prepared area: what is added to the streets, and what is left out beside them."""

import geopandas as gpd
import pytest
import shapely

from gridsvc.exchange.barriers import BESIDE_STREET_M, barrier_lines
from gridsvc.exchange.osm import OsmArea
from tests.exchange.paper import METRIC, frame, square


def area(lines=(), grounds=(), waters=()):
    kinds, weights, shapes = zip(*lines, strict=True) if lines else ((), (), ())
    nothing = frame([])
    return OsmArea(
        buildings=nothing,
        barriers=frame(list(shapes), **{"class": kinds, "w": weights, "name": [None] * len(kinds)}),
        sites=nothing,
        grounds=frame(list(grounds), kind=["residential"] * len(grounds), name=None),
        waters=frame(list(waters), kind=["water"] * len(waters), name=None),
        extent=None,
        dropped={},
    )


BOUNDARY = frame([square(0, 0, 1000)])


def found(**layers):
    lines = barrier_lines(area(**layers), BOUNDARY, METRIC)
    return {kind: lines[lines["class"] == kind].length.sum() for kind in lines["class"].unique()}


def line(*points):
    x, y = BOUNDARY.total_bounds[:2]
    return shapely.LineString([(x + a, y + b) for a, b in points])


def test_streets_reach_a_little_beyond_the_boundary():
    street = ("residential", 0.4, line((-500, 500), (1500, 500)))
    assert found(lines=[street]) == {"residential": pytest.approx(1100, abs=1)}


def test_a_path_counts_only_away_from_streets():
    street = ("residential", 0.4, line((0, 500), (1000, 500)))
    pavement = ("footway", 0.15, line((0, 505), (1000, 505)))
    alley = ("footway", 0.15, line((300, 500), (300, 900)))
    lengths = found(lines=[street, pavement, alley])
    assert lengths["footway"] == pytest.approx(400 - BESIDE_STREET_M, abs=0.5)


def test_the_edge_two_compounds_share_is_one_barrier():
    grounds = [square(100, 100, 200), square(303, 100, 200)]
    assert found(grounds=grounds)["compound"] == pytest.approx(7 * 200, abs=40)


def test_a_pond_has_a_shore_and_a_puddle_has_none():
    waters = [square(100, 100, 100), square(400, 400, 20)]
    assert found(waters=waters) == {"water": pytest.approx(400)}


def test_nothing_mapped_gives_no_line():
    lines = barrier_lines(area(), BOUNDARY, METRIC)
    assert lines.empty
    assert isinstance(lines, gpd.GeoDataFrame)

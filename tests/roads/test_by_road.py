from uuid import uuid4

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.roads.by_road import ByRoad
from gridsvc.roads.conditions import Condition
from gridsvc.roads.graph import build_graph
from gridsvc.roads.modes import DETOUR, MODES, WALK_KMH, Mode, line_seconds_per_m
from gridsvc.roads.travel import ByLine
from tests.exchange.paper import degrees
from tests.roads.paper import (
    BOTH,
    ONE_WAY,
    judged,
    net_of,
    place,
    places,
    roads,
    towns,
    travel_on,
)

STREET = roads(([(0, 0), (1000, 0)], BOTH))
WALK_MPS = WALK_KMH / 3.6


@settings(max_examples=80, deadline=None)
@given(
    ways=towns(),
    mode=st.sampled_from(MODES),
    points=st.lists(
        st.tuples(st.integers(-450, 500), st.integers(-450, 500)), min_size=2, max_size=8
    ),
    closed=st.lists(st.integers(1, 30), max_size=4),
    factor=st.sampled_from([None, 2.5]),
    hierarchy=st.booleans(),
)
def test_times_are_those_of_a_plain_search_whatever_the_town(
    ways, mode, points, closed, factor, hierarchy
):
    net = net_of(build_graph(ways), hierarchy=hierarchy)
    conditions = [Condition(uuid4(), None, way, None, MODES, factor) for way in closed]
    weights = net.weights(mode, conditions)
    travel = ByRoad(net, mode, weights)
    target, sources = place(*points[0]), places(points[1:])
    reach = travel.seconds_to(target, sources)
    truth = np.array(judged(net.graph, mode, weights, sources, target))
    assert (reach.by_road == ~np.isnan(truth)).all()
    assert reach.eta_s[reach.by_road] == pytest.approx(truth[reach.by_road], abs=1e-6)
    line = ~reach.by_road
    assert reach.eta_s[line] == pytest.approx(reach.line_m[line] * line_seconds_per_m(mode))
    for which in range(len(sources)):
        metres = reach.distance_m(which)
        # Nobody gets there on less than the straight line, but for how it is measured.
        assert metres >= reach.line_m[which] * 0.999 - 0.01
        assert np.isinf(metres) == np.isinf(reach.eta_s[which])


@settings(max_examples=60, deadline=None)
@given(
    ways=towns(),
    mode=st.sampled_from(MODES),
    seed=st.integers(0, 2**31),
    people=st.integers(0, 6),
    houses=st.integers(0, 12),
    shut=st.lists(st.integers(1, 30), max_size=3),
)
def test_the_nearest_of_many_is_the_least_of_each(ways, mode, seed, people, houses, shut):
    net = net_of(build_graph(ways))
    conditions = [Condition(uuid4(), None, way, None, MODES, None) for way in shut]
    travel = ByRoad(net, mode, net.weights(mode, conditions))
    rng = np.random.default_rng(seed)
    sources, targets = (places(rng.uniform(-400, 450, (n, 2))) for n in (people, houses))
    cover = travel.seconds_from_nearest(sources, targets)
    assert len(cover.eta_s) == houses
    for which, target in enumerate(targets):
        reach = travel.seconds_to(tuple(target), sources)
        least = reach.eta_s.min(initial=np.inf)
        assert cover.eta_s[which] == pytest.approx(least, abs=1e-6)
        if np.isfinite(least):
            source = cover.source[which]
            assert reach.eta_s[source] == pytest.approx(least, abs=1e-6)
            assert cover.by_road[which] == reach.by_road[source]
        else:
            assert cover.source[which] == -1


def test_the_way_is_from_people_to_the_event_not_back():
    ring = roads(([(0, 0), (400, 0), (400, 100), (0, 100), (0, 0)], ONE_WAY))
    travel = travel_on(ring)
    there = travel.seconds_to(place(300, 0), places([(100, 0)]))
    back = travel.seconds_to(place(100, 0), places([(300, 0)]))
    assert there.eta_s[0] == pytest.approx(20, abs=0.1)  # 200 m at 10 m/s
    assert back.eta_s[0] == pytest.approx(80, abs=0.1)
    assert there.distance_m(0) == pytest.approx(200, abs=0.5)
    assert back.distance_m(0) == pytest.approx(800, abs=1)
    on_foot = travel_on(ring, Mode.WALK).seconds_to(place(100, 0), places([(300, 0)]))
    assert on_foot.eta_s[0] == pytest.approx(200 / WALK_MPS, rel=1e-3)


def test_the_road_is_reached_at_its_nearest_point_and_the_last_metres_are_walked():
    reach = travel_on(STREET).seconds_to(place(700, 26), places([(200, -13)]))
    assert reach.by(0) == "road"
    assert reach.eta_s[0] == pytest.approx(50 + (26 + 13) / WALK_MPS, rel=1e-3)
    assert reach.distance_m(0) == pytest.approx(500 + 39, rel=1e-3)
    assert reach.minutes[0] == reach.eta_s[0] / 60


def test_far_from_every_road_the_straight_line_counts_and_the_answer_says_so():
    reach = travel_on(STREET).seconds_to(place(500, 0), places([(500, 400), (0, 0)]))
    assert [reach.by(0), reach.by(1)] == ["line", "road"]
    assert reach.eta_s[0] == pytest.approx(400 * line_seconds_per_m(Mode.CAR), rel=1e-3)
    assert reach.distance_m(0) == pytest.approx(400 * DETOUR[Mode.CAR], rel=1e-3)
    off = travel_on(STREET).seconds_to(place(500, 900), places([(0, 0), (9, 9)]))
    assert not off.by_road.any()


def test_nobody_is_put_on_an_island():
    island = ([(400, 30), (600, 30)], BOTH)
    travel = travel_on(roads(([(0, 0), (1000, 0)], BOTH), island))
    reach = travel.seconds_to(place(0, 0), places([(500, 30)]))
    assert reach.by(0) == "road"
    assert reach.eta_s[0] == pytest.approx(50 + 30 / WALK_MPS, rel=1e-3)


def test_whoever_is_cut_off_by_a_closure_does_not_come_by_the_line():
    lines = [([(0, 0), (500, 0)], BOTH), ([(500, 0), (600, 0)], BOTH), ([(600, 0), (900, 0)], BOTH)]
    flood = Condition(uuid4(), None, 2, None, (Mode.CAR,), None)
    travel = travel_on(roads(*lines), conditions=[flood])
    reach = travel.seconds_to(place(900, 0), places([(0, 0), (700, 0)]))
    assert np.isinf(reach.eta_s[0])
    assert reach.by_road[0]
    assert np.isinf(reach.distance_m(0))
    assert reach.eta_s[1] == pytest.approx(20, abs=0.1)
    walking = travel_on(roads(*lines), Mode.WALK, [flood])
    assert np.isfinite(walking.seconds_to(place(900, 0), places([(0, 0)])).eta_s[0])


def test_slow_hours_take_longer_and_may_change_the_way():
    lines = [
        ([(0, 0), (1000, 0)], BOTH, "primary"),
        ([(0, 0), (500, 200), (1000, 0)], BOTH, "residential"),
    ]
    jam = Condition(uuid4(), None, None, "primary", MODES, 3.0)
    usual, slow = travel_on(roads(*lines)), travel_on(roads(*lines), conditions=[jam])
    ends = place(1000, 0), places([(0, 0)])
    assert usual.seconds_to(*ends).eta_s[0] == pytest.approx(100, rel=1e-3)
    around = slow.seconds_to(*ends)
    assert around.eta_s[0] == pytest.approx(107.7, rel=1e-3)
    assert around.distance_m(0) == pytest.approx(1077, rel=1e-3)


def test_nobody_asked_about_is_no_fault():
    for travel in (travel_on(STREET), ByLine(Mode.CAR)):
        assert len(travel.seconds_to(place(0, 0), np.empty((0, 2))).eta_s) == 0
        assert len(travel.seconds_from_nearest(places([(0, 0)]), np.empty((0, 2))).eta_s) == 0
        alone = travel.seconds_from_nearest(np.empty((0, 2)), places([(0, 0)]))
        assert np.isinf(alone.eta_s).all()
        assert alone.source.tolist() == [-1]


def test_without_a_hierarchy_the_answer_is_the_same():
    ways = roads(([(0, 0), (100, 0), (200, 90)], BOTH), ([(100, 0), (80, 300)], ONE_WAY))
    ends = place(200, 90), places([(0, 5), (90, 100), (60, 0)])
    quick, plain = travel_on(ways), travel_on(ways, hierarchy=False)
    assert quick.seconds_to(*ends).eta_s == pytest.approx(plain.seconds_to(*ends).eta_s, abs=1e-9)
    metres = [[t.seconds_to(*ends).distance_m(n) for n in range(3)] for t in (quick, plain)]
    assert metres[0] == pytest.approx(metres[1])


def test_a_closed_street_is_not_where_anybody_comes_out():
    lines = [([(0, 0), (1000, 0)], BOTH), ([(0, 0), (0, 60), (1000, 60)], BOTH)]
    shut = Condition(uuid4(), degrees(shapely.Point(500, 0)), None, None, MODES, None)
    travel = travel_on(roads(*lines), conditions=[shut])
    reach = travel.seconds_to(place(800, 60), places([(700, 5)]))
    assert reach.eta_s[0] == pytest.approx(10 + 55 / WALK_MPS, rel=1e-3)

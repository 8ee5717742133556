from uuid import uuid4

import numpy as np
import pytest
import shapely

from gridsvc.roads.conditions import Condition, under
from gridsvc.roads.graph import CLOSED, build_graph
from gridsvc.roads.modes import MODES, Mode
from tests.exchange.paper import degrees
from tests.roads.paper import BOTH, index_of, net_of, roads

#: A cross of four arms of 200 m, the eastern one a slip road of a primary.
ARMS = [
    ([(0, 0), (-200, 0)], BOTH, "primary"),
    ([(0, 0), (200, 0)], BOTH, "primary_link"),
    ([(0, 0), (0, 200)], BOTH, "residential"),
    ([(0, 0), (0, -200)], BOTH, "service"),
]
WEST, EAST, NORTH, SOUTH = range(4)


@pytest.fixture(scope="module")
def net():
    return net_of(build_graph(roads(*ARMS)))


def hit(net, *, shape=None, way=None, road_class=None):
    shape = degrees(shape) if shape is not None else None
    return np.flatnonzero(
        net.edges_of(Condition(uuid4(), shape, way, road_class, MODES, None))
    ).tolist()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (shapely.Point(100, 4), [EAST]),
        (shapely.Point(0, 0), [WEST, EAST, NORTH, SOUTH]),
        (shapely.Point(100, 60), []),
        (shapely.LineString([(-190, 2), (-10, 2)]), [WEST]),
        (shapely.LineString([(-190, 2), (190, -2)]), [WEST, EAST]),
        (shapely.LineString([(120, 1), (160, 1)]), [EAST]),  # a part of a street closes it
        (shapely.LineString([(-50, 50), (50, 50)]), []),  # crosses one, runs along none
        (shapely.box(50, -50, 90, 50), [EAST]),
        (shapely.box(300, 300, 400, 400), []),
    ],
)
def test_shapes_hit_the_roads_they_mean(net, shape, expected):
    assert hit(net, shape=shape) == expected


def test_ways_and_classes_hit_theirs_and_together_what_both_mean(net):
    assert hit(net, way=3) == [NORTH]
    assert hit(net, way=77) == []
    assert hit(net, road_class="primary") == [WEST, EAST]
    assert hit(net, road_class="primary", shape=shapely.box(1, -9, 99, 9)) == [EAST]
    assert hit(net, road_class="motorway", shape=shapely.Point(100, 4)) == []


def test_slow_ones_multiply_and_a_closure_wins(net):
    usual = net.graph.millis
    edges = np.array([True, False, False, False])
    slow = Condition(uuid4(), None, 1, None, MODES, 2.0)
    shut = Condition(uuid4(), None, 1, None, MODES, None)
    car = usual[index_of(Mode.CAR)]
    twice = under(usual, Mode.CAR, [(slow, edges), (slow, edges)])
    assert (twice[:2] == car[:2] * 4).all()
    assert (twice[2:] == car[2:]).all()
    assert (under(usual, Mode.CAR, [(slow, edges), (shut, edges)])[:2] == CLOSED).all()


def test_slowness_never_closes_and_never_opens(net):
    usual = net.graph.millis.copy()
    usual[:, 0] = CLOSED
    edges = np.ones(4, dtype=bool)
    slow = [(Condition(uuid4(), None, None, "primary", MODES, 10.0), edges)] * 9
    weights = under(usual, Mode.WALK, slow)
    assert weights[0] == CLOSED
    assert (weights[1:] < CLOSED).all()


def test_only_the_modes_named_are_affected(net):
    shut = Condition(uuid4(), None, 1, None, (Mode.CAR,), None)
    assert (net.weights(Mode.CAR, [shut]) == CLOSED).sum() == 2
    assert (net.weights(Mode.WALK, [shut]) < CLOSED).all()

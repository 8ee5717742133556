"""Turns that are not allowed: ways go round them, exactly as a search from arc to arc does."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridsvc.roads import engines
from gridsvc.roads.by_road import ByRoad
from gridsvc.roads.graph import CLOSED, build_graph
from gridsvc.roads.modes import MODES, Mode
from gridsvc.roads.turns import Turn
from tests.roads.paper import BOTH, index_of, net_of, place, roads, travel_on
from tests.roads.turning import judged, turning_towns

EVERY_VEHICLE = (False, True, True)
#: A crossing at (0, 0) of ways 1 to 4, west, east, south, north; a way round in the north-west.
CROSSING = (
    ([(-200, 0), (0, 0)], BOTH), ([(0, 0), (200, 0)], BOTH),
    ([(0, -200), (0, 0)], BOTH), ([(0, 0), (0, 200)], BOTH),
    ([(-200, 0), (-200, 200), (0, 200)], BOTH),
)  # fmt: skip
CENTRE = 1
WEST, EAST, SOUTH, NORTH = (-100, 0), (100, 0), (0, -100), (0, 100)


def seconds(*turns, start=WEST, end=NORTH, mode=Mode.CAR, hierarchy=True):
    travel = travel_on(replace(roads(*CROSSING), turns=turns), mode, hierarchy=hierarchy)
    return float(travel.seconds_to(place(*end), np.array([place(*start)])).eta_s[0])


@pytest.mark.parametrize("hierarchy", [True, False])
class TestACrossing:
    """Places are a hundred metres from the crossing; at 36 km/h ten seconds."""

    def test_who_may_not_turn_goes_round(self, hierarchy):
        barred = Turn(1, CENTRE, 4, only=False, bars=EVERY_VEHICLE)
        assert seconds(hierarchy=hierarchy) == pytest.approx(20, abs=0.1)
        assert seconds(barred, hierarchy=hierarchy) == pytest.approx(60, abs=0.1)
        # The other way about, straight on and on foot nothing has changed.
        back = {"start": NORTH, "end": WEST}
        assert seconds(barred, hierarchy=hierarchy, **back) == pytest.approx(20, abs=0.1)
        assert seconds(barred, hierarchy=hierarchy, end=EAST) == pytest.approx(20, abs=0.1)
        walked = [seconds(*bars, mode=Mode.WALK, hierarchy=hierarchy) for bars in ((), (barred,))]
        assert walked[1] == pytest.approx(walked[0], abs=0.01)

    def test_the_only_turn_allowed_bars_all_others(self, hierarchy):
        only = Turn(1, CENTRE, 2, only=True, bars=EVERY_VEHICLE)
        assert seconds(only, hierarchy=hierarchy, end=EAST) == pytest.approx(20, abs=0.1)
        assert seconds(only, hierarchy=hierarchy) == pytest.approx(60, abs=0.1)
        # To the south: straight on to the end of the street, and back.
        assert seconds(only, hierarchy=hierarchy, end=SOUTH) == pytest.approx(60, abs=0.1)

    def test_of_whom_it_is_said(self, hierarchy):
        cars = Turn(1, CENTRE, 4, only=False, bars=(False, False, True))
        ride = [seconds(*bars, mode=Mode.EBIKE, hierarchy=hierarchy) for bars in ((), (cars,))]
        assert ride[1] == pytest.approx(ride[0], abs=0.01)
        assert seconds(cars, hierarchy=hierarchy) == pytest.approx(60, abs=0.1)

    def test_several_at_one_crossing_add_up(self, hierarchy):
        turns = [Turn(1, CENTRE, to, only=False, bars=EVERY_VEHICLE) for to in (2, 3, 4)]
        assert seconds(*turns, hierarchy=hierarchy, end=SOUTH) == pytest.approx(80, abs=0.1)


@pytest.mark.parametrize(
    ("turn", "why"),
    [
        (
            Turn(1, CENTRE, 99, only=False, bars=EVERY_VEHICLE),
            "turn restrictions of roads left out",
        ),
        (Turn(1, 77, 2, only=False, bars=EVERY_VEHICLE), "turn restrictions of roads left out"),
        (Turn(5, 0, 5, only=False, bars=EVERY_VEHICLE), None),
    ],
)
def test_what_is_not_understood_is_counted_and_changes_nothing(turn, why):
    graph = build_graph(replace(roads(*CROSSING), turns=(turn,)))
    assert graph.left_out == ({why: 1} if why else {})
    if why:
        assert graph.edges == build_graph(roads(*CROSSING)).edges


def test_a_way_that_runs_on_is_not_clear():
    through = roads(([(-200, 0), (0, 0), (200, 0)], BOTH), ([(0, 0), (0, 200)], BOTH))
    turn = Turn(1, CENTRE, 2, only=False, bars=EVERY_VEHICLE)
    assert build_graph(replace(through, turns=(turn,))).left_out == {
        "turn restrictions not clear": 1
    }


@settings(max_examples=60, deadline=None)
@given(ways=turning_towns(), mode=st.sampled_from(MODES), seed=st.integers(0, 2**31))
def test_times_are_those_of_a_search_from_arc_to_arc(ways, mode, seed):
    graph = build_graph(ways)
    net = net_of(graph)
    weights = net.weights(mode)
    assume((weights < CLOSED).any())
    # Between two corners: at one of them it would be a matter of taste where somebody comes from.
    first = np.random.default_rng(seed).choice(graph.first[:-1][graph.way >= 0], 6)
    spots = np.column_stack([
        graph.line_lon[first] * 0.7 + graph.line_lon[first + 1] * 0.3,
        graph.line_lat[first] * 0.7 + graph.line_lat[first + 1] * 0.3,
    ])  # fmt: skip
    reach = ByRoad(net, mode, weights).seconds_to(tuple(spots[0]), spots[1:])
    truth = np.array(judged(graph, ways, mode, weights, spots[1:], spots[0]))
    by_road = ~np.isnan(truth)
    assert (reach.by_road == by_road).all()
    # Times are whole milliseconds: a part of a street at either end may be rounded the other way.
    assert reach.eta_s[by_road] == pytest.approx(truth[by_road], abs=0.0021)


@settings(max_examples=30, deadline=None)
@given(ways=turning_towns(), seed=st.integers(0, 2**31))
def test_the_hierarchy_equals_dijkstra(ways, seed):
    graph = build_graph(ways)
    weights = np.random.default_rng(seed).integers(1, 50, 2 * graph.edges).astype(np.uint32)
    weights[graph.millis[index_of(Mode.CAR)] == CLOSED] = CLOSED
    nodes = np.arange(graph.nodes)
    quick = engines.Hierarchy(engines.build_topology(graph), weights).millis(nodes, nodes)
    assert (quick == engines.Dijkstra(graph, weights).millis(nodes, nodes)).all()

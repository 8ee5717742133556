import numpy as np
import pytest

from gridsvc.errors import BadInput
from gridsvc.roads.graph import CLOSED, build_graph
from gridsvc.roads.modes import MODES, Mode
from tests.roads.paper import BOTH, ONE_WAY, index_of, roads

CROSS = [([(0, 0), (100, 0), (200, 0)], BOTH), ([(100, -100), (100, 0), (100, 100)], BOTH)]


def test_ways_are_cut_where_they_meet():
    graph = build_graph(roads(*CROSS))
    assert (graph.nodes, graph.edges) == (5, 4)
    assert graph.metres == pytest.approx([100] * 4, abs=0.1)
    car = graph.millis[index_of(Mode.CAR)]
    assert car == pytest.approx([10_000] * 8, abs=20)  # 100 m at 36 km/h


def test_lines_that_share_no_point_do_not_meet():
    graph = build_graph(roads(([(0, 0), (200, 0)], BOTH), ([(100, -100), (100, 90)], BOTH)))
    assert graph.edges == 1
    assert graph.left_out["parts cut off, car"] == 1


def test_a_bend_is_no_junction_and_its_length_counts():
    graph = build_graph(roads(([(0, 0), (100, 0), (100, 100)], BOTH)))
    assert graph.edges == 1
    assert graph.metres[0] == pytest.approx(200, abs=0.2)
    assert np.diff(graph.first).tolist() == [3]


def test_a_loop_is_cut_in_its_middle():
    ring = [(0, 0), (50, 0), (50, 50), (0, 50), (0, 0)]
    graph = build_graph(roads((ring, BOTH), ([(0, 0), (-100, 0)], BOTH)))
    assert (graph.tail != graph.head).all()
    assert graph.edges == 3
    assert graph.metres.sum() == pytest.approx(300, abs=0.3)


def test_one_way_roads_are_closed_the_other_way_to_those_they_bind():
    ring = [(0, 0), (100, 0), (100, 100), (0, 0)]
    graph = build_graph(roads((ring, ONE_WAY)))
    with_it, against = graph.millis[:, 0::2], graph.millis[:, 1::2]
    assert (with_it < CLOSED).all()
    assert (against[index_of(Mode.WALK)] < CLOSED).all()
    assert (against[index_of(Mode.CAR)] == CLOSED).all()


def test_of_each_mode_only_the_part_is_kept_where_everybody_gets_everywhere_and_back():
    dead_end = [(200, 0), (300, 0)]
    graph = build_graph(roads(*CROSS, (dead_end, ONE_WAY), ([(0, 900), (50, 900)], BOTH)))
    assert graph.edges == 5  # the dead end is there on foot, the island for nobody
    car, walk = (graph.millis[index_of(mode)] for mode in (Mode.CAR, Mode.WALK))
    assert (car < CLOSED).sum() == 8
    assert (walk < CLOSED).sum() == 10
    assert graph.left_out["parts cut off, walk"] == 1
    assert graph.km(Mode.CAR) == pytest.approx(0.4, abs=0.01)


def test_gates_let_some_past():
    street = [(0, 0), (100, 0), (200, 0)]
    ways = roads(
        (street, BOTH), ([(0, 0), (0, 300)], BOTH), gates=[((100, 0), (True, True, False))]
    )
    graph = build_graph(ways)
    assert graph.km(Mode.WALK) == pytest.approx(0.5, abs=0.01)
    assert graph.km(Mode.CAR) == pytest.approx(0.4, abs=0.01)  # the part beyond is cut off


def test_a_gate_at_a_crossing_stands_across_every_road_there():
    graph = build_graph(roads(*CROSS, gates=[((100, 0), (True, False, False))]))
    assert graph.km(Mode.WALK) == pytest.approx(0.4, abs=0.01)
    assert graph.km(Mode.CAR) == pytest.approx(0.1, abs=0.01)


def test_a_gate_that_lets_everybody_past_is_none():
    plain, gated = roads(*CROSS), roads(*CROSS, gates=[((100, 0), (True, True, True))])
    assert build_graph(plain).edges == build_graph(gated).edges


def test_an_arc_takes_a_millisecond_at_least():
    lines = [([(0, 0), (0.001, 0), (100, 0)], BOTH), ([(0.001, 0), (0, 80)], BOTH)]
    graph = build_graph(roads(*lines))
    assert graph.millis.min() >= 1


def test_roads_that_nobody_may_travel_are_no_graph():
    with pytest.raises(BadInput, match="no two roads hang together"):
        build_graph(roads(([(0, 0), (100, 0)], ONE_WAY[2:] * 3)))


def test_every_mode_has_a_row():
    assert build_graph(roads(*CROSS)).millis.shape == (len(MODES), 8)

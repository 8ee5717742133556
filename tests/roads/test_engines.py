import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.roads import engines
from gridsvc.roads.graph import CLOSED, build_graph
from gridsvc.roads.modes import Mode
from tests.roads.paper import BOTH, index_of, roads, towns


def both(graph, weights):
    plain = engines.Dijkstra(graph, weights)
    quick = engines.Hierarchy(engines.build_topology(graph), weights)
    return plain, quick


@settings(max_examples=60, deadline=None)
@given(ways=towns(), seed=st.integers(0, 2**31), shut=st.floats(0, 0.5))
def test_the_hierarchy_equals_dijkstra_whatever_is_closed(ways, seed, shut):
    graph = build_graph(ways)
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 50, 2 * graph.edges).astype(np.uint32)
    weights[rng.random(len(weights)) < shut] = CLOSED
    plain, quick = both(graph, weights)
    nodes = np.arange(graph.nodes)
    truth = plain.millis(nodes, nodes)
    assert (quick.millis(nodes, nodes) == truth).all()
    _, heads = graph.arcs()
    tails, _ = graph.arcs()
    for start, end in rng.integers(0, graph.nodes, (5, 2)):
        for engine in (plain, quick):
            arcs = engine.path(int(start), int(end))
            if np.isinf(truth[start, end]) or start == end:
                assert len(arcs) == 0
                continue
            assert weights[arcs].astype(float).sum() == truth[start, end]
            assert (tails[arcs[0]], heads[arcs[-1]]) == (start, end)
            assert (heads[arcs[:-1]] == tails[arcs[1:]]).all()


def test_of_two_streets_between_the_same_corners_the_quicker_counts():
    graph = build_graph(roads(([(0, 0), (50, 90), (100, 0)], BOTH), ([(0, 0), (100, 0)], BOTH)))
    weights = graph.millis[index_of(Mode.CAR)]
    for engine in both(graph, weights):
        assert engine.millis(np.array([0]), np.array([1]))[0, 0] == weights.min()


def test_new_weights_leave_the_old_ones_as_they_are():
    graph = build_graph(roads(([(0, 0), (100, 0)], BOTH)))
    topology = engines.build_topology(graph)
    weights = graph.millis[index_of(Mode.CAR)]
    before = engines.Hierarchy(topology, weights)
    after = engines.Hierarchy(topology, np.full_like(weights, CLOSED))
    ends = np.array([0]), np.array([1])
    assert before.millis(*ends)[0, 0] == pytest.approx(10_000, abs=20)
    assert np.isinf(after.millis(*ends)[0, 0])


def test_a_topology_survives_being_kept():
    graph = build_graph(roads(([(0, 0), (100, 0), (200, 50)], BOTH), ([(100, 0), (90, 80)], BOTH)))
    weights = graph.millis[0]
    kept = engines.topology_from(engines.topology_files(engines.build_topology(graph)))
    nodes = np.arange(graph.nodes)
    again = engines.Hierarchy(kept, weights).millis(nodes, nodes)
    assert (again == engines.Dijkstra(graph, weights).millis(nodes, nodes)).all()

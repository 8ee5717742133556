import numpy as np
import pytest

from gridsvc.exchange.roads import read_roads
from gridsvc.roads.by_road import ByRoad
from gridsvc.roads.graph import CLOSED, build_graph
from gridsvc.roads.modes import MODES, Mode
from tests.roads import turning
from tests.roads.paper import judged, net_of

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def ways(shared_data):
    return read_roads(shared_data / "cn_nanjing_osm/nanjing_centre.osm.pbf")


@pytest.fixture(scope="module")
def nanjing(ways):
    return net_of(build_graph(ways))


def test_turn_restrictions_are_kept(nanjing, ways):
    """Between places along the streets: as a search from arc to arc that keeps them."""
    graph, weights = nanjing.graph, nanjing.weights(Mode.CAR)
    assert len(ways.turns) == 5
    # Beside the four junctions taken apart, and anywhere.
    near = np.isin(graph.way, [turn.from_way for turn in ways.turns])
    open_to_cars = (graph.way >= 0) & (weights.reshape(-1, 2) < CLOSED).any(axis=1)
    rng = np.random.default_rng(2)
    edges = [*np.flatnonzero(near & open_to_cars), *rng.choice(np.flatnonzero(open_to_cars), 10)]
    first = graph.first[edges]
    spots = np.column_stack(
        [one[first] * 0.7 + one[first + 1] * 0.3 for one in (graph.line_lon, graph.line_lat)]
    )
    travel = ByRoad(nanjing, Mode.CAR, weights)
    for target in spots[::2]:
        reach = travel.seconds_to(tuple(target), spots)
        truth = turning.judged(graph, ways, Mode.CAR, weights, spots, target)
        assert reach.eta_s == pytest.approx(truth, abs=1e-6)


def test_islands_are_left_out(nanjing):
    assert nanjing.graph.left_out["parts cut off, walk"] >= 40
    assert nanjing.graph.left_out["turn restrictions of roads left out"] == 1
    assert 60 < nanjing.graph.km(MODES[0]) < 100


@pytest.mark.parametrize("mode", MODES)
def test_the_choice_is_that_of_a_plain_search(nanjing, mode):
    weights = nanjing.weights(mode)
    travel = ByRoad(nanjing, mode, weights)
    graph = nanjing.graph
    low, high = np.quantile(np.column_stack([graph.lon, graph.lat]), (0.1, 0.9), axis=0)
    rng = np.random.default_rng(11)
    for _ in range(12):
        target, sources = rng.uniform(low, high), rng.uniform(low, high, (12, 2))
        reach = travel.seconds_to(tuple(target), sources)
        truth = np.array(judged(graph, mode, weights, sources, target))
        by_road = ~np.isnan(truth)
        assert (reach.by_road == by_road).all()
        assert reach.eta_s[by_road] == pytest.approx(truth[by_road], abs=1e-6)

import numpy as np
import pytest

from gridsvc.exchange.roads import read_roads
from gridsvc.roads.by_road import ByRoad
from gridsvc.roads.graph import build_graph
from gridsvc.roads.modes import MODES
from tests.roads.paper import judged, net_of

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def nanjing(shared_data):
    return net_of(build_graph(read_roads(shared_data / "cn_nanjing_osm/nanjing_centre.osm.pbf")))


def test_islands_are_left_out(nanjing):
    assert nanjing.graph.left_out["parts cut off, walk"] >= 40
    assert nanjing.graph.left_out["turn restrictions"] == 5
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

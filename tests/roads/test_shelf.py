from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from gridsvc.roads import shelf
from gridsvc.roads.graph import build_graph
from gridsvc.roads.modes import Mode
from gridsvc.roads.packing import Packed, digest, pack
from gridsvc.roads.shelf import Key, Shelf
from tests.roads.paper import BOTH, roads


def a_graph(metres=100):
    graph = build_graph(roads(([(0, 0), (metres, 0)], BOTH)))
    return digest(graph), pack(Packed(graph, {}, None))


def test_who_asks_at_the_same_time_gets_the_same():
    kept, (name, content) = Shelf(), a_graph()
    key = Key(name, Mode.CAR, ())
    with ThreadPoolExecutor(8) as pool:
        nets = list(pool.map(lambda _: kept.make_net(name, content), range(16)))
        travels = list(pool.map(lambda _: kept.make_travel(key, nets[0], []), range(16)))
    assert len({id(net) for net in nets}) == 1
    assert len({id(travel) for travel in travels}) == 1
    assert kept.net(name) is nets[0]
    assert kept.travel(key) is travels[0]


def test_the_least_used_is_given_away_and_whoever_holds_it_goes_on(monkeypatch):
    monkeypatch.setattr(shelf, "MOST_TRAVELS", 2)
    kept, (name, content) = Shelf(), a_graph()
    net = kept.make_net(name, content)
    keys = [Key(name, Mode.CAR, (uuid4(),)) for _ in range(3)]
    first = kept.make_travel(keys[0], net, [])
    kept.make_travel(keys[1], net, [])
    assert kept.travel(keys[0]) is first
    kept.make_travel(keys[2], net, [])
    assert kept.travel(keys[1]) is None
    assert kept.travel(keys[0]) is first


def test_no_more_counties_are_kept_than_are_allowed(monkeypatch):
    monkeypatch.setattr(shelf, "MOST_NETS", 1)
    kept = Shelf()
    (one, content), (other, more) = a_graph(100), a_graph(200)
    kept.make_net(one, content)
    kept.make_net(other, more)
    assert kept.net(one) is None
    assert kept.net(other) is not None

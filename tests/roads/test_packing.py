from dataclasses import fields, replace

import numpy as np

from gridsvc.roads import engines, packing
from gridsvc.roads.graph import build_graph
from gridsvc.roads.net import RoadNet
from gridsvc.roads.packing import Packed, digest, pack, unpack
from tests.roads.paper import BOTH, ONE_WAY, roads

LINES = [([(0, 0), (100, 0), (200, 30)], BOTH), ([(100, 0), (90, 80)], ONE_WAY)]


def test_what_is_packed_comes_out_as_it_was():
    graph = build_graph(roads(*LINES))
    files = {"order": b"\x00\x01", "nothing": b""}
    again = unpack(pack(Packed(graph, files, "somebody 1")))
    assert again.hierarchy == files
    assert again.maker == "somebody 1"
    for one in fields(graph):
        before, after = getattr(graph, one.name), getattr(again.graph, one.name)
        assert np.array_equal(before, after), one.name
        assert getattr(before, "dtype", None) == getattr(after, "dtype", None)


def test_a_graph_from_before_turns_were_kept_is_read(monkeypatch):
    graph = build_graph(roads(*LINES))
    known = [one for one in fields(graph) if not one.name.startswith("back_")]
    monkeypatch.setattr(packing, "fields", lambda _: known)
    again = unpack(pack(Packed(graph, {}, None))).graph
    assert (again.back_tail == graph.back_tail).all()
    assert (again.back_head == graph.back_head).all()


def test_the_same_roads_have_the_same_digest_and_others_another():
    graph, again = build_graph(roads(*LINES)), build_graph(roads(*LINES))
    assert digest(graph) == digest(again)
    others = [
        build_graph(roads(LINES[0])),
        build_graph(roads(LINES[0], ([(100, 0), (90, 81)], ONE_WAY))),
        build_graph(roads(LINES[0], ([(100, 0), (90, 80)], BOTH))),
        build_graph(roads(*LINES, first_id=5)),
        replace(graph, classes=("tertiary", "gate")),
    ]
    assert len({digest(graph), *map(digest, others)}) == 6


def test_a_hierarchy_of_another_maker_is_left_alone():
    graph = build_graph(roads(*LINES))
    files = engines.topology_files(engines.build_topology(graph))
    assert RoadNet(Packed(graph, files, engines.maker())).has_hierarchy
    assert not RoadNet(Packed(graph, files, "pyroutingkit 0.0.1")).has_hierarchy
    assert not RoadNet(Packed(graph, {}, None)).has_hierarchy

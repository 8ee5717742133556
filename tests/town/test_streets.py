"""Rectangles of the network share their vertices."""

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.town.streets import Network
from gridsvc.town.warp import make_warp


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 25))
def test_any_sequence_of_cuts_gives_an_exact_coverage(seed: int, cuts: int) -> None:
    rng = np.random.default_rng(seed)
    network = Network(900.0, 700.0)
    parts = [network.root]
    for _ in range(cuts):
        rect = parts.pop(int(rng.integers(len(parts))))
        axis = "u" if rect.width > rect.height else "v"
        low, length = (rect.bounds[0], rect.width) if axis == "u" else (rect.bounds[1], rect.height)
        parts.extend(network.split(rect, axis, low + length * rng.uniform(0.3, 0.7), "tertiary"))
    network.freeze(make_warp(rng))
    shapes = np.array([shapely.Polygon(network.ring(part)) for part in parts])
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.Polygon(network.ring(network.root))
    assert shapely.coverage_union_all(shapes).normalize().equals_exact(whole.normalize(), 1e-9)


def test_a_junction_within_reach_is_met() -> None:
    network = Network(1000.0, 600.0)
    south, north = network.split(network.root, "v", 300.0, "primary")
    network.split(south, "u", 480.0, "secondary")
    assert network.aligned(north, "u", 500.0, 30.0) == 480.0
    assert network.aligned(north, "u", 520.0, 30.0) == 520.0

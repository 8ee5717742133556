from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.outreach.rounds import length_s, order

TIMES = st.integers(2, 7).flatmap(
    lambda n: st.lists(
        st.lists(st.integers(1, 2000), min_size=n, max_size=n), min_size=n, max_size=n
    )
)


POINTS = st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=2, max_size=7)


def matrix(rows):
    seconds = np.array(rows, float)
    np.fill_diagonal(seconds, 0)
    return seconds


@settings(max_examples=25, deadline=None)
@given(TIMES)
def test_every_place_once_from_the_first_and_no_longer_than_before(rows):
    seconds = matrix(rows)
    way = order(seconds)
    assert way[0] == 0
    assert sorted(way) == list(range(len(seconds)))
    assert way == order(seconds)
    assert length_s(seconds, way) <= length_s(seconds, range(len(seconds)))


@settings(max_examples=25, deadline=None)
@given(POINTS)
def test_between_places_of_the_plane_it_is_the_shortest_way(points):
    at = np.array(points, float)
    seconds = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    ways = ((0, *rest) for rest in permutations(range(1, len(at))))
    shortest = min(length_s(seconds, way) for way in ways)
    assert length_s(seconds, order(seconds)) <= shortest + len(at) / 10


def test_places_without_a_way_come_where_they_cost_least():
    seconds = matrix([[0, 10, np.inf], [10, 0, np.inf], [np.inf, np.inf, 0]])
    assert sorted(order(seconds)) == [0, 1, 2]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_little_is_in_order_already(n):
    assert order(np.zeros((n, n))) == list(range(n))


def test_a_street_told_in_the_wrong_order_is_walked_along():
    metres = np.array([0.0, 900, 100, 800, 200, 700, 300])
    seconds = np.abs(metres[:, None] - metres[None])
    assert [metres[one] for one in order(seconds)] == sorted(metres)

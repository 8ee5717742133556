"""Reading order: west to east, north to south."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gridsvc.planning.codes import reading_order
from tests.planning.towns import box


def test_squares_are_read_like_a_page():
    squares = [box(x, y, 10, 10) for y in (0, 10, 20) for x in (20, 0, 10)]
    assert reading_order(np.array(squares)).tolist() == [7, 8, 6, 4, 5, 3, 1, 2, 0]


def test_cells_a_little_higher_stay_in_their_line():
    squares = [box(0, 0, 10, 10), box(10, 3, 10, 10), box(20, -2, 10, 10), box(0, -12, 10, 10)]
    assert reading_order(np.array(squares)).tolist() == [0, 1, 2, 3]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), max_size=30))
def test_every_area_is_read_once(corners):
    order = reading_order(np.array([box(x, y, 7, 9) for x, y in corners], dtype=object))
    assert sorted(order.tolist()) == list(range(len(corners)))

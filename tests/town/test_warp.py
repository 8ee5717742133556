"""The bend is one-to-one: nothing folds over."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsvc.town.warp import make_warp


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_small_squares_keep_their_turn_and_about_their_size(seed: int) -> None:
    warp = make_warp(np.random.default_rng(seed))
    u, v = np.meshgrid(np.arange(0, 6000, 61.0), np.arange(0, 6000, 61.0))
    corner = np.column_stack([u.ravel(), v.ravel()])
    here = warp(corner)
    east, north = (
        warp(corner + np.array([1.0, 0.0])) - here,
        warp(corner + np.array([0.0, 1.0])) - here,
    )
    area = east[:, 0] * north[:, 1] - east[:, 1] * north[:, 0]
    assert (area > 0.2).all()
    # Houses face south: no street turns more than about forty degrees.
    assert (np.degrees(np.abs(np.arctan2(east[:, 1], east[:, 0]))) < 45).all()

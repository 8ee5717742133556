"""Ridges: accurate wherever the block lies, and the same tile by tile as in one piece."""

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from gridsvc.planning import ridges
from gridsvc.planning.ridges import RIPPLE_M, block_ridges

#: Where projected coordinates of China lie.
EAST, NORTH = 500_000.0, 3_500_000.0


def sampled(seed, count=300, side=400.0, crowd=None):
    """A block and sample points on the outlines of its buildings; most in one corner if crowded."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, side - 12, (count, 2)) * (crowd or 1.0)
    if crowd:
        corner[0] = side - 12  # one far away from all others
    homes = shapely.box(*corner.T, *(corner + rng.uniform(4, 12, (count, 2))).T)
    homes = shapely.transform(homes, lambda at: at + np.array([EAST, NORTH]))
    points, owner = shapely.get_coordinates(shapely.segmentize(homes, 2.5), return_index=True)
    return shapely.box(EAST, NORTH, EAST + side, NORTH + side), points, owner


def fine(lines, step=0.5):
    return shapely.get_coordinates(shapely.segmentize(lines, step))


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@drawn(
    seed=st.integers(0, 10_000),
    most=st.sampled_from([300, 1500]),
    crowd=st.sampled_from([None, 0.2]),
)
def test_in_tiles_they_are_what_they_are_in_one_piece(seed, most, crowd):
    block, points, owner = sampled(seed, crowd=crowd)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ridges, "RIPPLE_M", 0.0)
        whole = block_ridges(block, points, owner)
        patch.setattr(ridges, "MOST_POINTS", most)
        tiled = block_ridges(block, points, owner)
    for these, those in ((whole, tiled), (tiled, whole)):
        at = shapely.points(fine(these))
        apart = shapely.STRtree(those).query_nearest(at, return_distance=True, all_matches=False)[1]
        assert apart.max() < 1e-4
    assert shapely.length(tiled).sum() == pytest.approx(shapely.length(whole).sum(), rel=1e-6)


def test_they_run_in_the_middle_between_two_buildings():
    block, points, owner = sampled(1)
    at = fine(block_ridges(block, points, owner))
    near, row = cKDTree(points).query(at, k=60)
    other = owner[row] != owner[row[:, :1]]
    second = np.where(other, near, np.inf).min(axis=1)
    assert (second - near[:, 0]).max() < 2 * RIPPLE_M
    assert np.median(second - near[:, 0]) < RIPPLE_M / 2


def test_one_building_has_none():
    block, points, owner = sampled(2, count=1)
    assert len(block_ridges(block, points, owner)) == 0

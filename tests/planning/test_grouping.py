"""Grids from cells: connected, balanced, whole."""

import numpy as np
import pytest
import shapely

from gridsvc.errors import BadInput
from gridsvc.planning.checks import problems
from gridsvc.planning.grouping import dissolve, group_cells
from gridsvc.planning.plan import plan_cells
from gridsvc.planning.wish import Wish
from tests.planning.towns import box, build_town, frame


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_grids_are_whole_cells_of_one_community_and_a_coverage(seed):
    town = build_town(seed, blocks=4, communities=2, sites=2)
    cells = plan_cells(**town, wish=Wish(target=50, seed=seed)).cells
    group = group_cells(cells, target=150, seed=seed)
    grids = dissolve(cells, group)
    assert sorted(set(group)) == list(range(len(grids)))
    assert list(grids.columns) == list(cells.columns)
    assert grids["households"].sum() == cells["households"].sum()
    assert (grids.geom_type == "Polygon").all()
    for g in range(len(grids)):
        members = cells[group == g]
        assert members["community"].nunique() == 1
        assert len(members) == 1 or (members["kind"] == "ordinary").all()
        assert members.union_all().symmetric_difference(grids.geometry.iloc[g]).area < 1e-6
    layers = {"buildings": town["buildings"], "boundary": town["boundary"]}
    assert problems(grids, **layers, special=town["special"]) == []
    assert np.array_equal(group, group_cells(cells, target=150, seed=seed))


def test_nine_equal_squares_make_three_grids_of_three():
    squares = [box(50 * i, 50 * j, 50, 50) for i in range(3) for j in range(3)]
    cells = frame(squares, households=[100] * 9, kind=["ordinary"] * 9, community=[0] * 9)
    assert np.bincount(group_cells(cells)).tolist() == [3, 3, 3]


def test_cells_that_touch_in_a_corner_only_are_not_one_grid():
    corner = [box(0, 0, 50, 50), box(50, 50, 50, 50)]
    cells = frame(corner, households=[100] * 2, kind=["ordinary"] * 2, community=[0] * 2)
    assert group_cells(cells).tolist() == [0, 1]


def test_borders_rounded_by_a_file_still_count_as_shared():
    squares = [shapely.affinity.translate(box(50 * i, 0, 50, 50), 0.001 * i) for i in range(3)]
    cells = frame(squares, households=[100] * 3, kind=["ordinary"] * 3, community=[0] * 3)
    assert group_cells(cells).tolist() == [0, 0, 0]


def test_no_cells_give_no_groups():
    cells = frame([], households=np.array([], dtype=int), kind=[], community=[])
    assert group_cells(cells).tolist() == []


def test_target_below_one_is_refused():
    with pytest.raises(BadInput, match="grid target is 0"):
        group_cells(frame([box(0, 0, 1, 1)], households=[1]), target=0)

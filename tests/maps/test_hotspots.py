"""Hot spots: found where events crowd, none where chance alone put them."""

from itertools import combinations

import numpy as np
import pandas as pd
import shapely

from gridsvc.maps.hotspots import HOT, UNTESTED, _dealt, hotspots, two_sided_p
from tests.maps.frames import make_frames

CELLS = make_frames(150).micro_grids


def figures(number):
    return pd.DataFrame({"number": number}, index=CELLS["code"])


def by_chance():
    return np.random.default_rng(3).poisson(2, len(CELLS))


def test_a_crowd_is_hot_and_lies_where_the_crowd_is():
    xy = shapely.get_coordinates(shapely.centroid(CELLS.geometry.array))
    away = np.hypot(*(xy - xy[0]).T)
    # At the rim half of the neighbours are quiet; in the heart none is.
    crowd, heart = away < 0.005, away < 0.0025
    theme = hotspots(CELLS, figures(by_chance() + 9 * crowd), 90)
    hot = (theme.level == HOT).to_numpy()
    assert hot[heart].all()
    near = shapely.dwithin(
        shapely.union_all(CELLS.geometry.array[crowd]), CELLS.geometry.array, 1e-9
    )
    assert not (hot & ~near).any()


def test_chance_makes_no_hot_spot():
    assert HOT not in set(hotspots(CELLS, figures(by_chance()), 90).level)


def test_the_same_figures_give_the_same_answer():
    first, second = (hotspots(CELLS, figures(by_chance()), 90).level for _ in range(2))
    assert first.equals(second)


def test_too_little_is_not_tested_and_says_so():
    theme = hotspots(CELLS, figures(np.zeros(len(CELLS), dtype=int)), 90)
    assert set(theme.level) == {UNTESTED}
    assert "数据不足" in theme.note


def test_no_card_is_dealt_twice_and_all_are_dealt_alike():
    dealt = _dealt(12, 8)
    assert all(len(set(column)) == 8 for column in dealt.T[:500].tolist())
    share = np.bincount(dealt.ravel(), minlength=12) / dealt.size
    assert np.abs(share - 1 / 12).max() < 0.005


def test_p_is_the_share_of_all_ways_to_deal():
    number = np.array([9.0, 7.0, 1.0, 2.0, 3.0, 4.0])
    around = [[1], [0, 2], [1, 3], [2, 4], [3, 5], [4]]
    told = two_sided_p(number, around)
    for cell, near in enumerate(around):
        others = np.delete(number, cell)
        ways = [sum(chosen) for chosen in combinations(others, len(near))]
        larger = np.mean([way >= number[near].sum() for way in ways])
        exact = min(1.0, 2 * min(larger, 1 - larger))
        assert abs(told[cell] - exact) < 0.03

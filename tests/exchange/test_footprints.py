import numpy as np
import pandas as pd
import pytest
import shapely

from gridsvc.exchange.footprints import (
    fold_parts,
    keep_inside,
    largest_part,
    part_overlaps,
    tell_kinds,
)
from tests.exchange.paper import frame, square


def buildings(shapes, **columns):
    n = len(shapes)
    given = {
        "kind": ["unknown"] * n,
        "levels": pd.array([None] * n, dtype="Int64"),
        "part": [False] * n,
    }
    return frame(shapes, **(given | columns))


def test_parts_tell_their_building_its_storeys():
    shapes = [square(0, 0, 40, 20), square(0, 0, 20), square(20, 0, 20), square(90, 0, 20)]
    levels = pd.array([None, 10, 20, 3], dtype="Int64")
    folded, count = fold_parts(buildings(shapes, levels=levels, part=[False, True, True, True]))
    assert folded["levels"].tolist() == [15, 3]
    assert folded["part"].tolist() == [False, True]
    assert sum(count.values()) == 2


def test_tagged_storeys_stay_whatever_the_parts_say():
    shapes = [square(0, 0, 40), square(0, 0, 40)]
    levels = pd.array([6, 30], dtype="Int64")
    folded, _ = fold_parts(buildings(shapes, levels=levels, part=[False, True]))
    assert folded["levels"].tolist() == [6]


def test_untold_kinds_come_from_the_smallest_ground():
    houses = buildings(
        [square(10, 10, 10), square(110, 10, 10), square(900, 0, 10), square(20, 30, 5)],
        kind=["unknown", "unknown", "unknown", "office"],
    )
    grounds = frame(
        [square(0, 0, 500), square(100, 0, 50)], kind=["residential", "school"], name=[None] * 2
    )
    assert tell_kinds(houses, grounds)["kind"].tolist() == [
        "residential",
        "school",
        "unknown",
        "office",
    ]


@pytest.mark.parametrize("seed", range(5))
def test_no_two_footprints_share_ground(seed):
    rng = np.random.default_rng(seed)
    shapes = [
        square(x, y, side, other)
        for x, y, side, other in zip(
            *rng.uniform(0, 150, (2, 60)), *rng.uniform(5, 40, (2, 60)), strict=True
        )
    ]
    apart, count = part_overlaps(buildings(shapes))
    left, right = shapely.STRtree(apart.geometry.values).query(
        apart.geometry.values, predicate="intersects"
    )
    pairs = left < right
    common = shapely.area(
        shapely.intersection(
            apart.geometry.values[left[pairs]], apart.geometry.values[right[pairs]]
        )
    )
    assert common.max(initial=0) <= 0.1 + 1e-6
    assert len(apart) + count["buildings drawn twice"] == 60
    assert set(apart.geom_type) == {"Polygon"}


def test_the_same_building_twice_is_one():
    apart, count = part_overlaps(buildings([square(0, 0, 20), square(0, 0, 20), square(50, 0, 9)]))
    assert len(apart) == 2
    assert count["buildings drawn twice"] == 1


def test_buildings_end_at_the_border_of_their_community():
    communities = frame([square(0, 0, 100), square(100, 0, 100)])
    houses = buildings(
        [
            square(90, 10, 30, 10),  # a third in the first community
            square(190, 40, 30, 10),  # a third inside the boundary
            square(185, 60, 20, 10),  # three quarters inside
            square(400, 0, 10),  # outside
            square(10, 10, 10),  # inside
        ]
    )
    kept, count = keep_inside(houses, communities)
    assert len(kept) == 3
    assert count["buildings outside the boundary"] == 2
    assert count["buildings trimmed at a community's border"] == 2
    inside = shapely.area(
        shapely.intersection(
            kept.geometry.to_numpy()[:, None], communities.geometry.to_numpy()[None, :]
        )
    )
    assert inside.max(axis=1) == pytest.approx(kept.area)
    assert kept.area.tolist() == pytest.approx([200, 150, 100])


def test_largest_part_is_a_polygon():
    mixed = shapely.GeometryCollection(
        [
            shapely.LineString([(0, 0), (9, 9)]),
            shapely.MultiPolygon([square(0, 0, 1), square(5, 5, 3)]),
        ]
    )
    assert largest_part(mixed).area == pytest.approx(9)
    assert largest_part(shapely.Point(0, 0)).is_empty

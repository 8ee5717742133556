"""Mending an earlier plan: what broke is divided anew, the rest stays."""

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from gridsvc.planning.changes import plan_changes
from gridsvc.planning.plan import plan_cells
from gridsvc.planning.wish import Given, Wish
from tests.planning.test_plan import assert_proper
from tests.planning.towns import box, build_town, frame

WISH = Wish(target=30, seed=4)


def coded(plan, old=None):
    """Cells with a code: that of the earlier cell they carry on, or one never used."""
    cells = plan.cells
    if old is None:
        return cells.assign(code=[f"a{k}" for k in range(len(cells))])
    before = old["code"].to_numpy()
    codes = [
        before[row] if row >= 0 else f"b{k}" for k, row in enumerate(cells["previous"].to_numpy())
    ]
    return cells.assign(code=codes)


def mended(town, first):
    return plan_cells(**town, wish=WISH, given=Given(previous=first.cells))


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@drawn(seed=st.integers(0, 1000))
def test_nothing_changed_nothing_moves(seed):
    town = build_town(seed, 4, 1, 2)
    first = plan_cells(**town, wish=WISH)
    again = mended(town, first)
    assert_proper(town, again)
    old, new = coded(first), coded(again, coded(first))
    ordinary = new[new["kind"] == "ordinary"].sort_values("code")
    before = old[old["kind"] == "ordinary"].sort_values("code")
    assert ordinary["code"].tolist() == before["code"].tolist()
    apart = shapely.symmetric_difference(ordinary.geometry.values, before.geometry.values)
    assert shapely.area(apart).max() < 1e-2


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@drawn(seed=st.integers(0, 1000))
def test_few_move_when_a_few_buildings_change(seed):
    town = build_town(seed, 4, 1, 1)
    first = plan_cells(**town, wish=WISH)
    rng = np.random.default_rng(seed)
    households = town["buildings"]["households"].to_numpy().copy()
    some = rng.choice(len(households), max(len(households) // 20, 1), replace=False)
    households[some] = np.round(households[some] * rng.uniform(0.5, 1.5, len(some)))
    changed = town | {"buildings": town["buildings"].assign(households=households)}
    new = mended(changed, first)
    assert_proper(changed, new)
    old = coded(first)
    told = plan_changes(old, coded(new, old), changed["buildings"], new.building_cell)
    anew = plan_cells(**changed, wish=Wish(target=30, seed=99))
    scratch = plan_changes(old, coded(anew), changed["buildings"], anew.building_cell)
    assert told["households_moved"] <= scratch["households_moved"]
    assert told["moved_percent"] < 12
    assert told["households"] == sum(cell["households_after"] for cell in told["cells"]) + sum(
        int(changed["buildings"]["households"].to_numpy()[new.building_cell == row].sum())
        for row, code in enumerate(coded(new, old)["code"])
        if code not in {cell["cell"] for cell in told["cells"]}
    )


def test_a_new_building_across_a_border_opens_both_cells():
    houses = frame([box(10, 20, 20, 20), box(160, 20, 20, 20)], households=[30, 30])
    boundary = frame([box(0, 0, 190, 60)])
    first = plan_cells(houses, boundary, wish=WISH)
    border = shapely.intersection(*first.cells.geometry.boundary)
    x = border.centroid.x - boundary.total_bounds[0]
    across = frame([*houses.geometry, box(x - 10, 20, 20, 20)], households=[30, 30, 2])
    town = {"buildings": across, "boundary": boundary}
    plan = mended(town, first)
    assert_proper(town, plan)
    assert sorted(plan.cells["previous"]) == [0, 1]


def test_a_cell_that_doubled_is_divided_and_its_code_goes_on():
    houses = frame([box(10 + 20 * k, 20, 12, 10) for k in range(9)], households=[10] * 9)
    boundary = frame([box(0, 0, 190, 60)])
    first = plan_cells(houses, boundary, wish=WISH)
    assert first.cells["households"].tolist() == [30, 30, 30]
    more = houses.assign(households=[20, 20, 20] + [10] * 6)
    plan = mended({"buildings": more, "boundary": boundary}, first)
    assert sorted(plan.cells["previous"]) == [-1, 0, 1, 2]
    told = plan_changes(coded(first), coded(plan, coded(first)), more, plan.building_cell)
    assert told["ended"] == []
    assert len(told["new"]) == 1
    assert told["households_moved"] <= 40


def test_a_new_site_ends_what_it_swallows_and_leaves_the_rest():
    houses = frame([box(10 + 20 * k, 20, 12, 10) for k in range(9)], households=[10] * 9)
    boundary = frame([box(0, 0, 190, 60)])
    first = plan_cells(houses, boundary, wish=WISH)
    town = {
        "buildings": houses,
        "boundary": boundary,
        "special": frame([box(0, 0, 62, 60)], name=["小学"]),
    }
    plan = mended(town, first)
    assert_proper(town, plan)
    old = coded(first)
    told = plan_changes(old, coded(plan, old), houses, plan.building_cell)
    assert len(told["ended"]) == 1
    assert told["households_moved"] <= 40


def test_workers_whose_cells_change_are_named():
    houses = frame([box(10 + 20 * k, 20, 12, 10) for k in range(6)], households=[10] * 6)
    old = frame([box(0, 0, 68, 60), box(68, 0, 72, 60)], code=["a", "b"], worker=["王芳", None])
    new = frame([box(0, 0, 88, 60), box(88, 0, 52, 60)], code=["a", "b"])
    told = plan_changes(old, new, houses, np.array([0, 0, 0, 0, 1, 1]))
    assert told["workers"] == [{"code": "a", "name": "王芳", "loses": 0, "gains": 10}]
    assert told["households_moved"] == 10
    assert told["moved_percent"] == pytest.approx(16.667)
    assert [cell["kind"] for cell in told["cells"]] == ["changed", "changed"]
    assert told["cells"][0]["from"] == [["b", 10]]

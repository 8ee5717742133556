"""Invariants of a plan over generated towns, and small towns drawn by hand."""

import json
import os
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gridsvc.planning.checks import problems
from gridsvc.planning.plan import plan_cells
from gridsvc.planning.wish import Wish
from tests.planning.towns import box, build_town, frame, line


def house_row(x, y, count, households=5, pitch=20.0):
    return frame(
        [box(x + pitch * k, y, 12, 10) for k in range(count)], households=[households] * count
    )


def assert_proper(town, plan):
    """Everything a plan promises, measured here from the geometry alone."""
    cells, boundary = plan.cells, town["boundary"]
    land = boundary.union_all()
    union = shapely.union_all(cells.geometry.to_numpy(), grid_size=1e-6)
    assert union.symmetric_difference(land).area < 1e-5 * land.area
    assert cells.area.sum() == pytest.approx(land.area, rel=1e-5)
    assert (cells.geom_type == "Polygon").all()
    assert cells.is_valid.all()

    shapes = cells.geometry.to_numpy()
    for community, part in zip(boundary.geometry, range(len(boundary)), strict=True):
        mine = cells[cells["community"] == part]
        assert mine.geometry.difference(community.buffer(0.001)).area.max() == 0

    households = town["buildings"]["households"].to_numpy()
    inside = plan.building_cell >= 0
    counted = np.bincount(plan.building_cell[inside], households[inside], len(cells))
    assert counted.tolist() == cells["households"].tolist()

    footprints = town["buildings"].geometry.to_numpy()
    held = shapely.area(
        shapely.intersection(footprints[inside], shapes[plan.building_cell[inside]])
    )
    spilled = 1 - held / shapely.area(footprints[inside])
    cut = plan.report["data"].get("buildings cut by a site's border", 0)
    across = plan.report["data"].get("buildings across a community's or site's border", 0)
    assert (spilled > 0.02).sum() <= cut + across
    assert plan.report["problems"] == []
    assert all(plan.report["checks"].values())


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10_000),
    blocks=st.integers(2, 4),
    communities=st.integers(1, 3),
    sites=st.integers(0, 3),
    target=st.sampled_from([30, 100, 300]),
)
@example(seed=1920, blocks=3, communities=1, sites=0, target=100)  # a house stood in a border's way
def test_any_town_gets_a_proper_plan(seed, blocks, communities, sites, target):
    town = build_town(seed, blocks, communities, sites)
    assert_proper(town, plan_cells(**town, wish=Wish(target=target, seed=seed)))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10_000, 10_200))
def test_two_hundred_more_towns(seed):
    rng = np.random.default_rng(seed)
    blocks, communities, sites = rng.integers([2, 1, 0], [7, 4, 4])
    town = build_town(seed, int(blocks), int(communities), int(sites))
    target = int(rng.choice([30, 100, 300]))
    assert_proper(town, plan_cells(**town, wish=Wish(target=target, seed=seed)))


def test_same_seed_same_plan_and_other_seed_is_proper_too():
    town = build_town(3, blocks=4)
    first, again = plan_cells(**town, wish=Wish(seed=5)), plan_cells(**town, wish=Wish(seed=5))
    assert first.cells.to_wkb().equals(again.cells.to_wkb())
    assert first.building_cell.tolist() == again.building_cell.tolist()
    assert json.dumps(first.report) == json.dumps(again.report)
    assert_proper(town, plan_cells(**town, wish=Wish(seed=6)))


def test_households_of_terraces_are_balanced():
    """Forty houses of five households in a row: two cells of exactly a hundred."""
    boundary = frame([box(0, 0, 820, 60)])
    plan = plan_cells(house_row(10, 20, 40), boundary)
    assert plan.cells["households"].tolist() == [100, 100]


def test_border_follows_the_street():
    """Two rows of houses either side of a street with gaps: the border is the street."""
    buildings = frame(
        [box(10 + 20 * k, y, 12, 10) for k in range(10) for y in (40, 150)], households=[10] * 20
    )
    street = frame([line((-5, 100), (100, 100)), line((100.004, 100), (215, 100))], w=[0.6, 0.6])
    plan = plan_cells(buildings, frame([box(0, 0, 210, 200)]), street)
    assert plan.cells["households"].tolist() == [100, 100]
    border = shapely.intersection(*plan.cells.geometry.boundary)
    assert shapely.hausdorff_distance(border, line((0, 100), (210, 100))) < 0.1


def test_street_through_a_building_does_not_cut_it():
    """A street mapped straight through a house: the border goes round the house."""
    buildings = frame(
        [box(10, 10, 30, 30), box(60, 42, 30, 20), box(110, 60, 30, 30)], households=[60, 40, 100]
    )
    street = frame([line((0, 50), (150, 50))], w=[0.9])
    town = {"buildings": buildings, "boundary": frame([box(0, 0, 150, 100)]), "barriers": street}
    plan = plan_cells(**town)
    assert_proper(town, plan)
    assert plan.cells["households"].tolist().count(100) == 2


def test_tower_fills_a_cell_by_itself():
    """A lot with 1,900 households is one cell; its neighbours are balanced without it."""
    buildings = frame(
        [box(10 + 30 * k, 20, 20, 20) for k in range(9)],
        households=[50, 50, 50, 50, 1900, 50, 50, 50, 50],
    )
    plan = plan_cells(buildings, frame([box(0, 0, 290, 60)]))
    assert sorted(plan.cells["households"]) == [100, 100, 100, 100, 1900]
    assert plan.report["data"]["buildings above 110 % of the target"] == 1


def test_site_becomes_a_dedicated_cell_with_its_buildings():
    """A school in the middle keeps its shape and its own households."""
    buildings = frame(
        [box(10, 10, 20, 20), box(100, 100, 20, 20), box(170, 170, 20, 20)], households=[90, 4, 90]
    )
    school = frame([box(80, 80, 60, 60)], kind=["school"])
    plan = plan_cells(buildings, frame([box(0, 0, 200, 200)]), special=school)
    dedicated = plan.cells[plan.cells["kind"] == "dedicated"]
    assert dedicated["households"].tolist() == [4]
    assert dedicated["site"].tolist() == [0]
    # Neighbours' corners on the border count as vertices of it.
    assert dedicated.geometry.iloc[0].symmetric_difference(school.geometry.iloc[0]).area < 1e-3


def test_site_border_goes_round_a_building_it_would_cut():
    """A school fence drawn a metre into a house leaves the house whole."""
    buildings = frame([box(10, 10, 20, 20), box(79, 60, 15, 15)], households=[80, 20])
    school = frame([box(93, 20, 100, 160)])
    town = {
        "buildings": buildings,
        "boundary": frame([box(0, 0, 200, 200)]),
        "barriers": None,
        "special": school,
    }
    plan = plan_cells(**town)
    assert_proper(town, plan)
    assert plan.report["data"]["buildings a site's border was moved round"] == 1


def test_house_in_a_courtyard_stays_with_the_house_around_it():
    """A cell may not enclose another: the inner house joins the outer one."""
    ring = box(30, 30, 60, 60).difference(box(42, 42, 36, 36))
    buildings = frame([ring, box(55, 55, 10, 10), box(100, 50, 10, 10)], households=[100, 100, 100])
    town = {"buildings": buildings, "boundary": frame([box(0, 0, 120, 120)])}
    plan = plan_cells(**town)
    assert plan.building_cell[0] == plan.building_cell[1] != plan.building_cell[2]
    assert_proper(town, plan)


def test_each_part_of_a_community_gets_its_own_cells():
    """An island and the mainland share no cell, though one community owns both."""
    two = shapely.union_all([box(0, 0, 100, 60), box(150, 0, 100, 60)])
    buildings = frame([box(10, 10, 20, 20), box(160, 10, 20, 20)], households=[50, 50])
    plan = plan_cells(buildings, frame([two]))
    assert plan.cells["households"].tolist() == [50, 50]
    assert plan.cells["community"].tolist() == [0, 0]


@pytest.mark.parametrize("blocks", [3])
def test_plain_python_gives_the_plan_of_the_compiled_kernels(blocks, tmp_path):
    """The compiled kernels and the same text run by the interpreter agree node by node."""
    code = (
        "import gridsvc.planning.refine as r, numpy as np\n"
        "from gridsvc.planning.plan import plan_cells\n"
        "from gridsvc.planning.wish import Wish\n"
        "from tests.planning.towns import build_town\n"
        "r.STEPS_PER_NODE = r.STEPS_PER_CELL = 60\n"
        f"plan = plan_cells(**build_town(8, blocks={blocks}), wish=Wish(target=40, seed=2))\n"
        "print(plan.building_cell.tolist())\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "NUMBA_DISABLE_JIT": plain},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for plain in ("0", "1")
    ]
    assert outputs[0] == outputs[1]
    assert len(set(json.loads(outputs[0]))) > 3


def test_plan_of_broken_cells_names_what_is_wrong():
    """A plan with a cell removed and one moved fails the checks that guard it."""
    town = build_town(4, blocks=3, sites=0)
    plan = plan_cells(**town)
    layers = {"buildings": town["buildings"], "boundary": town["boundary"], "special": None}
    assert problems(plan.cells, **layers) == []
    fewer = plan.cells.iloc[1:].reset_index(drop=True)
    assert {p.check for p in problems(fewer, **layers)} >= {"covers_boundary"}
    moved = plan.cells.copy()
    moved.geometry = gpd.GeoSeries(moved.geometry).translate(15, 0)
    assert {p.check for p in problems(moved, **layers)} >= {"covers_boundary", "no_building_cut"}

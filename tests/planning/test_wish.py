"""What a planner can ask for: numbers, weights, limits, and what is given beforehand."""

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, example, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from gridsvc.errors import BadInput
from gridsvc.planning.plan import plan_cells
from gridsvc.planning.wish import Given, Wish
from tests.planning.test_plan import assert_proper, house_row
from tests.planning.towns import box, build_town, frame, line, point

STREET = {"buildings": house_row(10, 20, 40), "boundary": frame([box(0, 0, 820, 60)])}


def limits(plan):
    return {limit["constraint"]: limit for limit in plan.report["limits"]}


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@drawn(seed=st.integers(0, 1000), cells=st.integers(3, 14), communities=st.integers(1, 2))
@example(seed=3, cells=14, communities=1)  # parts of a building that are one target each
def test_exactly_so_many_cells_or_the_report_says_how_many_can_be(seed, cells, communities):
    town = build_town(seed, 3, communities, 1)
    plan = plan_cells(**town, wish=Wish(cells=cells, seed=seed))
    assert_proper(town, plan)
    made = int((plan.cells["kind"] == "ordinary").sum())
    joined = plan.report["data"].get("cells joined to the cell that enclosed them", 0)
    told = limits(plan).get("cells")
    assert (made == cells) == (told is None)
    if told is not None:
        assert told["asked"] == cells
        assert told["possible"] == made
        inhabited = int((town["buildings"]["households"] > 0).sum())
        assert made < cells or made >= communities
        assert made + joined >= min(cells, 3) or inhabited < cells


def test_more_cells_than_houses_gives_one_per_house_and_says_so():
    plan = plan_cells(**STREET, wish=Wish(cells=60))
    assert len(plan.cells) == 40
    assert limits(plan)["cells"]["possible"] == 40


def test_cells_are_balanced_by_what_weighs():
    """Key persons live in the west: it gets more cells than the east."""
    buildings = STREET["buildings"].assign(key_persons=[9] * 20 + [1] * 20)
    town = STREET | {"buildings": buildings}
    plan = plan_cells(**town, wish=Wish(target=50, weigh={"key_persons": 1.0}))
    assert (abs(plan.cells["load"] - 50) <= 5).all()
    west = shapely.centroid(plan.cells.geometry).x < STREET["boundary"].centroid.x[0]
    assert west.sum() == 3
    both = plan_cells(**town, wish=Wish(weigh={"households": 1.0, "key_persons": 5.0}))
    assert both.cells["load"].sum() == 40 * 5 + 5 * 200
    with pytest.raises(BadInput, match="no column 'residents' to weigh"):
        plan_cells(**STREET, wish=Wish(weigh={"residents": 1.0}))


def test_no_cell_is_above_most_if_that_can_be():
    plan = plan_cells(**STREET, wish=Wish(target=100, most=100))
    assert plan.cells["households"].max() <= 100
    assert plan.report["limits"] == []
    tower = {"buildings": house_row(10, 20, 4, households=300), "boundary": STREET["boundary"]}
    plan = plan_cells(**tower, wish=Wish(target=100, most=200))
    assert limits(plan)["most"]["possible"] == 300
    assert "4 cells" in limits(plan)["most"]["detail"]


def test_a_wider_tolerance_lets_borders_follow_the_street():
    """A street at a third of the row: 70 and 130 are within half of the target."""
    street = frame([line((285, -5), (285, 65))], w=[0.9])
    town = STREET | {"barriers": street}
    strict = plan_cells(**town, wish=Wish(tolerance=0.05))
    wide = plan_cells(**town, wish=Wish(tolerance=0.5, cells=2))
    assert strict.cells["households"].tolist() == [100, 100]
    assert wide.report["figures"]["within_tolerance_pct"] == 100


def test_a_barrier_never_to_cross_is_not_crossed_whatever_it_costs():
    """Ten households beyond a wall stay a cell of ten."""
    wall = frame([line((46, -5), (46, 65))], w=[0.3], never=[True])
    town = STREET | {"barriers": wall}
    plan = plan_cells(**town)
    assert_proper(town, plan)
    assert 10 in plan.cells["households"].tolist()
    assert plan.report["outside"][0]["reason"] == "few_households"
    parts = shapely.intersection(plan.cells.geometry, wall.geometry.iloc[0])
    assert not shapely.crosses(wall.geometry.iloc[0], plan.cells.geometry).any()
    assert shapely.length(parts).sum() > 0


def test_a_heavy_barrier_is_crossed_only_where_no_plan_exists_without():
    river = frame([line((405, -5), (405, 65))], w=[1.5])
    plan = plan_cells(**STREET, barriers=river)
    assert plan.report["figures"]["heavy_barriers_inside_cells_km"] == 0
    assert sorted(plan.cells["households"]) == [100, 100]
    beside = frame([line((66, -5), (66, 65))], w=[1.5])
    plan = plan_cells(**STREET, barriers=beside)
    assert sorted(plan.cells["households"]) == [100, 100]
    assert plan.report["figures"]["heavy_barriers_inside_cells_km"] > 0


def test_every_seed_gets_a_cell_of_its_own():
    """Two workers live four houses apart; each has a cell round their home."""
    homes = [point(195 + 20 * k, 30) for k in (0, 4)]
    plan = plan_cells(**STREET, given=Given(seeds=frame(homes)))
    held = [int(shapely.intersects(plan.cells.geometry, home).argmax()) for home in homes]
    assert held[0] != held[1]
    assert "seeds" not in limits(plan)
    twins = frame([point(195, 30), point(196, 30)])
    plan = plan_cells(**STREET, given=Given(seeds=twins))
    assert limits(plan)["seeds"]["possible"] == 1


def test_seeds_outside_are_told():
    plan = plan_cells(**STREET, given=Given(seeds=frame([point(5000, 30)])))
    assert plan.report["data"]["seeds outside the land to divide"] == 1


def test_a_locked_cell_stays_to_the_last_vertex():
    locked = frame([box(306, 0, 120, 60)])
    plan = plan_cells(**STREET, given=Given(locked=locked))
    assert_proper(STREET, plan)
    stays = plan.cells[plan.cells["locked"] == 0]
    assert len(stays) == 1
    assert stays.geometry.iloc[0].symmetric_difference(locked.geometry.iloc[0]).area < 1e-3
    assert stays["households"].iloc[0] == 30
    assert stays["kind"].iloc[0] == "ordinary"
    assert [o["reason"] for o in plan.report["outside"] if o["load"] == 30] == ["locked"]


def test_a_locked_cell_across_two_communities_is_refused():
    town = STREET | {"boundary": frame([box(0, 0, 410, 60), box(410, 0, 410, 60)])}
    with pytest.raises(BadInput, match="locked cell in row 1 is not one polygon inside one"):
        plan_cells(**town, given=Given(locked=frame([box(300, 0, 200, 60)])))


@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_no_cell_crosses_a_zone_and_slivers_between_zones_make_no_cell(gap):
    zones = frame([box(0, 0, 245, 60), box(245 + gap, 0, 575 - gap, 60)])
    plan = plan_cells(**STREET, given=Given(zones=zones))
    assert_proper(STREET, plan)
    shapes = plan.cells.geometry.to_numpy()
    inside = shapely.area(shapely.intersection(shapes, zones.geometry.iloc[0]))
    assert np.minimum(inside, shapely.area(shapes) - inside).max() < 60 * gap + 1e-3
    west = plan.cells[inside > 1]
    assert west["households"].sum() == 60


def test_land_in_no_zone_is_planned_as_a_rest():
    plan = plan_cells(**STREET, given=Given(zones=frame([box(0, 0, 405, 60)])))
    assert_proper(STREET, plan)
    assert plan.cells["households"].tolist() == [100, 100]


def test_a_zones_border_is_moved_round_the_buildings_it_would_cut():
    houses = STREET["buildings"].geometry
    x = houses.iloc[4].centroid.x + 0.5
    zones = frame([box(0, 0, 0, 0)]).set_geometry(
        [shapely.box(houses.total_bounds[0] - 20, houses.total_bounds[1] - 20, x,
                     houses.total_bounds[3] + 20)]
    )  # fmt: skip
    plan = plan_cells(**STREET, given=Given(zones=zones))
    assert_proper(STREET, plan)


def test_no_cell_has_an_arm_along_slivers_beside_several_zones():
    """Borders that two people drew differ by millimetres all along."""
    west, south, east, north = STREET["boundary"].total_bounds
    middle = (west + east) / 2
    zones = frame([box(0, 0, 1, 1)] * 2).set_geometry(
        [
            shapely.box(west, south, middle, north - 0.004),
            shapely.box(middle, south, east, north - 0.004),
        ]
    )
    plan = plan_cells(**STREET, given=Given(zones=zones))
    bounds = plan.cells.geometry.bounds
    assert not ((bounds["minx"] < middle - 20) & (bounds["maxx"] > middle + 20)).any()


@pytest.mark.parametrize("layer", ["zones", "seeds", "locked", "previous"])
def test_given_layers_in_another_crs_are_refused(layer):
    shape = point(10, 10) if layer == "seeds" else box(0, 0, 50, 60)
    with pytest.raises(BadInput, match="not in the CRS of the boundary"):
        plan_cells(**STREET, given=Given(**{layer: frame([shape]).to_crs(3857)}))


@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@drawn(seed=st.integers(0, 1000), workers=st.integers(2, 5))
def test_the_plan_does_not_depend_on_the_number_of_threads(seed, workers):
    town = build_town(seed, 3, 2, 1)
    alone = plan_cells(**town, wish=Wish(target=30, seed=seed))
    many = plan_cells(**town, wish=Wish(target=30, seed=seed), workers=workers)
    assert alone.cells.to_wkb().equals(many.cells.to_wkb())
    assert alone.report == many.report

"""Awkward input one by one: refused with a sentence, or handled and named in the report."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.affinity import translate

from gridsvc.errors import BadInput
from gridsvc.planning.plan import plan_cells
from gridsvc.planning.wish import Wish
from tests.planning.test_plan import assert_proper
from tests.planning.towns import ORIGIN, box, build_town, frame, line

BOUNDARY = frame([box(0, 0, 200, 100)])


def houses(households=(40, 60, 50, 50), **extra):
    shapes = [box(10 + 45 * k, 40, 20, 15) for k in range(len(households))]
    return frame(shapes, households=list(households), **extra)


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ({"buildings": houses().drop(columns="households")}, "no column 'households'"),
        ({"buildings": houses((1, -2, 3, 4))}, "negative in 1 buildings, first in row 2"),
        ({"buildings": houses((1, 2.5, 3, 4))}, "not a whole number"),
        ({"buildings": houses((1, np.nan, 3, 4))}, "missing or not a number"),
        ({"buildings": houses((1, np.inf, 3, 4))}, "missing or not a number"),
        ({"buildings": houses(("a", "b"))}, "missing or not a number"),
        ({"buildings": frame([line((0, 0), (9, 9))], households=[1])}, "holds a LineString"),
        ({"buildings": houses().to_crs(3857)}, "not in the CRS of the boundary"),
        ({"buildings": houses().set_crs(None, allow_override=True)}, "not in the CRS"),
        ({"boundary": BOUNDARY.iloc[:0]}, "boundary is empty"),
        ({"boundary": frame([shapely.Polygon()])}, "boundary is empty"),
        ({"boundary": frame([line((0, 0), (9, 9))])}, "holds a LineString"),
        ({"boundary": BOUNDARY.to_crs(4326)}, "not projected in metres"),
        ({"boundary": BOUNDARY.to_crs(2263)}, "not projected in metres"),
        ({"boundary": BOUNDARY.set_crs(None, allow_override=True)}, "declares no CRS"),
        ({"barriers": frame([box(0, 0, 9, 9)])}, "barriers holds a Polygon"),
        ({"barriers": frame([line((0, 0), (9, 9))], w=[-1])}, "negative weight"),
        ({"barriers": frame([line((0, 0), (9, 9))], never=["ja"])}, "never is 'ja' in row 1"),
        ({"special": frame([shapely.Point(ORIGIN)])}, "special sites holds a Point"),
        ({"boundary": frame([box(9000, 0, 200, 100)])}, "boundary not covering the buildings"),
        ({"wish": Wish(target=0)}, "target is 0"),
        ({"wish": Wish(target=float("inf"))}, "target is inf"),
        ({"wish": Wish(target=float("nan"))}, "target is nan"),
    ],
)
def test_unusable_input_is_refused_with_a_sentence(layers, words):
    with pytest.raises(BadInput, match=words):
        plan_cells(**{"buildings": houses(), "boundary": BOUNDARY, **layers})


@pytest.mark.parametrize("layer", ["buildings", "boundary", "barriers", "special"])
def test_coordinates_that_are_not_finite_are_refused(layer):
    x, y = ORIGIN
    ring = [(x, y), (x + 9, y), (x, y + 9), (x, y)]
    bad = shapely.LineString(ring) if layer == "barriers" else shapely.Polygon(ring)
    bad = shapely.transform(bad, lambda at: np.where(at == x + 9, np.inf, at))
    given = {"buildings": houses(), "boundary": BOUNDARY}
    with pytest.raises(BadInput, match="not finite"):
        plan_cells(**{**given, layer: frame([bad], households=[1])})


def planned(buildings=None, **layers):
    town = {"buildings": houses() if buildings is None else buildings, "boundary": BOUNDARY}
    town |= layers
    plan = plan_cells(**town)
    assert_proper(town, plan)
    return plan


def test_no_buildings_at_all_gives_one_cell_per_community():
    plan = planned(houses().iloc[:0])
    assert plan.cells["households"].tolist() == [0]
    assert plan.report["data"]["ordinary cells without households"] == 1
    assert plan.report["data"]["communities without any building"] == 1


def test_buildings_without_households_give_one_cell_per_community():
    plan = planned(houses((0, 0, 0, 0)))
    assert len(plan.cells) == 1


def test_fewer_households_than_the_target_give_one_cell():
    assert planned(houses((10, 20, 5, 5))).cells["households"].tolist() == [40]


def test_empty_layers_of_streets_and_sites_are_as_good_as_none():
    nothing = frame([])
    plan = planned(barriers=nothing, special=nothing)
    assert plan.cells.to_wkb().equals(planned().cells.to_wkb())


def test_duplicated_buildings_stay_together():
    twice = gpd.GeoDataFrame(
        {"households": [40, 60, 50, 50, 7]},
        geometry=[*houses().geometry, houses().geometry.iloc[0]],
        crs=BOUNDARY.crs,
    )
    plan = planned(twice)
    assert plan.building_cell[0] == plan.building_cell[4]
    assert plan.report["data"]["buildings that overlap another (kept together)"] == 2


def test_buildings_outside_are_reported_and_not_counted():
    shapes = [*houses().geometry, box(400, 0, 20, 20)]
    plan = planned(frame(shapes, households=[40, 60, 50, 50, 9]))
    assert plan.building_cell[-1] == -1
    assert plan.cells["households"].sum() == 200
    assert plan.report["data"]["households outside every community"] == 9


def test_buildings_without_geometry_are_reported():
    shapes = [*houses().geometry, None, shapely.Polygon()]
    plan = plan_cells(frame(shapes, households=[40, 60, 50, 50, 9, 9]), BOUNDARY)
    assert plan.building_cell[-2:].tolist() == [-1, -1]
    assert plan.report["data"]["buildings without geometry"] == 2
    assert plan.report["data"]["households of buildings without geometry"] == 18


def test_building_across_the_outer_boundary_belongs_to_the_cell_inside():
    shapes = [*houses().geometry, box(190, 40, 15, 15)]
    plan = plan_cells(frame(shapes, households=[40, 60, 50, 50, 9]), BOUNDARY)
    assert plan.building_cell[-1] >= 0
    assert plan.report["data"]["buildings across the outer boundary"] == 1


def test_building_across_two_communities_goes_to_the_larger_share():
    boundary = frame([box(0, 0, 100, 100), box(100, 0, 100, 100)])
    shapes = [box(10, 10, 20, 20), box(94, 40, 20, 20), box(150, 10, 20, 20)]
    town = {"buildings": frame(shapes, households=[80, 30, 90]), "boundary": boundary}
    plan = plan_cells(**town)
    assert_proper(town, plan)
    assert plan.cells["community"].iloc[plan.building_cell[1]] == 1
    assert plan.report["data"]["buildings across a community's or site's border"] == 1


def test_self_crossing_boundary_and_building_are_repaired_and_counted():
    x, y = ORIGIN
    bow = shapely.Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])
    crossed = shapely.Polygon(
        [(x + 10, y + 40), (x + 30, y + 60), (x + 30, y + 40), (x + 10, y + 60)]
    )
    plan = plan_cells(frame([crossed], households=[50]), frame([bow]))
    assert plan.report["data"]["boundary repaired (crossed themselves)"] == 1
    assert plan.report["data"]["buildings repaired (crossed themselves)"] == 1
    assert plan.cells["households"].sum() == 50


def test_boundary_with_a_hole_keeps_the_hole():
    lake = box(80, 10, 30, 20)
    boundary = frame([box(0, 0, 200, 100).difference(lake)])
    plan = planned(boundary=boundary)
    assert plan.cells.intersection(lake).area.sum() < 1e-3


def test_community_inside_another_keeps_its_cells():
    inner = box(60, 20, 60, 70)
    boundary = frame([box(0, 0, 200, 100).difference(inner), inner])
    plan = planned(boundary=boundary)
    assert set(plan.cells["community"]) == {0, 1}


def test_communities_that_overlap_share_no_land():
    boundary = frame([box(0, 0, 110, 100), box(100, 0, 100, 100)])
    plan = planned(boundary=boundary)
    assert plan.report["data"]["communities that overlap another (land kept by the first)"] == 1


def test_three_dimensional_coordinates_are_flattened():
    raised = houses()
    raised.geometry = shapely.force_3d(raised.geometry.to_numpy(), 7.0)
    assert planned(raised).cells.to_wkb().equals(planned().cells.to_wkb())


def test_barriers_of_weight_zero_are_not_used():
    street = frame([line((0, 30), (200, 30))], w=[0.0])
    plan = planned(barriers=street)
    assert plan.report["data"]["barriers of weight zero (not used)"] == 1
    assert plan.cells.to_wkb().equals(planned().cells.to_wkb())


def test_barriers_without_weights_and_with_broken_ones_are_streets():
    streets = [line((0, 70), (200, 70)), line((100, -9), (100, 109)), line((5, 5), (5, 5))]
    planned(barriers=frame(streets))
    planned(barriers=frame(streets, w=[np.nan, None, 0.5]))


def test_sites_that_overlap_or_leave_the_boundary_are_clipped_and_counted():
    sites = [box(5, 5, 40, 25), box(30, 5, 40, 25), box(180, 0, 60, 30), box(900, 0, 9, 9)]
    town = {"buildings": houses(), "boundary": BOUNDARY, "special": frame(sites)}
    plan = plan_cells(**town)
    data = plan.report["data"]
    assert data["special sites outside the boundary"] == 1
    assert data["special sites clipped"] == 2
    assert plan.cells["site"].tolist().count(-1) == (plan.cells["kind"] == "ordinary").sum()
    assert plan.cells.area.sum() == pytest.approx(BOUNDARY.area.sum(), rel=1e-6)
    assert plan.report["checks"]["no_overlap"]


def test_site_that_covers_the_whole_community_is_its_only_cell():
    plan = planned(special=BOUNDARY)
    assert plan.cells["kind"].tolist() == ["dedicated"]
    assert plan.cells["households"].tolist() == [200]


def test_touching_walls_far_from_the_origin_are_not_cut():
    """Rows of houses that share walls, at coordinates of ten million metres."""
    town = build_town(11, blocks=2, sites=0)
    for layer in ("buildings", "boundary", "barriers"):
        moved = town[layer]
        moved.geometry = [translate(shape, 0, 6e6) for shape in moved.geometry]
    assert_proper(town, plan_cells(**town, wish=Wish(target=20)))


def test_land_joined_by_a_neck_thinner_than_a_hair_is_planned_in_two():
    """Two fields joined by a strip a twentieth of a millimetre wide."""
    neck = box(90, 50, 20, 0.00005)
    boundary = frame([shapely.union_all([box(0, 0, 95, 100), neck, box(105, 0, 95, 100)])])
    plan = plan_cells(houses((100, 100, 100, 100)), boundary)
    assert plan.report["problems"] == []
    assert plan.cells["households"].sum() == 400


def test_barriers_that_miss_each_other_by_a_millimetre_are_joined_and_told():
    streets = [((0, 70), (89.999, 70)), ((90, 0), (90, 100)), ((90.001, 70), (200, 70))]
    plan = planned(barriers=frame([line(*street) for street in streets]))
    assert plan.report["data"]["loose ends of barriers (led on to the next line)"] == 2

"""Footprints keep clear of each other, of barriers, borders and sites."""

import shapely

from gridsvc.town.buildings import WEIGHT
from tests.town.conftest import Made

#: Streets one can drive on through the whole town.
STREETS = ("trunk", "primary", "secondary", "tertiary", "residential", "track")


def test_layers_are_valid_polygons_and_lines(made: Made) -> None:
    for layer, kind in (
        ("boundary", "Polygon"),
        ("buildings", "Polygon"),
        ("units", "Polygon"),
        ("barriers", "LineString"),
        ("special", "Polygon"),
    ):
        frame = made.metres(layer)
        assert (frame.geom_type == kind).all()
        assert frame.is_valid.all()
        assert (frame.length > 1).all()


def test_buildings_do_not_touch_each_other(made: Made) -> None:
    shapes = made.metres("buildings").geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=0.3)
    assert (first == second).all()


def test_no_barrier_touches_a_building(made: Made) -> None:
    tree = shapely.STRtree(made.metres("buildings").geometry.to_numpy())
    barriers = made.metres("barriers").geometry.to_numpy()
    assert tree.query(barriers, predicate="dwithin", distance=0.3).size == 0


def test_every_building_lies_in_the_community_of_its_number(made: Made) -> None:
    buildings, boundary = made.metres("buildings"), made.metres("boundary")
    tree = shapely.STRtree(boundary.geometry.to_numpy())
    building, community = tree.query(buildings.geometry.to_numpy(), predicate="within")
    assert building.tolist() == list(range(len(buildings)))
    lies_in = boundary["code"].to_numpy()[community]
    assert (buildings["building_id"].str[:12].to_numpy() == lies_in).all()
    assert buildings["building_id"].is_unique
    assert buildings["building_id"].str.fullmatch(r"\d{17}").all()


def test_no_building_crosses_the_edge_of_a_site(made: Made) -> None:
    edges = shapely.boundary(made.metres("special").geometry.to_numpy())
    buildings = made.metres("buildings").geometry.to_numpy()
    assert shapely.STRtree(edges).query(buildings, predicate="intersects").size == 0


def test_units_tile_their_building_and_share_its_households(made: Made) -> None:
    units, buildings = made.metres("units"), made.metres("buildings").set_index("building_id")
    by_building = units.groupby("parent")
    counted = by_building["households"].sum().loc[buildings.index]
    assert (counted == buildings["households"]).all()
    assert (by_building.size().loc[buildings.index] == buildings["units"]).all()
    areas = units.area.groupby(units["parent"]).sum()
    assert ((areas / buildings.area - 1).abs() < 1e-3).all()
    assert units["building_id"].is_unique
    assert (buildings["units"] > 1).any()


def test_barriers_carry_the_weight_of_their_class(made: Made) -> None:
    barriers = made.town.barriers
    assert (barriers["w"] == barriers["class"].map(WEIGHT)).all()
    heavy = set(barriers.loc[barriers["w"] >= 1, "class"])
    assert {"river", "rail"} <= heavy
    assert not heavy & {"secondary", "tertiary", "residential", "wall", "service"}


def test_one_can_drive_from_every_street_to_every_other(made: Made) -> None:
    barriers = made.metres("barriers")
    streets = barriers[barriers["class"].isin(STREETS)].buffer(0.5)
    # The river and the railway would leave parts, were they not bridged.
    assert len(shapely.get_parts(shapely.union_all(streets.to_numpy()))) == 1


def test_there_is_one_of_everything(made: Made) -> None:
    kinds = set(made.town.buildings["kind"])
    assert {"apartments", "house", "farm", "retail", "school", "industrial"} <= kinds
    assert {"school", "park", "hospital", "enterprise"} == set(made.town.special["kind"])
    assert {"wall", "living_street", "service"} <= set(made.town.barriers["class"])

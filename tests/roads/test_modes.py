import pytest

from gridsvc.errors import BadInput
from gridsvc.roads.modes import CLASSES, MODES, Mode, checked_class, is_road, kmh


def test_speeds_rise_from_foot_to_wheel_where_all_may_go():
    for road_class in ("trunk", "primary", "secondary", "tertiary", "residential"):
        walk, ebike, car = (kmh(road_class, mode) for mode in MODES)
        assert 0 < walk < ebike < car


def test_slip_roads_are_of_their_class_and_slower_by_car():
    assert is_road("primary_link")
    assert kmh("primary_link", Mode.CAR) < kmh("primary", Mode.CAR)
    assert kmh("primary_link", Mode.EBIKE) == kmh("primary", Mode.EBIKE)


def test_every_class_carries_somebody():
    assert all(any(kmh(one, mode) > 0 for mode in MODES) for one in CLASSES)


def test_what_is_no_class_is_refused_with_those_there_are():
    assert checked_class("tertiary_link") == "tertiary_link"
    with pytest.raises(BadInput, match="'river' is no class of road; give one of motorway"):
        checked_class("river")

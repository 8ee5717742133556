import pytest

from gridsvc.exchange.road_tags import passes, speeds, turn
from gridsvc.roads.modes import MODES, WALK_KMH, Mode, kmh


def allowed(**tags):
    """Who may go, as letters: w, e, c with the line, and after a slash against it."""
    told = speeds({key.replace("__", ":"): value for key, value in tags.items()})
    assert not isinstance(told, str), told
    return "/".join(
        "".join(mode.value[0] for mode, pair in zip(MODES, told, strict=True) if pair[way] > 0)
        for way in (0, 1)
    )


def speed(mode, **tags):
    return speeds(tags)[MODES.index(mode)][0]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"highway": "residential"}, "wec/wec"),
        ({"highway": "motorway"}, "c/"),
        ({"highway": "motorway", "oneway": "no"}, "c/c"),
        ({"highway": "trunk", "motorroad": "yes"}, "c/c"),
        ({"highway": "trunk", "motorroad": "yes", "foot": "yes"}, "wc/wc"),
        ({"highway": "footway"}, "we/we"),
        ({"highway": "steps"}, "w/w"),
        ({"highway": "steps", "bicycle": "yes"}, "w/w"),
        ({"highway": "footway", "motor_vehicle": "yes"}, "wec/wec"),
        ({"highway": "pedestrian", "bicycle": "no"}, "we/we"),  # pushed
        ({"highway": "residential", "oneway": "yes"}, "wec/w"),
        ({"highway": "residential", "oneway": "-1"}, "w/wec"),
        ({"highway": "residential", "oneway": "yes", "oneway__bicycle": "no"}, "wec/we"),
        ({"highway": "residential", "oneway": "yes", "cycleway": "opposite_lane"}, "wec/we"),
        ({"highway": "residential", "oneway": "reversible"}, "w/w"),
        ({"highway": "primary", "junction": "roundabout"}, "wec/w"),
        ({"highway": "primary", "junction": "roundabout", "oneway": "no"}, "wec/wec"),
        ({"highway": "service", "access": "private", "foot": "yes"}, "w/w"),
        ({"highway": "service", "access": "no", "motor_vehicle": "destination"}, "c/c"),
        ({"highway": "residential", "vehicle": "no"}, "we/we"),
        ({"highway": "residential", "motor_vehicle": "no"}, "we/we"),
        ({"highway": "residential", "motor_vehicle": "no", "motorcar": "yes"}, "wec/wec"),
        ({"highway": "residential", "foot": "no"}, "ec/ec"),
        ({"highway": "residential", "bicycle": "dismount"}, "wec/wec"),
        ({"highway": "path"}, "we/we"),
    ],
)
def test_who_may_go_which_way(tags, expected):
    assert allowed(**tags) == expected


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "construction"}, "ways nobody travels on"),
        ({"highway": "proposed"}, "ways nobody travels on"),
        ({"highway": "corridor"}, "ways nobody travels on"),
        ({}, "ways nobody travels on"),
        ({"highway": "service", "access": "private"}, "private or closed ways"),
        ({"highway": "residential", "access": "no"}, "private or closed ways"),
        ({"highway": "service", "route": "ferry"}, "ferries"),
    ],
)
def test_what_is_no_road_says_why(tags, reason):
    assert speeds(tags) == reason


def test_limits_bind_cars_and_never_make_an_e_bike_quicker():
    assert speed(Mode.CAR, highway="residential", maxspeed="40") == pytest.approx(32)
    assert speed(Mode.CAR, highway="residential", maxspeed="30 mph") == pytest.approx(38.6, abs=0.1)
    assert speed(Mode.CAR, highway="residential", maxspeed="walk") == kmh("residential", Mode.CAR)
    assert speed(Mode.CAR, highway="residential", maxspeed="0") == kmh("residential", Mode.CAR)
    assert speed(Mode.EBIKE, highway="primary", maxspeed="60") == kmh("primary", Mode.EBIKE)
    assert speed(Mode.EBIKE, highway="primary", maxspeed="15") == 15
    assert speed(Mode.WALK, highway="primary", maxspeed="1") == WALK_KMH


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"barrier": "gate"}, (True, True, True)),
        ({"barrier": "lift_gate"}, (True, True, True)),
        ({"barrier": "bollard"}, (True, True, False)),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, (True, True, True)),
        ({"barrier": "turnstile"}, (True, False, False)),
        ({"barrier": "gate", "access": "private"}, (False, False, False)),
        ({"barrier": "gate", "access": "no", "foot": "yes"}, (True, False, False)),
        ({"barrier": "gate", "locked": "yes"}, (False, False, False)),
    ],
)
def test_who_gets_past_what_stands_across(tags, expected):
    assert passes(tags) == expected


VEHICLES, CARS, RIDERS = (False, True, True), (False, False, True), (False, True, False)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"restriction": "no_u_turn"}, (False, VEHICLES)),
        ({"restriction": "only_right_turn"}, (True, VEHICLES)),
        ({"restriction": "no_left_turn", "except": "bicycle;psv"}, (False, CARS)),
        ({"restriction": "no_left_turn", "except": "motorcar"}, (False, RIDERS)),
        ({"restriction": "no_left_turn", "except": "psv"}, (False, VEHICLES)),
        ({"restriction:motorcar": "no_left_turn"}, (False, CARS)),
        ({"restriction:bicycle": "no_left_turn"}, (False, RIDERS)),
        ({"restriction": "no_left_turn", "except": "motor_vehicle;bicycle"}, "others"),
        ({"restriction:hgv": "no_left_turn"}, "others"),
        ({"restriction": "nonsense"}, "others"),
        ({"restriction": "no_"}, "others"),
        ({"restriction:conditional": "no_left_turn @ (07:00-09:00)"}, "at times"),
        ({"restriction": "no_left_turn", "hour_on": "07:00"}, "at times"),
        ({"restriction": "no_left_turn", "restriction:motorcar": "only_left_turn"}, "not clear"),
    ],
)
def test_whom_a_turn_restriction_is_for(tags, expected):
    said = turn(tags)
    if isinstance(expected, str):
        assert said == f"turn restrictions {expected if expected != 'others' else 'of others'}"
    else:
        assert said == expected

"""How people travel, how fast on which road, and what a straight line stands for; pure."""

from __future__ import annotations

from enum import StrEnum

from gridsvc.errors import BadInput


class Mode(StrEnum):
    """How somebody travels."""

    WALK = "walk"
    EBIKE = "ebike"
    CAR = "car"


#: Order of the modes in every array that has one row for each.
MODES = tuple(Mode)

#: Kilometres per hour on foot: 1.3 m/s, a usual walking speed.
WALK_KMH = 4.7
#: An e-bike that is pushed.
_PUSHED = 4.0

# Our own estimates of speeds with the stops on the way, not measured ones: e-bikes end at 25 km/h
# by GB 17761-2018 and lose some of it at crossings; cars lose more, the smaller the road.
_KMH: dict[str, tuple[float, float, float]] = {
    # class: on foot, by e-bike, by car; 0 = not there
    "motorway": (0, 0, 80),
    "trunk": (WALK_KMH, 20, 60),
    "primary": (WALK_KMH, 20, 45),
    "secondary": (WALK_KMH, 20, 38),
    "tertiary": (WALK_KMH, 20, 32),
    "unclassified": (WALK_KMH, 20, 28),
    "road": (WALK_KMH, 18, 25),
    "residential": (WALK_KMH, 18, 25),
    "living_street": (WALK_KMH, 15, 12),
    "service": (WALK_KMH, 15, 15),
    "track": (WALK_KMH, 12, 10),
    "pedestrian": (WALK_KMH, _PUSHED, 0),
    "footway": (WALK_KMH, _PUSHED, 0),
    "path": (WALK_KMH, 12, 0),
    "cycleway": (WALK_KMH, 18, 0),
    "bridleway": (WALK_KMH, 10, 0),
    "steps": (WALK_KMH * 0.6, 0, 0),
}
#: A slip road is taken slower than the road it joins.
_LINK_SHARE = 0.8

#: Metres by road for each metre of the straight line, and the speed on the way, km/h: medians
#: over pairs more than 300 m apart in the extract of Nanjing's centre, rounded (1.34, 1.40, 1.47
#: and 4.7, 16.9, 26.7; ``python -m tests.bench.dispatch.roads``).
DETOUR = {Mode.WALK: 1.35, Mode.EBIKE: 1.4, Mode.CAR: 1.5}
LINE_KMH = {Mode.WALK: WALK_KMH, Mode.EBIKE: 17.0, Mode.CAR: 27.0}

CLASSES = tuple(_KMH)


def kmh(road_class: str, mode: Mode) -> float:
    """Speed on a class of road, with its slip roads; 0 where the mode has no place there.

    Raises
    ------
    KeyError
        If it is no class of road.
    """
    main = road_class.removesuffix("_link")
    speed = _KMH[main][MODES.index(mode)]
    slower = main != road_class and mode is Mode.CAR
    return speed * _LINK_SHARE if slower else speed


def fastest_mps(mode: Mode) -> float:
    """Metres per second that nobody exceeds, on whatever road."""
    return max(speeds[MODES.index(mode)] for speeds in _KMH.values()) / 3.6


def is_road(road_class: str) -> bool:
    """Whether anybody travels on ways of this class."""
    return road_class.removesuffix("_link") in _KMH


def checked_class(road_class: str) -> str:
    """The class itself, if it is one.

    Raises
    ------
    BadInput
        If it is none.
    """
    if not is_road(road_class):
        raise BadInput(f"{road_class!r} is no class of road; give one of {', '.join(CLASSES)}")
    return road_class


def line_seconds_per_m(mode: Mode) -> float:
    """Seconds for each metre of a straight line, where no road is known."""
    return DETOUR[mode] * 3.6 / LINE_KMH[mode]

"""What OpenStreetMap tags mean for travelling: who may go where, which way, how fast; pure.

Rules follow the OpenStreetMap wiki: "OSM tags for routing", "Key:access", "Key:oneway",
"Key:barrier". What a tag for the mode itself says goes before what one for all says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from gridsvc.roads.modes import MODES, Mode, is_road, kmh
from gridsvc.roads.ways import Speeds

Tags = Mapping[str, str]

#: Keys that say who may pass, the one for the mode itself first.
_ACCESS = {
    Mode.WALK: ("foot", "access"),
    Mode.EBIKE: ("electric_bicycle", "bicycle", "vehicle", "access"),
    Mode.CAR: ("motorcar", "motor_vehicle", "vehicle", "access"),
}
_REFUSED = {
    "no",
    "private",
    "agricultural",
    "forestry",
    "military",
    "emergency",
    "psv",
    "use_sidepath",
}
_PUSHED = {"dismount"}
#: Where a way not meant for a mode may be used after all, when a tag of the mode says so.
_WELCOME = {"yes", "designated", "permissive", "destination", "official"}
_NOT_ON_FOOT = {"motorway", "motorway_link"}
_FORWARD, _BACKWARD = {"yes", "true", "1"}, {"-1", "reverse"}
_SOMETIMES = {"reversible", "alternating"}
_PUSHED_KMH = 4.0
#: What is left of a speed limit on the way, with its stops.
_OF_THE_LIMIT = 0.8
_SPEED = re.compile(r"(\d{1,3})(\s*mph)?")
_MPH = 1.609

#: Things across a way that stop cars; the second set stops e-bikes too. Gates and lift gates of
#: estates open for whoever belongs there, unless a tag says more.
_STOPS_CARS = {
    *("block", "bollard", "bus_trap", "chain", "cycle_barrier", "debris", "jersey_barrier"),
    *("log", "motorcycle_barrier", "planter", "barrier_board", "bump_gate", "step"),
}
#: Keys that name a mode among who a turn is not for, or is for: nobody on foot is ever meant.
_VEHICLES = {
    Mode.EBIKE: {"bicycle", "electric_bicycle", "vehicle"},
    Mode.CAR: {"motorcar", "motor_vehicle", "vehicle"},
}
_STOPS_RIDERS = {"full-height_turnstile", "kissing_gate", "stile", "turnstile"}


def speeds(tags: Tags) -> Speeds | str:
    """Speeds of a way for each mode, with its line and against it; or why it is none.

    Returns
    -------
    sequence of pairs, or str
        Kilometres per hour, 0 where not allowed; a text says why nobody travels on it.
    """
    road_class = tags.get("highway", "")
    if not is_road(road_class):
        return "ways nobody travels on"
    if tags.get("route") == "ferry" or tags.get("ferry", "no") != "no":
        return "ferries"
    found = [_directed(tags, mode, _speed(tags, road_class, mode)) for mode in MODES]
    if not any(speed > 0 for pair in found for speed in pair):
        return "private or closed ways"
    return found


def _speed(tags: Tags, road_class: str, mode: Mode) -> float:
    told = next((tags[key] for key in _ACCESS[mode] if key in tags), None)
    own = next((tags[key] for key in _ACCESS[mode][:-1] if key in tags), None)
    if told in _REFUSED:
        walks = mode is Mode.EBIKE and told == "no" and own == "no"
        return _pushed(tags, road_class) if walks else 0.0
    if told in _PUSHED:
        return _pushed(tags, road_class)
    if tags.get("motorroad") == "yes" and mode is not Mode.CAR and own not in _WELCOME:
        return 0.0
    usual = kmh(road_class, mode)
    if usual == 0.0 and own in _WELCOME and road_class != "steps":
        return kmh("service", mode)
    if mode is Mode.EBIKE and own in _WELCOME and usual == _PUSHED_KMH:
        return kmh("path", mode)
    return _limited(tags, usual, mode)


def _pushed(tags: Tags, road_class: str) -> float:
    """Speed of an e-bike that is pushed where one may walk."""
    walking = _speed(tags, road_class, Mode.WALK)
    return _PUSHED_KMH if walking > 0 and road_class not in {"steps", *_NOT_ON_FOOT} else 0.0


def _limited(tags: Tags, usual: float, mode: Mode) -> float:
    found = _SPEED.fullmatch(tags.get("maxspeed", ""))
    if found is None or usual == 0.0 or mode is Mode.WALK:
        return usual
    limit = float(found[1]) * (_MPH if found[2] else 1.0)
    if limit < 5.0:
        return usual
    return limit * _OF_THE_LIMIT if mode is Mode.CAR else min(usual, limit)


def _directed(tags: Tags, mode: Mode, speed: float) -> tuple[float, float]:
    way = _oneway(tags, mode)
    if way in _SOMETIMES:
        return 0.0, 0.0  # nobody here knows when
    return (0.0 if way in _BACKWARD else speed), (0.0 if way in _FORWARD else speed)


def _oneway(tags: Tags, mode: Mode) -> str:
    """Value of the one-way tag that holds for a mode, ``no`` where it may go both ways."""
    if mode is Mode.WALK:
        return tags.get("oneway:foot", "no")
    own = {Mode.EBIKE: "oneway:bicycle", Mode.CAR: "oneway:motor_vehicle"}[mode]
    if own in tags:
        return tags[own]
    if mode is Mode.EBIKE and any(
        value.startswith("opposite") for key, value in tags.items() if key.startswith("cycleway")
    ):
        return "no"
    if "oneway" in tags:
        return tags["oneway"]
    circles = tags.get("junction") in {"roundabout", "circular"}
    return "yes" if circles or tags.get("highway") in _NOT_ON_FOOT else "no"


def passes(tags: Tags) -> tuple[bool, ...]:
    """Who of `MODES` gets past something that stands across a way."""
    return tuple(_passes(tags, mode) for mode in MODES)


def _passes(tags: Tags, mode: Mode) -> bool:
    told = next((tags[key] for key in _ACCESS[mode] if key in tags), None)
    if tags.get("locked") == "yes":
        return told in _WELCOME and told == tags.get("foot") and mode is Mode.WALK
    if told is not None:
        return told not in _REFUSED
    kind = tags.get("barrier", "")
    if mode is Mode.CAR:
        return kind not in _STOPS_CARS | _STOPS_RIDERS
    return mode is Mode.WALK or kind not in _STOPS_RIDERS


def turn(tags: Tags) -> tuple[bool, tuple[bool, ...]] | str:
    """What a turn restriction says: whether it is the only turn allowed, and of whom of `MODES`.

    Whoever walks turns as they like; ``except=bicycle`` frees e-bikes, ``restriction:motorcar``
    holds for cars alone. A text says why it holds for nobody here.
    """
    told = {mode: _turn_of(tags, mode) for mode in MODES}
    kinds = {kind for kind in told.values() if kind}
    if not kinds:
        timed = any("conditional" in key for key in tags) or {"day_on", "hour_on"} & set(tags)
        return "turn restrictions at times" if timed else "turn restrictions of others"
    if len(kinds) > 1:
        return "turn restrictions not clear"
    return kinds.pop() == "only", tuple(bool(told[mode]) for mode in MODES)


def _turn_of(tags: Tags, mode: Mode) -> str:
    """``no`` or ``only``, as it holds for a mode; empty where it does not."""
    keys = _VEHICLES.get(mode, set())
    if not keys or {"day_on", "hour_on"} & set(tags):
        return ""
    own = next(
        (tags[f"restriction:{key}"] for key in sorted(keys) if f"restriction:{key}" in tags), ""
    )
    excepted = {one.strip() for one in tags.get("except", "").split(";")} & keys
    value = own or ("" if excepted else tags.get("restriction", ""))
    kind, _, rest = value.partition("_")
    return kind if kind in {"no", "only"} and rest else ""

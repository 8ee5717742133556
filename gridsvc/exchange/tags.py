"""What OpenStreetMap tags mean for planning: kinds of buildings, barriers and special sites.

Pure functions over one object's tags. Tables follow the OpenStreetMap wiki's "Map features".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

Tags = Mapping[str, str]

#: Height of one storey in metres where only ``height`` is tagged (OpenStreetMap wiki,
#: "Simple 3D buildings").
STOREY_M = 3.0
#: The tallest building has 163 floors; more is a slip.
_MAX_LEVELS = 200
_MAX_FLATS = 5_000

#: Not a building to plan with: nothing stands there, or people only pass under it.
_NO_BUILDING = {"no", "roof", "carport", "ruins", "collapsed", "demolished", "entrance"}

#: Weight of a barrier by class, 1.0 and above = heavy: nobody crosses it in passing, so that a
#: grid worker's round should not. Below, the more a street divides the higher.
BARRIER_WEIGHT = {
    "river": 1.5,
    "canal": 1.2,
    "rail": 1.5,
    "light_rail": 1.2,
    "narrow_gauge": 1.0,
    "subway": 1.2,
    "monorail": 0.4,
    "tram": 0.4,
    "motorway": 1.5,
    "trunk": 1.2,
    "primary": 1.0,
    "secondary": 0.8,
    "tertiary": 0.6,
    "unclassified": 0.5,
    "residential": 0.4,
    "road": 0.4,
    "living_street": 0.3,
    "pedestrian": 0.3,
    "service": 0.2,
    "footway": 0.15,
    "path": 0.15,
    "cycleway": 0.15,
    "track": 0.2,
    "city_wall": 1.2,
    "wall": 0.4,
    "retaining_wall": 0.4,
    "fence": 0.3,
    "stream": 0.6,
    "drain": 0.4,
    "ditch": 0.3,
    "water": 0.8,
    "compound": 0.25,
}
#: Ways on which nobody drives: of use as a border where no street is near.
PATHS = {"footway", "path", "cycleway", "track"}
#: A slip road divides half as much as the road it joins.
_LINK_SHARE = 0.5
#: One can pass under a viaduct, so it divides half as much as the same way on the ground.
_VIADUCT_SHARE = 0.5
_RAILWAYS = {"rail", "light_rail", "narrow_gauge", "subway", "monorail", "tram"}
_WATERWAYS = {"river", "canal", "stream", "drain", "ditch"}
_WALLS = {"city_wall", "wall", "retaining_wall", "fence"}
#: Footways that belong to a street or cross one.
_PAVEMENTS = {"sidewalk", "crossing", "traffic_island", "link", "access_aisle"}
#: Ways to a parking space or a front door divide nothing.
_MINOR_SERVICE = {"parking_aisle", "driveway", "drive-through", "emergency_access"}

#: Special sites (专属网格): key, values, kind written.
_SITES: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "amenity",
        {
            "school": "school",
            "kindergarten": "school",
            "university": "university",
            "college": "university",
            "hospital": "hospital",
            "clinic": "hospital",
            "townhall": "government",
            "courthouse": "government",
            "police": "government",
            "fire_station": "government",
            "prison": "government",
            "marketplace": "market",
            "bus_station": "station",
        },
    ),
    ("office", {"government": "government", "diplomatic": "government"}),
    (
        "leisure",
        {"park": "park", "garden": "park", "stadium": "sports", "sports_centre": "sports"},
    ),
    (
        "landuse",
        {
            "industrial": "enterprise",
            "commercial": "enterprise",
            "retail": "market",
            "military": "military",
            "cemetery": "cemetery",
            "railway": "station",
            "port": "enterprise",
        },
    ),
    ("tourism", {"museum": "museum", "zoo": "park", "theme_park": "park"}),
    ("shop", {"mall": "market", "department_store": "market"}),
    ("man_made", {"works": "enterprise"}),
)

#: Use of a building that its own tag does not tell (``building=yes``), from other tags.
_USES: tuple[tuple[str, dict[str, str]], ...] = (
    *_SITES,
    ("amenity", {"place_of_worship": "religious", "library": "public", "theatre": "public"}),
    ("tourism", {"hotel": "hotel", "hostel": "hotel", "guest_house": "hotel"}),
)
#: Use that a Chinese name tells, by what it contains; the first that fits.
_NAMES = (
    ("hotel", ("酒店", "宾馆", "饭店")),
    ("hospital", ("医院", "卫生院")),
    ("school", ("小学", "中学", "学校", "幼儿园")),
    ("university", ("大学", "学院")),
    ("residential", ("新村", "小区", "公寓", "花园", "家园", "新寓", "住宅", "宿舍", "苑")),
    ("retail", ("商场", "百货", "购物", "商城", "市场")),
    ("sports", ("体育", "健身")),
    ("public", ("会堂", "礼堂", "剧院", "影院", "图书馆", "博物馆")),
    ("office", ("大厦", "写字楼", "银行", "证券", "商务", "办公")),
)
_ZONED = {"commercial", "retail", "industrial"}
#: Ground on which buildings of untold use stand, where it says what they are.
_GROUNDS = {
    "residential": "residential",
    "commercial": "mixed",
    "retail": "mixed",
    "industrial": "industrial",
    "military": "military",
    "railway": "station",
    "construction": "construction",
}


def building_kind(tags: Tags) -> str | None:
    """Kind of a building, ``unknown`` where the tags do not tell, None where none stands."""
    value = tags.get("building") or tags.get("building:part") or "no"
    if value in _NO_BUILDING or is_underground(tags):
        return None
    if value not in {"yes", "tower"}:
        return value
    return _first(tags, _USES) or _trade(tags) or _named(tags) or "unknown"


def is_underground(tags: Tags) -> bool:
    """Whether a building lies below the streets: by its layer, or as a station of the subway."""
    below = tags.get("layer", "0").startswith("-") or tags.get("location") == "underground"
    return below or (tags.get("station") == "subway" and "layer" not in tags)


def ground_kind(tags: Tags) -> str | None:
    """Kind of buildings of untold use that stand on this ground, None where it tells nothing."""
    return _GROUNDS.get(tags.get("landuse", "")) or site_kind(tags)


def site_kind(tags: Tags) -> str | None:
    """Kind of a special site, None for any other area.

    Land zoned commercial, retail or industrial is a site only under a name of its own: without
    one it is a zone of many owners, which may fill half a town.
    """
    named = "name" in tags or "operator" in tags
    if tags.get("landuse") in _ZONED and not named:
        tags = {key: value for key, value in tags.items() if key != "landuse"}
    return _first(tags, _SITES)


def levels(tags: Tags) -> int | None:
    """Storeys above ground from ``building:levels``, else from ``height``; None if neither."""
    numbers = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", _levels_text(tags))]
    if numbers and 1 <= max(numbers) <= _MAX_LEVELS:
        return round(max(numbers))
    height_m = _height_m(tags.get("height", ""))
    if height_m is None or not STOREY_M / 2 <= height_m <= STOREY_M * _MAX_LEVELS:
        return None
    return max(1, round(height_m / STOREY_M))


def flats(tags: Tags) -> int | None:
    """Dwellings from ``building:flats``, None where untagged or unreadable."""
    text = tags.get("building:flats", "").strip()
    return int(text) if text.isdecimal() and int(text) <= _MAX_FLATS else None


def barrier(tags: Tags) -> tuple[str, float] | None:
    """Class and weight of a line that divides the ground, None where it does not.

    What runs in a tunnel, a culvert or below ground (subways unless tagged as raised) divides
    nothing. Bridges carry on what the way is on either side; a viaduct can be passed under.
    """
    kind, share = _line_kind(tags)
    if kind is None or _below_ground(tags, kind):
        return None
    if tags.get("bridge") == "viaduct" or (kind in {"motorway", "rail"} and "bridge" in tags):
        share *= _VIADUCT_SHARE
    return kind, BARRIER_WEIGHT[kind] * share


def _line_kind(tags: Tags) -> tuple[str | None, float]:
    road = tags.get("highway", "")
    main = road.removesuffix("_link")
    if main in BARRIER_WEIGHT and tags.get("area") != "yes":
        minor = main == "service" and tags.get("service") in _MINOR_SERVICE
        minor |= main in PATHS and tags.get(main) in _PAVEMENTS
        return (None, 0.0) if minor else (main, _LINK_SHARE if main != road else 1.0)
    for key, kinds in (("railway", _RAILWAYS), ("waterway", _WATERWAYS), ("barrier", _WALLS)):
        if tags.get(key) in kinds:
            return tags[key], 1.0
    return None, 0.0


def _below_ground(tags: Tags, kind: str) -> bool:
    hidden = tags.get("tunnel", "no") != "no" or tags.get("location") == "underground"
    raised = "bridge" in tags or tags.get("embankment") == "yes" or tags.get("cutting") == "yes"
    sunk = tags.get("layer", "0").startswith("-") and not raised and kind not in _WATERWAYS
    return hidden or (sunk and kind in _RAILWAYS) or (kind == "subway" and not raised)


def _first(tags: Tags, table: tuple[tuple[str, dict[str, str]], ...]) -> str | None:
    return next((kinds[tags[key]] for key, kinds in table if tags.get(key) in kinds), None)


def _named(tags: Tags) -> str | None:
    name = tags.get("name:zh") or tags.get("name") or ""
    return next((kind for kind, words in _NAMES if any(word in name for word in words)), None)


def _trade(tags: Tags) -> str | None:
    if tags.get("office", "no") != "no":
        return "office"
    return "retail" if tags.get("shop", "no") != "no" else None


def _levels_text(tags: Tags) -> str:
    # A list such as "-1;8" or a range "5-7" is read as its highest storey.
    return re.sub(r"(?<=\d)-", " ", tags.get("building:levels", ""))


def _height_m(text: str) -> float | None:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(m|metres|meters|米|')?\s*", text)
    if match is None:
        return None
    return float(match[1]) * (0.3048 if match[2] == "'" else 1.0)

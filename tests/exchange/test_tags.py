import pytest

from gridsvc.exchange import tags


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"building": "yes"}, "unknown"),
        ({"building": "apartments", "shop": "books"}, "apartments"),
        ({"building": "yes", "amenity": "school"}, "school"),
        ({"building": "yes", "tourism": "hotel"}, "hotel"),
        ({"building": "yes", "office": "company"}, "office"),
        ({"building": "yes", "shop": "books"}, "retail"),
        ({"building": "yes", "name": "金陵大酒店"}, "hotel"),
        ({"building": "yes", "name": "科巷新村3栋"}, "residential"),
        ({"building": "yes", "name": "长江大厦"}, "office"),
        ({"building": "yes", "name": "三条巷小学"}, "school"),
        ({"building:part": "yes"}, "unknown"),
        ({"building": "roof"}, None),
        ({"building": "no"}, None),
        ({"building": "yes", "location": "underground"}, None),
        ({"building": "yes", "layer": "-1"}, None),
        ({"building": "yes", "railway": "station", "station": "subway"}, None),
        ({"highway": "primary"}, None),
    ],
)
def test_building_kinds(given, wanted):
    assert tags.building_kind(given) == wanted


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"building:levels": "6"}, 6),
        ({"building:levels": "-1;8"}, 8),
        ({"building:levels": "5-7"}, 7),
        ({"building:levels": "4.5"}, 4),
        ({"building:levels": "many"}, None),
        ({"building:levels": "0"}, None),
        ({"building:levels": "900"}, None),
        ({"height": "30"}, 10),
        ({"height": "30 m"}, 10),
        ({"height": "100'"}, 10),
        ({"height": "0"}, None),
        ({"height": "tall"}, None),
        ({"building:levels": "2", "height": "30"}, 2),
        ({}, None),
    ],
)
def test_levels(given, wanted):
    assert tags.levels(given) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"), [("24", 24), ("0", 0), ("-1", None), ("1e9", None), ("9" * 9, None)]
)
def test_flats(text, wanted):
    assert tags.flats({"building:flats": text}) == wanted


@pytest.mark.parametrize("kind", ["motorway", "trunk", "primary"])
def test_main_roads_are_heavy_and_their_slip_roads_are_not(kind):
    assert tags.barrier({"highway": kind})[1] >= 1.0
    assert tags.barrier({"highway": f"{kind}_link"})[1] < 1.0


@pytest.mark.parametrize("water", ["river", "canal"])
def test_rivers_are_heavy_and_ditches_are_not(water):
    assert tags.barrier({"waterway": water})[1] >= 1.0
    assert tags.barrier({"waterway": "ditch"})[1] < 1.0


def test_the_more_a_road_divides_the_heavier_it_is():
    roads = ["motorway", "trunk", "primary", "secondary", "tertiary", "residential"]
    roads += ["service", "footway"]
    weights = [tags.BARRIER_WEIGHT[road] for road in roads]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == len(weights)


@pytest.mark.parametrize(
    "given",
    [
        {"highway": "primary", "tunnel": "yes"},
        {"railway": "subway"},
        {"railway": "rail", "layer": "-2"},
        {"waterway": "river", "tunnel": "culvert"},
        {"highway": "footway", "footway": "sidewalk"},
        {"highway": "footway", "footway": "crossing"},
        {"highway": "steps"},
        {"highway": "proposed"},
        {"highway": "pedestrian", "area": "yes"},
        {"highway": "service", "service": "parking_aisle"},
        {"railway": "abandoned"},
        {"barrier": "kerb"},
        {},
    ],
)
def test_what_divides_nothing(given):
    assert tags.barrier(given) is None


def test_bridges_carry_on_and_viaducts_count_half():
    plain = tags.barrier({"railway": "rail"})
    assert tags.barrier({"highway": "primary", "bridge": "yes"}) == tags.barrier(
        {"highway": "primary"}
    )
    assert tags.barrier({"railway": "rail", "bridge": "viaduct"})[1] == plain[1] / 2
    assert tags.barrier({"railway": "subway", "bridge": "yes"}) is not None
    assert tags.barrier({"waterway": "river", "layer": "-1"})[1] >= 1.0


def test_sites_and_grounds():
    assert tags.site_kind({"amenity": "school"}) == "school"
    assert tags.site_kind({"landuse": "industrial", "name": "南京钢铁厂"}) == "enterprise"
    assert tags.site_kind({"landuse": "industrial"}) is None
    assert tags.ground_kind({"landuse": "industrial"}) == "industrial"
    assert tags.ground_kind({"landuse": "residential"}) == "residential"
    assert tags.site_kind({"landuse": "residential", "name": "科巷新村"}) is None
    assert tags.ground_kind({"amenity": "hospital"}) == "hospital"

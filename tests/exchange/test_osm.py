import pytest
import shapely

from gridsvc.errors import BadInput
from gridsvc.exchange.osm import read_osm
from tests.exchange.paper import METRIC, Extract, degrees, square, village


@pytest.fixture
def extract(tmp_path):
    return Extract(tmp_path / "place.osm.pbf")


def test_buildings_keep_what_their_tags_tell(extract):
    extract.area(square(0, 0, 20), building="apartments", building__levels="6")
    extract.area(square(30, 0, 20), building="yes", building__flats="12", height="9 m")
    extract.area(square(60, 0, 20), building="roof")
    extract.area(square(90, 0, 20), building__part="yes")
    area = read_osm(extract.write())
    found = area.buildings
    assert found["building_id"].tolist() == ["w1", "w2", "w4"]
    assert found["kind"].tolist() == ["apartments", "unknown", "unknown"]
    assert found["levels"].fillna(-1).tolist() == [6, 3, -1]
    assert found["flats"].fillna(-1).tolist() == [-1, 12, -1]
    assert found["part"].tolist() == [False, False, True]
    assert found.crs.to_epsg() == 4326
    wanted = degrees(square(0, 0, 20))
    # OpenStreetMap keeps seven decimals, a centimetre.
    assert found.geometry.iloc[0].hausdorff_distance(wanted) < 2e-7


def test_multipolygons_become_polygons_with_courtyards_and_numbered_parts(extract):
    outer = extract.area(square(0, 0, 60))
    inner = extract.area(square(20, 20, 20))
    second = extract.area(square(100, 0, 40))
    extract.relation(
        [outer, second], [inner], type="multipolygon", building="yes", building__flats="40"
    )
    found = read_osm(extract.write()).buildings
    assert sorted(found["building_id"]) == ["r1", "r1-2"]
    assert set(found.geom_type) == {"Polygon"}
    areas = sorted(found.to_crs(METRIC).area.round())
    assert areas == pytest.approx([1600, 3200], abs=2)
    assert found["flats"].isna().all()


def test_barriers_keep_class_weight_and_chinese_name(extract):
    extract.area(square(0, 0, 20), building="yes")
    extract.line([(0, 50), (500, 50)], highway="primary", name="Zhongshan Road")
    extract.line([(0, 60), (500, 60)], highway="residential", **{"name": "Lane", "name__zh": "巷"})
    extract.line([(0, 70), (500, 70)], highway="primary", tunnel="yes")
    extract.line([(0, 80), (500, 80)], barrier="city_wall")
    area = read_osm(extract.write())
    assert area.barriers["class"].tolist() == ["primary", "residential", "city_wall"]
    assert area.barriers["name"].tolist()[:2] == ["Zhongshan Road", "巷"]
    assert area.barriers["w"].iloc[0] >= 1.0 > area.barriers["w"].iloc[1] > 0
    assert area.dropped["lines in tunnels or culverts"] == 1


def test_sites_grounds_and_waters(extract):
    extract.area(square(0, 0, 20), building="yes")
    extract.area(square(0, 0, 200), amenity="school", name="第一小学")
    extract.area(square(300, 0, 200), landuse="residential")
    extract.area(square(600, 0, 200), natural="water")
    extract.area(square(900, 0, 90), building="hospital", amenity="hospital", name="一院")
    area = read_osm(extract.write())
    assert area.sites[["kind", "name"]].to_numpy().tolist() == [
        ["school", "第一小学"],
        ["hospital", "一院"],
    ]
    assert set(area.grounds["kind"]) == {"school", "residential"}
    assert len(area.waters) == 1
    assert len(area.buildings) == 2


def test_the_box_of_the_file_is_its_extent(tmp_path):
    path = village(tmp_path / "boxed.osm.pbf", box=(0, 0, 400, 300))
    wanted = degrees(square(0, 0, 400, 300))
    assert shapely.hausdorff_distance(read_osm(path).extent, wanted) < 1e-4
    assert read_osm(village(tmp_path / "plain.osm.pbf")).extent is None


def test_a_ring_that_does_not_close_is_no_building(extract):
    extract.area(square(0, 0, 20), building="yes")
    outer = extract.line([(100, 0), (140, 0), (140, 40)])
    extract.relation([outer], [], type="multipolygon", building="yes")
    area = read_osm(extract.write())
    assert len(area.buildings) == 1


def test_unreadable_extracts_are_refused(tmp_path):
    good = village(tmp_path / "good.osm.pbf").read_bytes()
    for name, content, told in (
        ("cut.osm.pbf", good[: len(good) // 2], "download it again"),
        ("noise.osm.pbf", b"\x00\x01" * 500, "download it again"),
        ("empty.osm.pbf", b"", "is empty; export it again"),
        ("notes.txt", b"hello", "download it again"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match=told):
            read_osm(tmp_path / name)
    with pytest.raises(BadInput, match="there is no file"):
        read_osm(tmp_path / "none.osm.pbf")


def test_an_extract_without_buildings_is_refused(extract):
    extract.line([(0, 0), (9, 9)], highway="primary")
    with pytest.raises(BadInput, match="holds no building; choose"):
        read_osm(extract.write())


def test_a_name_nobody_can_keep_is_left_out(extract):
    extract.area(square(0, 0, 20), building="yes")
    extract.line([(0, 0), (9, 9)], highway="primary", name="中山\x07路")
    assert read_osm(extract.write()).barriers["name"].tolist() == [None]

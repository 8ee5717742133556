import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridsvc.errors import BadInput
from gridsvc.exchange.layers import write_layers
from gridsvc.exchange.roads import read_roads
from gridsvc.roads.graph import build_graph
from gridsvc.roads.modes import MODES, Mode
from gridsvc.roads.turns import Turn
from tests.exchange.paper import Extract, degrees, frame, square


@pytest.fixture
def extract(tmp_path):
    return Extract(tmp_path / "place.osm.pbf")


def lines_file(path, *lines, layer="roads", **columns):
    shapes = [degrees(shapely.LineString(points)) for points in lines]
    table = {
        name: told if isinstance(told, list) else [told] * len(lines)
        for name, told in columns.items()
    }
    write_layers(path, {layer: frame(shapes, 4326, **table)})
    return path


def km(graph, mode=Mode.CAR):
    return round(graph.km(mode), 2)


class TestExtracts:
    def test_ways_keep_their_numbers_classes_and_places(self, extract):
        extract.line([(0, 0), (100, 0)], highway="primary", name="中山路")
        extract.line([(0, 50), (100, 50)], waterway="river")
        extract.line([(0, 90), (100, 90)], highway="construction")
        ways = read_roads(extract.write())
        assert ways.source_id.tolist() == [1]
        assert ways.classes == ("primary",)
        assert ways.left_out == {"ways nobody travels on": 1}
        wanted = degrees(shapely.LineString([(0, 0), (100, 0)]))
        assert np.column_stack([ways.lon, ways.lat]) == pytest.approx(
            shapely.get_coordinates(wanted), abs=2e-7
        )

    def test_ferries_are_left_out_and_counted(self, extract):
        extract.line([(0, 0), (100, 0)], highway="primary")
        extract.line([(0, 0), (0, 900)], route="ferry")
        assert read_roads(extract.write()).left_out == {"ferries": 1}

    def test_turn_restrictions_are_read_with_whom_they_are_for(self, extract):
        for y in (0, 50, 100):
            extract.line([(0, y), (100, y)], highway="primary")
        start, via, end = ("w", 1, "from"), ("n", 2, "via"), ("w", 2, "to")
        said = {"type": "restriction"}
        extract.members(start, via, end, restriction="no_left_turn", **said)
        straight = {"restriction": "only_straight_on", "except": "bicycle"}
        extract.members(start, via, end, **straight, **said)
        extract.members(start, ("w", 3, "from"), via, end, restriction="no_entry", **said)
        # Some that hold for nobody here, or cannot be kept.
        extract.members(start, via, end, restriction__hgv="no_left_turn", **said)
        extract.members(start, via, end, restriction__conditional="no_left_turn @ (Mo)", **said)
        extract.members(start, ("w", 3, "via"), end, restriction="no_left_turn", **said)
        extract.members(start, end, restriction="no_left_turn", **said)
        extract.members(start, ("w", 3, "from"), via, end, restriction="only_right_turn", **said)
        ways = read_roads(extract.write())
        vehicles, cars = (False, True, True), (False, False, True)
        assert ways.turns == (
            Turn(1, 2, 2, only=False, bars=vehicles),
            Turn(1, 2, 2, only=True, bars=cars),
            Turn(1, 2, 2, only=False, bars=vehicles),
            Turn(3, 2, 2, only=False, bars=vehicles),
        )
        assert ways.left_out == {
            "turn restrictions at times": 1,
            "turn restrictions not clear": 2,
            "turn restrictions of others": 1,
            "turn restrictions over several ways": 1,
        }

    def test_a_bollard_stops_cars_where_it_stands(self, tmp_path):
        place = Extract(tmp_path / "gated.osm.pbf")
        place.line([(0, 0), (100, 0), (300, 0)], highway="residential")
        place.tag(2, barrier="bollard")
        graph = build_graph(read_roads(place.write()))
        assert km(graph, Mode.WALK) == 0.3
        assert km(graph) == 0.2

    def test_a_way_without_some_of_its_nodes_is_read_as_far_as_it_goes(self, tmp_path):
        place = Extract(tmp_path / "clipped.osm.pbf")
        place.line([(0, 0), (100, 0), (200, 0), (300, 0), (400, 0)], highway="residential")
        place.forget(3)
        ways = read_roads(place.write())
        assert np.diff(ways.first).tolist() == [2, 2]
        assert ways.left_out == {"roads with missing nodes": 1}

    def test_an_extract_without_roads_is_refused(self, extract):
        extract.area(square(0, 0, 20), building="yes")
        with pytest.raises(BadInput, match="holds no road; choose a source with streets"):
            read_roads(extract.write())

    @pytest.mark.parametrize("content", [b"", b"hello", b"\x00\x01" * 500])
    def test_what_is_no_extract_is_refused(self, tmp_path, content):
        path = tmp_path / "bad.osm.pbf"
        path.write_bytes(content)
        with pytest.raises(BadInput, match=r"bad.osm.pbf.*(download|export) it again"):
            read_roads(path)

    def test_a_cut_extract_is_refused(self, extract, tmp_path):
        extract.line([(0, 0), (100, 0)], highway="primary")
        good = extract.write().read_bytes()
        path = tmp_path / "cut.osm.pbf"
        path.write_bytes(good[: len(good) // 2])
        with pytest.raises(BadInput, match="download it again"):
            read_roads(path)

    def test_a_missing_file_is_told(self, tmp_path):
        with pytest.raises(BadInput, match="there is no file"):
            read_roads(tmp_path / "none.osm.pbf")


class TestLines:
    def test_lines_meet_at_common_vertices_and_where_one_ends_on_another(self, tmp_path):
        path = lines_file(
            tmp_path / "town.gpkg",
            [(0, 0), (300, 0)],
            [(100, 0.4), (100, 200)],  # ends on the first, a hand's breadth off
            [(100, 200), (200, 200)],  # shares a vertex with the second
            [(250, -50), (250, 50)],  # crosses the first on a bridge
            **{"class": "residential"},
        )
        graph = build_graph(read_roads(path))
        assert km(graph) == 0.6
        assert graph.left_out["parts cut off, car"] == 1

    def test_columns_mean_what_the_tags_mean(self, tmp_path):
        path = lines_file(
            tmp_path / "town.gpkg",
            [(0, 0), (300, 0)],
            [(0, 0), (0, 300)],
            [(0, 0), (-300, 0)],
            **{
                "class": ["residential", "river", "residential"],
                "oneway": ["yes", None, None],
                "motor_vehicle": [None, None, "no"],
            },
        )
        ways = read_roads(path)
        assert ways.left_out == {"ways nobody travels on": 1}
        car = ways.speed_kmh[:, MODES.index(Mode.CAR)]
        assert (car > 0).tolist() == [[True, False], [False, False]]
        assert ways.source_id.tolist() == [0, 2]

    def test_the_streets_of_a_prepared_area_are_its_barriers(self, tmp_path):
        path = tmp_path / "prepared.gpkg"
        streets = frame(
            [degrees(shapely.LineString([(0, 0), (90, 0)]))], 4326, **{"class": ["service"]}
        )
        houses = frame([degrees(square(0, 0, 20))], 4326, building_id=["b"])
        write_layers(path, {"buildings": houses, "barriers": streets})
        assert read_roads(path).classes == ("service",)

    def test_lines_of_several_parts_are_several(self, tmp_path):
        parts = degrees(shapely.MultiLineString([[(0, 0), (50, 0)], [(50, 0), (50, 90)]]))
        path = tmp_path / "multi.gpkg"
        write_layers(path, {"roads": frame([parts], 4326, **{"class": ["tertiary"]})})
        ways = read_roads(path)
        assert ways.source_id.tolist() == [0, 0]
        assert km(build_graph(ways)) == 0.14

    def test_a_layer_without_class_or_without_roads_is_refused(self, tmp_path):
        path = lines_file(tmp_path / "a.gpkg", [(0, 0), (9, 9)], name="x")
        with pytest.raises(BadInput, match="class"):
            read_roads(path)
        path = lines_file(tmp_path / "b.gpkg", [(0, 0), (9, 9)], **{"class": "river"})
        with pytest.raises(BadInput, match="holds no road"):
            read_roads(path)
        gpd.GeoDataFrame({"class": ["service"]}, geometry=[square(0, 0, 9)], crs=4326).to_file(
            tmp_path / "c.gpkg"
        )
        with pytest.raises(BadInput, match="line"):
            read_roads(tmp_path / "c.gpkg")

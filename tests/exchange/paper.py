"""Small made-up places: OpenStreetMap extracts and frames, measured in metres from one corner."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import osmium
import osmium.osm.mutable as osm
import pytest
import shapely
from pyproj import CRS, Transformer

from gridsvc.errors import BadInput
from gridsvc.exchange.layers import read_layer

METRIC = CRS.from_proj4("+proj=laea +lat_0=32.04 +lon_0=118.78 +datum=WGS84 +units=m")
_TO_DEGREES = Transformer.from_crs(METRIC, 4326, always_xy=True)

Points = list[tuple[float, float]]


def east_of(lon: float, lat: float, *metres: float) -> Points:
    """Points so many metres east of a place in degrees."""
    x, y = _TO_DEGREES.transform(lon, lat, direction="INVERSE")
    return [(x + metre, y) for metre in metres]


def square(x: float, y: float, side: float, other: float | None = None) -> shapely.Polygon:
    return shapely.box(x, y, x + side, y + (other or side))


def degrees(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, _TO_DEGREES.transform, interleaved=False)


def frame(shapes: list[shapely.Geometry], crs: object = METRIC, **columns: object):
    return gpd.GeoDataFrame(dict(columns), geometry=shapes, crs=crs)


def refusal(spec: object, *, geometry: str = "polygon", **wanted: object) -> str:
    """The one sentence a file is refused with; GDAL must not warn beside it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(BadInput) as caught:
            read_layer(str(spec), geometry={geometry}, **wanted)
    assert "\n" not in caught.value.detail
    return caught.value.detail


def write(folder: Path, layer: gpd.GeoDataFrame) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer.to_file(folder / "layer.gpkg")
    return folder / "layer.gpkg"


class Extract:
    """An OpenStreetMap file in the making; coordinates in metres east and north."""

    def __init__(self, path: Path, box: tuple[float, float, float, float] | None = None):
        header = osmium.io.Header()
        if box is not None:
            west, south = _TO_DEGREES.transform(*box[:2])
            east, north = _TO_DEGREES.transform(*box[2:])
            header.add_box(osmium.osm.Box(west, south, east, north))
        self.path = path
        self._writer = osmium.SimpleWriter(str(path), header=header)
        self._nodes: list[osm.Node] = []
        self._ways: list[osm.Way] = []
        self._relations: list[osm.Relation] = []

    def line(self, points: Points, **tags: str) -> int:
        return self._way([self._node(point) for point in points], tags)

    def area(self, shape: shapely.Polygon, **tags: str) -> int:
        nodes = [self._node(point) for point in shape.exterior.coords[:-1]]
        return self._way([*nodes, nodes[0]], tags)

    def relation(self, outer: list[int], inner: list[int], **tags: str) -> int:
        members = [("w", way, "outer") for way in outer] + [("w", way, "inner") for way in inner]
        number = len(self._relations) + 1
        self._relations.append(osm.Relation(id=number, members=members, tags=_osm(tags)))
        return number

    def members(self, *members: tuple[str, int, str], **tags: str) -> None:
        """A relation of any members: kind (n or w), number, role."""
        number = len(self._relations) + 1
        self._relations.append(osm.Relation(id=number, members=list(members), tags=_osm(tags)))

    def tag(self, node: int, **tags: str) -> None:
        """Tag a node, counted from 1 in the order in which they were drawn."""
        self._nodes[node - 1].tags = _osm(tags)

    def forget(self, node: int) -> None:
        """Leave a node out, as extracts do with what lies outside."""
        self._nodes = [one for one in self._nodes if one.id != node]

    def write(self) -> Path:
        for node in self._nodes:
            self._writer.add_node(node)
        for way in self._ways:
            self._writer.add_way(way)
        for relation in self._relations:
            self._writer.add_relation(relation)
        self._writer.close()
        return self.path

    def _node(self, point: tuple[float, float]) -> int:
        lon, lat = _TO_DEGREES.transform(*point[:2])
        self._nodes.append(osm.Node(id=len(self._nodes) + 1, location=(lon, lat)))
        return len(self._nodes)

    def _way(self, nodes: list[int], tags: dict[str, str]) -> int:
        self._ways.append(osm.Way(id=len(self._ways) + 1, nodes=nodes, tags=_osm(tags)))
        return len(self._ways)


def _osm(tags: dict[str, str]) -> dict[str, str]:
    # Python names cannot hold a colon: building__levels stands for building:levels.
    return {key.replace("__", ":"): value for key, value in tags.items()}


def village(path: Path, **header: tuple[float, float, float, float]) -> Path:
    """Four blocks of flats round a crossing, a school, a park, a river and a road far out."""
    place = Extract(path, **header)
    for row in range(6):
        for column in range(6):
            x, y = 20 + column * 60 + (column > 2) * 30, 20 + row * 60 + (row > 2) * 30
            place.area(square(x, y, 40, 14), building="apartments", building__levels="6")
    place.area(square(420, 0, 100), amenity="school", name="第一小学")
    place.area(square(440, 20, 30), building="yes")
    place.line([(-50, 195), (560, 195)], highway="primary", name="中山路")
    place.line([(200, -50), (200, 6000)], highway="secondary")
    place.line([(-50, -30), (560, -30)], waterway="river", name="秦淮河")
    place.line([(0, 100), (400, 100)], highway="residential", tunnel="yes")
    return place.write()

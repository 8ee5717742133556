"""Buildings, barriers and special sites from an OpenStreetMap extract, in WGS-84.

Reads the file once with pyosmium (its area assembler builds the multipolygons) and keeps
what planning needs; nothing is repaired or left out here without being counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import osmium
import osmium.filter
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange import tags as meaning
from gridsvc.exchange.apart import read_apart
from gridsvc.exchange.guard import check_size
from gridsvc.exchange.text import fault_of
from gridsvc.geo import WGS84

_KEYS = (
    *("building", "building:part", "highway", "railway", "waterway", "barrier", "amenity"),
    *("office", "leisure", "landuse", "tourism", "shop", "man_made", "natural", "water"),
)
_BUILDING_COLUMNS = ("building_id", "kind", "levels", "flats", "part")
_LINE_COLUMNS = ("class", "w", "name")
_AREA_COLUMNS = ("kind", "name")


@dataclass(frozen=True)
class OsmArea:
    """What one extract holds, every frame in EPSG:4326.

    Attributes
    ----------
    buildings
        Polygon; building_id (``w`` or ``r`` and the OSM id, ``-2`` and up for further parts of
        one relation), kind, levels, flats (Int64, may be null), part (bool: building:part).
    barriers
        LineString; class, w, name.
    sites
        Polygon or MultiPolygon; kind, name of areas that may become special sites.
    grounds
        The same of areas that tell what a building of untold use is.
    waters
        Polygon or MultiPolygon of standing and flowing water; kind ``water``, name.
    extent
        The box the file says it was cut to, None where it says nothing.
    dropped
        What could not be read, with counts.
    """

    buildings: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    grounds: gpd.GeoDataFrame
    waters: gpd.GeoDataFrame
    extent: shapely.Polygon | None
    dropped: dict[str, int]


@dataclass
class _Harvest:
    limits: FileLimits
    name: str
    taken: int = 0
    vertices: int = 0
    buildings: list[tuple[Any, ...]] = field(default_factory=list)
    barriers: list[tuple[Any, ...]] = field(default_factory=list)
    sites: list[tuple[Any, ...]] = field(default_factory=list)
    grounds: list[tuple[Any, ...]] = field(default_factory=list)
    waters: list[tuple[Any, ...]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    factory: osmium.geom.WKBFactory = field(default_factory=osmium.geom.WKBFactory)

    def count(self, shape: BaseGeometry) -> None:
        """Count a shape against what the file may ask for."""
        self.taken += 1
        self.vertices += shapely.get_num_coordinates(shape)
        if self.taken > self.limits.rows:
            raise BadInput(f"{self.name} has over {self.limits.rows} areas and lines; divide it")
        if self.vertices > self.limits.vertices:
            raise BadInput(f"{self.name} has over {self.limits.vertices} vertices; divide it")


def read_osm(path: str | Path, limits: FileLimits = USUAL) -> OsmArea:
    """Read an OpenStreetMap extract (``.osm.pbf`` and what else libosmium reads).

    Parameters
    ----------
    path
        The extract; ways must come with their nodes, as every extract service delivers them.
    limits
        How much the file may ask for; the areas and lines kept are its rows.

    Returns
    -------
    OsmArea

    Raises
    ------
    BadInput
        If the file is missing, damaged, no OpenStreetMap file, holds no building, or asks for
        more than it may.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"there is no file {path}; check the path")
    return read_apart(path.name, limits, _read, path, limits)


def _read(path: Path, limits: FileLimits) -> OsmArea:
    check_size(path, limits.file_bytes)
    harvest = _Harvest(limits, path.name)
    try:
        extent = _extent(path)
        reader = osmium.FileProcessor(str(path)).with_areas(osmium.filter.KeyFilter(*_KEYS))
        for thing in reader.with_filter(osmium.filter.KeyFilter(*_KEYS)):
            _take(thing, harvest)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as failure:
        raise BadInput(
            f"{path.name} is no readable OpenStreetMap extract ({failure}); download it again"
        ) from failure
    if not harvest.buildings:
        raise BadInput(f"{path.name} holds no building; choose an extract of a built-up area")
    return OsmArea(
        buildings=_building_frame(harvest.buildings),
        barriers=_frame(harvest.barriers, _LINE_COLUMNS),
        sites=_frame(harvest.sites, _AREA_COLUMNS),
        grounds=_frame(harvest.grounds, _AREA_COLUMNS),
        waters=_frame(harvest.waters, _AREA_COLUMNS),
        extent=extent,
        dropped=dict(harvest.dropped),
    )


def _extent(path: Path) -> shapely.Polygon | None:
    reader = osmium.io.Reader(str(path))
    try:
        box = reader.header().box()
    finally:
        reader.close()
    if not box.valid() or box.size() == 0:
        return None
    west, south = box.bottom_left.lon, box.bottom_left.lat
    return shapely.box(west, south, box.top_right.lon, box.top_right.lat)


def _take(thing: Any, harvest: _Harvest) -> None:
    """Sort one object into the harvest; the reader also hands over what makes up an area."""
    if thing.is_area():
        _take_area(thing, dict(thing.tags), harvest)
    elif thing.is_way():
        _take_line(thing, dict(thing.tags), harvest)


def _take_line(way: Any, tags: dict[str, str], harvest: _Harvest) -> None:
    divides = meaning.barrier(tags)
    if divides is None:
        harvest.dropped["lines in tunnels or culverts"] += tags.get("tunnel", "no") != "no"
        return
    shape = _shape(harvest, "create_linestring", way)
    if shape is None:
        harvest.dropped["lines with missing nodes"] += 1
        return
    harvest.barriers.append((*divides, _name(tags), shape))


def _take_area(area: Any, tags: dict[str, str], harvest: _Harvest) -> None:
    kind, ground = meaning.building_kind(tags), meaning.ground_kind(tags)
    site = meaning.site_kind(tags)
    harvest.dropped["buildings underground"] += "building" in tags and meaning.is_underground(tags)
    water = tags.get("natural") == "water" or tags.get("waterway") == "riverbank"
    if kind is None and ground is None and site is None and not water:
        return
    shape = _shape(harvest, "create_multipolygon", area)
    if shape is None:
        harvest.dropped["areas that do not close"] += 1
        return
    if kind is not None:
        harvest.buildings.extend(_building_rows(area, tags, kind, shape))
    elif ground is not None:
        harvest.grounds.append((ground, _name(tags), shape))
    if site is not None:
        harvest.sites.append((site, _name(tags), shape))
    if water:
        harvest.waters.append(("water", _name(tags), shape))


def _building_rows(
    area: Any, tags: dict[str, str], kind: str, shape: BaseGeometry
) -> list[tuple[Any, ...]]:
    parts = list(shapely.get_parts(shape))
    name = f"{'w' if area.from_way() else 'r'}{area.orig_id()}"
    ids = [name, *(f"{name}-{number}" for number in range(2, len(parts) + 1))]
    # The dwellings tagged on several parts together are known for none of them.
    flats = meaning.flats(tags) if len(parts) == 1 else None
    only_part = "building" not in tags
    levels = meaning.levels(tags)
    return [(i, kind, levels, flats, only_part, p) for i, p in zip(ids, parts, strict=True)]


def _shape(harvest: _Harvest, make: str, thing: Any) -> BaseGeometry | None:
    """Geometry of an object; None where nodes are missing or nothing is left of it."""
    try:
        shape = shapely.from_wkb(getattr(harvest.factory, make)(thing))
    except (RuntimeError, osmium.InvalidLocationError):
        return None
    harvest.count(shape)
    if not shape.is_valid:
        shape = shape.buffer(0) if make == "create_multipolygon" else shape
    return None if shape.is_empty else shape


def _name(tags: dict[str, str]) -> str | None:
    name = tags.get("name:zh") or tags.get("name")
    return None if name is None or fault_of(name) else name


def _frame(rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> gpd.GeoDataFrame:
    table = pd.DataFrame([row[:-1] for row in rows], columns=list(columns))
    return gpd.GeoDataFrame(table, geometry=[row[-1] for row in rows], crs=WGS84)


def _building_frame(rows: list[tuple[Any, ...]]) -> gpd.GeoDataFrame:
    frame = _frame(rows, _BUILDING_COLUMNS)
    return frame.astype({"levels": "Int64", "flats": "Int64", "part": bool})

"""Roads from files: an OpenStreetMap extract, or a layer of lines with a class.

The extract is read in a process apart with limits, as every file from outside is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import osmium.filter
import shapely

from gridsvc import geo
from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange import road_tags
from gridsvc.exchange.apart import read_apart
from gridsvc.exchange.guard import check_size
from gridsvc.exchange.layers import layer_names, read_layer
from gridsvc.roads.arrays import Geometries
from gridsvc.roads.turns import Turn
from gridsvc.roads.ways import Gathering, Ways

#: Layers that hold streets, the best first; `barriers` is that of a prepared area.
_LAYERS = ("roads", "streets", "barriers")
#: Decimals of a degree two vertices agree in where lines meet: a centimetre.
_DECIMALS = 7
#: A line that ends within this of another one joins it, metres; ends are drawn by hand.
_JOINED_M = 1.0
#: Columns a layer may have beside `class`, under the names OpenStreetMap has for them.
_TAGS = ("oneway", "access", "foot", "bicycle", "motor_vehicle", "maxspeed")


def read_roads(spec: str | Path, limits: FileLimits = USUAL) -> Ways:
    """Read the roads of a file.

    Parameters
    ----------
    spec
        OpenStreetMap extract (``.osm.pbf`` and what else libosmium reads), or a vector file with
        a layer of lines: ``FILE``, or ``FILE:layer``. Its column `class` holds OpenStreetMap's
        classes of highways. Lines meet where they share a vertex and where one ends on another;
        where they only cross there is a bridge.

    Raises
    ------
    BadInput
        If the file is missing, unreadable, holds no road, or asks for more than it may.
    """
    path = Path(spec)
    if is_extract(path):
        if not path.is_file():
            raise BadInput(f"there is no file {path}; check the path")
        return read_apart(path.name, limits, _read_osm, path, limits)
    return _read_lines(str(spec), limits)


def is_extract(path: Path) -> bool:
    """Whether a file is by its name one of OpenStreetMap's."""
    return bool({".pbf", ".osm", ".o5m"} & {suffix.lower() for suffix in path.suffixes})


def _read_osm(path: Path, limits: FileLimits) -> Ways:
    check_size(path, limits.file_bytes)
    gathering = Gathering()
    # Nodes come first in every extract: what stands on a way is known before the way.
    reader = osmium.FileProcessor(str(path)).with_locations()
    wanted = osmium.filter.KeyFilter("highway", "barrier", "route", "type")
    try:
        for thing in reader.with_filter(wanted):
            _take(thing, gathering)
            _check_counts(path.name, gathering, limits)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as failure:
        raise BadInput(
            f"{path.name} is no readable OpenStreetMap extract ({failure}); download it again"
        ) from failure
    return _checked(path.name, gathering)


def _take(thing: Any, gathering: Gathering) -> None:
    tags = dict(thing.tags)
    if thing.is_node():
        passes = road_tags.passes(tags)
        if "barrier" in tags and not all(passes):
            gathering.gates[thing.id] = passes
    elif thing.is_way():
        if "highway" in tags:
            _take_way(thing, tags, gathering)
        elif tags.get("route") == "ferry":
            gathering.left_out["ferries"] += 1
    elif tags.get("type") == "restriction":
        _take_turn(thing, tags, gathering)


def _take_turn(relation: Any, tags: dict[str, str], gathering: Gathering) -> None:
    said = road_tags.turn(tags)
    if isinstance(said, str):
        gathering.left_out[said] += 1
        return
    only, bars = said
    members = [(one.role, one.type, one.ref) for one in relation.members]
    froms, tos = (
        [ref for role, kind, ref in members if (role, kind) == (wanted, "w")]
        for wanted in ("from", "to")
    )
    vias = [(kind, ref) for role, kind, ref in members if role == "via"]
    if len(vias) == 1 and vias[0][0] == "w":
        gathering.left_out["turn restrictions over several ways"] += 1
    elif len(vias) != 1 or not froms or not tos or (only and len(froms) * len(tos) > 1):
        gathering.left_out["turn restrictions not clear"] += 1
    else:
        via = vias[0][1]
        gathering.turns += [Turn(a, via, b, only, bars) for a in froms for b in tos]


def _take_way(way: Any, tags: dict[str, str], gathering: Gathering) -> None:
    speeds = road_tags.speeds(tags)
    if isinstance(speeds, str):
        gathering.left_out[speeds] += 1
        return
    runs: list[list[tuple[int, float, float]]] = [[]]
    for node in way.nodes:
        if not node.location.valid():
            runs.append([])
        elif not runs[-1] or runs[-1][-1][0] != node.ref:
            runs[-1].append((node.ref, node.lon, node.lat))
    whole = [run for run in runs if len(run) > 1]
    gathering.left_out["roads with missing nodes"] += len(runs) > 1 or not whole
    for run in whole:
        points, places = [one[0] for one in run], [one[1:] for one in run]
        gathering.add(way.id, tags["highway"], speeds, points, places)


def _check_counts(name: str, gathering: Gathering, limits: FileLimits) -> None:
    if len(gathering.source_id) > limits.rows:
        raise BadInput(f"{name} has over {limits.rows} roads; divide it")
    if len(gathering.point) > limits.vertices:
        raise BadInput(f"{name} has over {limits.vertices} vertices; divide it")


def _checked(name: str, gathering: Gathering) -> Ways:
    if not gathering.source_id:
        raise BadInput(f"{name} holds no road; choose a source with streets")
    return gathering.ways()


def _read_lines(spec: str, limits: FileLimits) -> Ways:
    frame = read_layer(_layer(spec, limits), geometry={"line"}, columns=("class",), limits=limits)
    tags = _tags_of(frame)
    told = [road_tags.speeds(one) for one in tags]
    gathering = Gathering()
    gathering.left_out.update(one for one in told if isinstance(one, str))
    roads = frame[[not isinstance(one, str) for one in told]].explode(index_parts=False)
    if not roads.empty:
        lines = _joined(roads.to_crs(geo.metric_crs(roads)).geometry)
        lines = lines.to_crs(geo.WGS84)
        vertices, owner = shapely.get_coordinates(lines.to_numpy(), return_index=True)
        _, number = np.unique(np.round(vertices, _DECIMALS), axis=0, return_inverse=True)
        begin = np.searchsorted(owner, np.arange(len(lines) + 1))
        for part, row in enumerate(lines.index):
            which = np.arange(begin[part], begin[part + 1])
            points = number.reshape(-1)[which]
            fresh = which[np.flatnonzero(np.diff(points, prepend=-1))]
            if len(fresh) < 2:
                gathering.left_out["lines without length"] += 1
                continue
            lonlat = [(float(lon), float(lat)) for lon, lat in vertices[fresh]]
            speeds, points = told[row], number.reshape(-1)[fresh].tolist()
            gathering.add(int(row), tags[row]["highway"], speeds, points, lonlat)
    return _checked(Path(spec).name, gathering)


def _joined(lines: gpd.GeoSeries) -> gpd.GeoSeries:
    """Lines in metres, with a vertex wherever another one ends on them."""
    shapes = lines.to_numpy()
    tree = shapely.STRtree(shapes)
    ends = shapely.get_point(np.repeat(shapes, 2), np.tile([0, -1], len(shapes)))
    asked, hit = tree.query(ends, predicate="dwithin", distance=_JOINED_M)
    others = hit != asked // 2
    touched: dict[int, list[int]] = {}
    for end, line in zip(asked[others], hit[others], strict=True):
        touched.setdefault(int(line), []).append(int(end))
    joined = shapes.copy()
    for line, which in touched.items():
        joined[line] = _with_vertices(shapes[line], ends[which])
    return gpd.GeoSeries(joined, lines.index, crs=lines.crs)


def _with_vertices(line: shapely.LineString, points: Geometries) -> shapely.LineString:
    """A line that runs over some points beside it; those at its vertices are there."""
    own = shapely.get_coordinates(line)
    new = shapely.get_coordinates(points)
    apart = np.hypot(*(new[:, None] - own[None]).transpose(2, 0, 1)).min(axis=1) > 0
    new = np.unique(new[apart], axis=0)
    steps = np.hypot(*np.diff(own, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    there = shapely.line_locate_point(line, shapely.points(new)) if len(new) else np.empty(0)
    order = np.argsort(np.concatenate([along, there]), kind="stable")
    return shapely.LineString(np.concatenate([own, new])[order])


def _tags_of(frame: gpd.GeoDataFrame) -> list[dict[str, str]]:
    known = {"highway": frame["class"]} | {key: frame[key] for key in _TAGS if key in frame}
    rows = zip(*known.values(), strict=True)
    return [
        {key: str(value) for key, value in zip(known, row, strict=True) if value is not None}
        for row in rows
    ]


def _layer(spec: str, limits: FileLimits) -> str:
    """The layer that holds the streets, where the file has several and none is named."""
    if not Path(spec).exists():
        return spec
    names = layer_names(spec, limits)
    chosen = next((name for name in _LAYERS if name in names), None)
    return f"{spec}:{chosen}" if chosen is not None and len(names) > 1 else spec

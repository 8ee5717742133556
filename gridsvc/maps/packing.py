"""The data block of a compact map: tables with their geometry, packed to a few bytes a cell.

The block is gzip + base64 around a length (4 bytes, little-endian), a JSON header and integers.
The header names every table and its columns, one list of values per column; the integers are
the arcs of all polygon tables together, then each table's own geometry. They are written with
the sign in the lowest bit, first the lowest byte of every integer, then the second of every one,
and so on: bytes that are alike stand together, which gzip makes a tenth smaller than integers
of varying length, in half the time. ``js/decode.js`` reads it.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridsvc.errors import BadInput
from gridsvc.geo import WGS84
from gridsvc.maps.arcs import STEPS_PER_DEGREE, Arcs, Ints, share_borders

#: Higher levels take ten times as long and save one percent.
_GZIP_LEVEL = 5


def pack(
    polygons: dict[str, gpd.GeoDataFrame],
    points: dict[str, gpd.GeoDataFrame],
    lines: dict[str, gpd.GeoDataFrame] | None = None,
) -> str:
    """Tables as the text of one data block.

    Parameters
    ----------
    polygons
        Frames of Polygon by table name, EPSG:4326. Borders shared by any two of them, also of
        different tables, are kept once.
    points
        Frames of Point by table name, EPSG:4326.
    lines
        Frames of LineString by table name, EPSG:4326.

    Returns
    -------
    str
        Base64 text. Every column besides the geometry is kept as text, number or null.

    Raises
    ------
    BadInput
        If a frame is not in EPSG:4326 or holds another type of geometry.
    """
    for name, frame in polygons.items():
        _require(frame, name, "Polygon")
    for name, frame in points.items():
        _require(frame, name, "Point")
    lines = lines or {}
    for name, frame in lines.items():
        _require(frame, name, "LineString")
    geometries = [np.asarray(frame.geometry, dtype=object) for frame in polygons.values()]
    arcs = share_borders(np.concatenate([np.empty(0, object), *geometries]))
    tables = {name: _table(frame, "cells") for name, frame in polygons.items()}
    tables |= {name: _table(frame, "points") for name, frame in points.items()}
    tables |= {
        name: _table(frame, "lines") | {"corners": int(frame.count_coordinates().sum())}
        for name, frame in lines.items()
    }
    numbers = _numbers(arcs, [len(part) for part in geometries], list(points.values()))
    numbers = np.concatenate([numbers, *(_of_lines(frame) for frame in lines.values())])
    header = json.dumps(
        {"integers": len(numbers), "arcs": _sizes(arcs), "tables": tables},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode("utf-8", "replace")
    packed = len(header).to_bytes(4, "little") + header + _planes(numbers)
    return base64.b64encode(gzip.compress(packed, _GZIP_LEVEL, mtime=0)).decode("ascii")


def _require(frame: gpd.GeoDataFrame, name: str, kind: str) -> None:
    if frame.crs != WGS84:
        raise BadInput(f"layer {name} must be in EPSG:4326; convert it before drawing")
    others = set(frame.geometry.geom_type) - {kind}
    if others or frame.geometry.is_empty.any():
        raise BadInput(
            f"layer {name} must hold {kind} geometry that is not empty, but has "
            f"{', '.join(sorted(map(str, others))) or 'empty ones'}; mend it before drawing"
        )
    if not np.isfinite(shapely.get_coordinates(frame.geometry)).all():
        raise BadInput(f"layer {name} has coordinates that are not finite; mend it before drawing")


def _table(frame: gpd.GeoDataFrame, shape: str) -> dict[str, Any]:
    values = frame.drop(columns=frame.geometry.name)
    columns = {str(name): _plain(values[name]) for name in values}
    return {"shape": shape, "count": len(frame), "columns": columns}


def _plain(column: Any) -> list[str | int | float | None]:
    """Values as JSON has them; missing ones as null, truth as 1 and 0."""
    if column.dtype == bool:
        column = column.astype(int)
    values = column.to_numpy(object, copy=True)
    values[column.isna()] = None
    return [int(value) if isinstance(value, bool) else value for value in values.tolist()]


def _sizes(arcs: Arcs) -> dict[str, int]:
    return {
        "points": len(arcs.points),
        "arcs": len(arcs.arc_sizes),
        "references": len(arcs.references),
        "rings": len(arcs.ring_sizes),
    }


def _numbers(arcs: Arcs, counts: list[int], points: list[gpd.GeoDataFrame]) -> Ints:
    """All integers in the order in which the page reads them."""
    # A ring's arcs lie near each other, so their numbers do, too.
    steps_between = np.diff(arcs.references ^ (arcs.references >> 63), prepend=0)
    references = (steps_between << 1) | (arcs.references < 0)
    streams = [*_differences(arcs.points), arcs.arc_sizes, references, arcs.ring_sizes]
    streams += np.split(arcs.polygon_sizes, np.cumsum(counts))[: len(counts)]
    for frame in points:
        coordinates = shapely.get_coordinates(frame.geometry)
        streams += _differences(np.rint(coordinates * STEPS_PER_DEGREE).astype(np.int64))
    return np.concatenate(streams)


def _of_lines(frame: gpd.GeoDataFrame) -> Ints:
    coordinates = shapely.get_coordinates(frame.geometry)
    steps = np.rint(coordinates * STEPS_PER_DEGREE).astype(np.int64)
    sizes = frame.count_coordinates().to_numpy(np.int64)
    return np.concatenate([*_differences(steps), sizes])


def _differences(steps: Ints) -> list[Ints]:
    return [np.diff(steps[:, axis], prepend=0) for axis in (0, 1)]


def _planes(numbers: Ints) -> bytes:
    """Integers within 31 bits, byte by byte: the lowest of every one, then the next."""
    unsigned = ((numbers << 1) ^ (numbers >> 63)).astype("<u4")
    return unsigned.view(np.uint8).reshape(-1, 4).T.tobytes()

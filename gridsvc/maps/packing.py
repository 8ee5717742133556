"""The data block of a compact map: tables with their geometry, packed to a few bytes a cell.

The block is gzip + base64 around a length (4 bytes, little-endian), a JSON header and integers.
The header names every table and its columns, one list of values per column; the integers are
the arcs of all polygon tables together, then each table's own geometry, written as signed
LEB128 groups of seven bits with the sign in the lowest bit. ``js/decode.js`` reads it.
"""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gridsvc.errors import BadInput
from gridsvc.geo import WGS84
from gridsvc.maps.arcs import STEPS_PER_DEGREE, Arcs, Ints, share_borders


def pack(polygons: dict[str, gpd.GeoDataFrame], points: dict[str, gpd.GeoDataFrame]) -> str:
    """Tables as the text of one data block.

    Parameters
    ----------
    polygons
        Frames of Polygon by table name, EPSG:4326. Borders shared by any two of them, also of
        different tables, are kept once.
    points
        Frames of Point by table name, EPSG:4326.

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
    geometries = [np.asarray(frame.geometry, dtype=object) for frame in polygons.values()]
    arcs = share_borders(np.concatenate([np.empty(0, object), *geometries]))
    tables = {name: _table(frame, "cells") for name, frame in polygons.items()}
    tables |= {name: _table(frame, "points") for name, frame in points.items()}
    header = json.dumps(
        {"arcs": _sizes(arcs), "tables": tables}, ensure_ascii=False, separators=(",", ":")
    ).encode("utf-8", "replace")
    numbers = _numbers(arcs, [len(part) for part in geometries], list(points.values()))
    packed = len(header).to_bytes(4, "little") + header + _leb128(numbers)
    return base64.b64encode(gzip.compress(packed, mtime=0)).decode("ascii")


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
    values = column.astype(object).where(column.notna(), None).tolist()
    return [int(value) if isinstance(value, bool) else value for value in values]


def _sizes(arcs: Arcs) -> dict[str, int]:
    return {
        "points": len(arcs.points),
        "arcs": len(arcs.arc_sizes),
        "references": len(arcs.references),
        "rings": len(arcs.ring_sizes),
    }


def _numbers(arcs: Arcs, counts: list[int], points: list[gpd.GeoDataFrame]) -> Ints:
    """All integers in the order in which the page reads them."""
    streams = [*_differences(arcs.points), arcs.arc_sizes, arcs.references, arcs.ring_sizes]
    streams += np.split(arcs.polygon_sizes, np.cumsum(counts))[: len(counts)]
    for frame in points:
        coordinates = shapely.get_coordinates(frame.geometry)
        streams += _differences(np.rint(coordinates * STEPS_PER_DEGREE).astype(np.int64))
    return np.concatenate(streams)


def _differences(steps: Ints) -> list[Ints]:
    return [np.diff(steps[:, axis], prepend=0) for axis in (0, 1)]


def _leb128(numbers: Ints) -> bytes:
    """Integers within 31 bits as groups of seven bits, all but the last of one marked."""
    unsigned = (numbers << 1) ^ (numbers >> 63)
    shifts = np.arange(0, 35, 7)
    groups = (unsigned[:, None] >> shifts) & 127
    used = np.maximum(1, np.sum(unsigned[:, None] >> shifts > 0, axis=1))
    position = np.arange(len(shifts))
    groups |= np.where(position < (used - 1)[:, None], 128, 0)
    wanted: npt.NDArray[np.bool_] = position < used[:, None]
    return groups[wanted].astype(np.uint8).tobytes()

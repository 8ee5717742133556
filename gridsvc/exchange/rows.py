"""Row by row checks of a layer that was read: geometry, places and counts.

Every refusal names the rows, counted from 1 in file order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import CRSError, ProjError

from gridsvc.errors import BadInput
from gridsvc.exchange.text import fault_of
from gridsvc.geo import WGS84, wgs84_bounds

#: Geometry words of `read_layer` and the shapely types each allows.
TYPES = {
    "polygon": {"Polygon", "MultiPolygon"},
    "line": {"LineString", "MultiLineString", "LinearRing"},
    "point": {"Point"},
}
#: More households than any building or census zone holds: a slip of the column.
_MAX_COUNT = 10_000_000
#: Nothing lies farther from a projection's origin than the Earth is round, m.
_EARTH_ROUND_M = 4.1e7


def check_crs(frame: gpd.GeoDataFrame, name: str) -> None:
    """Refuse a layer without a CRS that says where on Earth it is."""
    crs = frame.crs
    # GeoPackage writes "no CRS" as an undefined one, which no transformation understands.
    if crs is None or crs.is_engineering or crs.name.startswith("Undefined "):
        raise BadInput(f"{name} declares no CRS; assign the one it was made in and export it again")


def check_columns(frame: gpd.GeoDataFrame, name: str, columns: Iterable[str]) -> None:
    """Refuse a layer without the columns asked for, naming those it has."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        there = ", ".join(column for column in frame.columns if column != "geometry") or "none"
        raise BadInput(
            f"{name} has no column {', '.join(missing)}; add or rename it (its columns: {there})"
        )


def check_texts(frame: gpd.GeoDataFrame, name: str) -> None:
    """Refuse columns and cells with text that no name may hold."""
    for column in map(str, frame.columns):
        if fault := fault_of(column):
            raise BadInput(f"{name} has a column whose name {fault}; rename it")
    for column in frame.columns[frame.dtypes.map(pd.api.types.is_string_dtype)]:
        faults = [fault_of(value) if isinstance(value, str) else None for value in frame[column]]
        wrong = [row for row, fault in enumerate(faults) if fault]
        if wrong:
            raise BadInput(
                f"{name}: {column} {faults[wrong[0]]} in {rows_named(wrong)}; write it anew"
            )


def check_geometry(frame: gpd.GeoDataFrame, name: str, geometry: Collection[str]) -> None:
    """Refuse rows without geometry, then rows of another kind than asked for."""
    shapes = frame.geometry
    absent = shapes.isna() | shapes.is_empty
    if absent.any():
        raise BadInput(
            f"{name} has no geometry in {rows_named(np.flatnonzero(absent))}; draw or delete it"
        )
    allowed = set().union(*(TYPES[kind] for kind in geometry))
    wrong = ~shapes.geom_type.isin(allowed)
    if wrong.any():
        found = ", ".join(sorted(set(shapes.geom_type[wrong])))
        raise BadInput(
            f"{name} holds {found} in {rows_named(np.flatnonzero(wrong))}; "
            f"give {' or '.join(sorted(geometry))} features only"
        )


def check_places(frame: gpd.GeoDataFrame, name: str) -> None:
    """Refuse coordinates that are no number or no place on Earth, then invalid polygons."""
    shapes = frame.geometry.values
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    odd = np.unique(owner[~np.isfinite(points).all(axis=1)])
    if len(odd) == 0:
        odd = _off_globe(frame)
    if len(odd):
        raise BadInput(
            f"{name} has impossible coordinates in {rows_named(odd)}; correct them, or "
            f"the CRS {frame.crs.name} if it is not the one they are in"
        )
    if frame.crs.is_geographic:
        _refuse_round_the_earth(frame, name)
    bad = np.flatnonzero(~shapely.is_valid(shapes))
    if len(bad):
        reason = shapely.is_valid_reason(shapes[bad[0]])
        raise BadInput(
            f"{name} has invalid polygons in {rows_named(bad)} ({reason}); mend them, "
            "for example with QGIS 'Fix geometries'"
        )
    wgs84_bounds(frame)


def _refuse_round_the_earth(frame: gpd.GeoDataFrame, name: str) -> None:
    """Refuse what crosses the antimeridian: in plain degrees it lies on the wrong side."""
    wide = np.flatnonzero((frame.bounds["maxx"] - frame.bounds["minx"]).to_numpy() > 180)
    if len(wide):
        raise BadInput(
            f"{name} reaches round the Earth in {rows_named(wide)}; cut it at 180 degrees"
        )


def _off_globe(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Tell rows whose corners have no place on the globe in the declared CRS."""
    boxes = frame.bounds
    if frame.crs.is_geographic:
        west, south, east, north = (boxes[name] for name in ("minx", "miny", "maxx", "maxy"))
        off = (west < -180) | (east > 180) | (south < -90) | (north > 90)
        return np.flatnonzero(off)
    corners = np.r_[boxes[["minx", "miny"]].to_numpy(), boxes[["maxx", "maxy"]].to_numpy()]
    try:
        places = gpd.GeoSeries(shapely.points(corners), crs=frame.crs).to_crs(WGS84)
    except (CRSError, ProjError):
        return np.arange(len(frame))
    there = np.isfinite(shapely.get_coordinates(places.values)).all(axis=1)
    off = ~there.reshape(2, -1).all(axis=0)
    return np.flatnonzero(off | _far_from_home(frame, boxes))


def _far_from_home(frame: gpd.GeoDataFrame, boxes: pd.DataFrame) -> np.ndarray:
    """Tell rows with coordinates no projection of the Earth gives."""
    unit = frame.crs.axis_info[0].unit_conversion_factor or 1.0
    far = boxes.abs().max(axis=1).to_numpy() * unit > _EARTH_ROUND_M
    return np.asarray(far, dtype=bool)


def whole(values: pd.Series, name: str, column: str) -> pd.Series:
    """Return a column of counts as int64; anything but a whole number >= 0 is refused."""
    if values.dtype == bool:
        raise BadInput(f"{name}: {column} holds yes/no; give whole numbers")
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    for wrong, what in (
        (~np.isfinite(numbers), "is missing or not a number"),
        (numbers < 0, "is negative"),
        (numbers != np.floor(numbers), "is a fraction"),
        (numbers > _MAX_COUNT, f"is over {_MAX_COUNT}"),
    ):
        if wrong.any():
            first = values[wrong].iloc[0]
            raise BadInput(
                f"{name}: {column} {what} in {rows_named(np.flatnonzero(wrong))} "
                f"(first: {first}); give whole numbers, 0 where nobody lives"
            )
    return numbers.astype("int64")


def rows_named(positions: Iterable[int], *, shown: int = 5) -> str:
    """Name rows for a message, counted from 1: "row 3", "rows 3, 7 and 12 (9 in all)"."""
    rows = [int(position) + 1 for position in positions]
    if len(rows) == 1:
        return f"row {rows[0]}"
    head = rows[:shown]
    listed = f"{', '.join(map(str, head[:-1]))} and {head[-1]}"
    return f"rows {listed}" + (f" ({len(rows)} in all)" if len(rows) > shown else "")

"""Prepared areas from a GeoPackage: boundary, buildings, barriers, sites, every row checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridsvc import geo
from gridsvc.codes import checked, level_of
from gridsvc.config import USUAL, FileLimits
from gridsvc.errors import BadInput
from gridsvc.exchange.layers import layer_names, read_layer
from gridsvc.exchange.rows import rows_named
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.planning.inputs import flags

#: The tallest building on Earth has 163.
MOST_LEVELS = 300
#: No name, kind or id of a building is longer.
LONGEST_TEXT = 200


def read_area(path: Path, division: str | None = None, limits: FileLimits = USUAL) -> AreaFrames:
    """A prepared area's layers in EPSG:4326, every community with its code.

    Raises
    ------
    BadInput
        If a layer or column is missing, or a community has no code and none was given.
    """
    layers = set(layer_names(path, limits))
    boundary = read_layer(f"{path}:boundary", geometry={"polygon"}, limits=limits).to_crs(geo.WGS84)
    boundary = _with_codes(boundary, path.name, division)

    def optional(layer: str, geometry: str, defaults: dict[str, Any]) -> gpd.GeoDataFrame:
        if layer not in layers:
            empty: dict[str, list[Any]] = {name: [] for name in defaults}
            return gpd.GeoDataFrame(empty, geometry=[], crs=geo.WGS84)
        frame = read_layer(
            f"{path}:{layer}", geometry={geometry}, empty_ok=True, limits=limits
        ).to_crs(geo.WGS84)
        return _completed(frame, f"{path.name}:{layer}", defaults)

    return AreaFrames(
        boundary=boundary,
        buildings=_buildings(path, limits),
        barriers=optional("barriers", "line", {"class": "unknown", "w": 1.0, "never": False}),
        special=optional("special", "polygon", {"kind": "other", "name": None}),
    )


def read_givens(path: Path, kind: str, limits: FileLimits = USUAL) -> gpd.GeoDataFrame:
    """Zones or seeds in EPSG:4326 with a column name; the file's layer of that name, or its only.

    Raises
    ------
    BadInput
        If the layer cannot be used, or holds another geometry.
    """
    spec = f"{path}:{kind}" if kind in layer_names(path, limits) else str(path)
    geometry = {"zones": "polygon", "seeds": "point"}[kind]
    frame = read_layer(spec, geometry={geometry}, empty_ok=True, limits=limits).to_crs(geo.WGS84)
    frame = _with(frame, {"name": None})
    frame["name"] = _texts(frame["name"], path.name)
    if kind == "seeds":
        return frame.explode(ignore_index=True)
    parts = [shapely.get_parts(zone) for zone in shapely.force_2d(frame.geometry.values)]
    return frame.set_geometry(
        gpd.GeoSeries([shapely.multipolygons(part) for part in parts], crs=frame.crs)
    )


def read_department_grids(path: Path, limits: FileLimits = USUAL) -> gpd.GeoDataFrame:
    """Grids of departments in EPSG:4326 with kind, code and name; the only layer of a file.

    Raises
    ------
    BadInput
        If the layer cannot be used, or a kind has two grids of one code.
    """
    frame = read_layer(
        str(path), geometry={"polygon"}, columns=("kind", "code", "name"), limits=limits
    ).to_crs(geo.WGS84)
    for column in ("kind", "code", "name"):
        frame[column] = _texts(frame[column], path.name)
        if frame[column].isna().any():
            raise BadInput(f"{path.name}: row {frame[column].isna().argmax() + 1} has no {column}")
    if (twice := frame.duplicated(["kind", "code"])).any():
        row = frame.loc[twice].iloc[0]
        raise BadInput(f"{path.name}: {row['kind']} has two grids {row['code']}; keep one")
    return frame.set_geometry(gpd.GeoSeries(shapely.force_2d(frame.geometry.values), crs=frame.crs))


def _buildings(path: Path, limits: FileLimits) -> gpd.GeoDataFrame:
    frame = read_layer(
        f"{path}:buildings", geometry={"polygon"}, counts=("households",), limits=limits
    )
    scattered = frame.geometry.count_geometries() > 1
    if scattered.any():
        raise BadInput(
            f"{path.name}: {scattered.sum()} buildings consist of several parts, the first in "
            f"row {scattered.argmax() + 1}; give each part a row of its own"
        )
    frame = _with(frame, {"building_id": None, "levels": None, "kind": None, "estimated": True})
    frame["building_id"] = _ids(frame["building_id"], path.name)
    frame["kind"] = _texts(frame["kind"], path.name)
    frame["levels"] = _levels(frame["levels"], path.name)
    frame["estimated"] = [value is not False and value != 0 for value in frame["estimated"]]
    return frame.explode(ignore_index=True).to_crs(geo.WGS84)


def _ids(given: pd.Series, name: str) -> list[str] | pd.Series:
    """Ids as text; without any, the buildings are numbered."""
    if given.isna().all():
        return [f"row{number}" for number in range(1, len(given) + 1)]
    if given.isna().any():
        rows = rows_named(np.flatnonzero(given.isna()))
        raise BadInput(f"{name}: building_id is missing in {rows}; fill it in or drop the column")
    if given.duplicated().any():
        rows = rows_named(np.flatnonzero(given.duplicated()))
        raise BadInput(f"{name}: building_id comes again in {rows}; each building needs its own")
    ids = [f"{value:.0f}" if isinstance(value, float) else str(value) for value in given]
    return _texts(pd.Series(ids, given.index, name="building_id"), name)


def _levels(given: pd.Series, name: str) -> list[int | None]:
    """Whole numbers of storeys, or none where they are not known."""
    numbers = pd.to_numeric(given, errors="coerce")
    wrong = given.notna() & ~(numbers.between(0, MOST_LEVELS) & (numbers % 1 == 0))
    if wrong.any():
        rows = rows_named(np.flatnonzero(wrong))
        raise BadInput(
            f"{name}: levels is no whole number from 0 to {MOST_LEVELS} in {rows}; "
            "correct it or leave it empty"
        )
    return [None if pd.isna(value) else int(value) for value in numbers]


def _with_codes(boundary: gpd.GeoDataFrame, name: str, division: str | None) -> gpd.GeoDataFrame:
    boundary = _with(boundary, {"code": None, "name": None})
    if division is not None:
        if len(boundary) > 1:
            raise BadInput(
                f"{name} has {len(boundary)} communities; --division fits only one, "
                "give each its code in the boundary layer"
            )
        boundary["code"] = checked(division)
    if boundary["code"].isna().any():
        raise BadInput(
            f"{name}: its boundary layer has no community code; say which one it is with "
            "--division CODE"
        )
    boundary["code"] = boundary["code"].astype(str)
    boundary["name"] = _texts(boundary["name"], name)
    for code in boundary["code"]:
        if level_of(checked(code)) != "community":
            raise BadInput(f"{code} is no community; an area belongs to a 12-digit community code")
    return boundary


def _completed(frame: gpd.GeoDataFrame, name: str, defaults: dict[str, Any]) -> gpd.GeoDataFrame:
    frame = _with(frame, defaults)
    for column, value in defaults.items():
        # Where a feature says nothing, what holds for a layer without the column holds for it.
        frame[column] = [value if _absent(given) else given for given in frame[column]]
        frame[column] = _CHECKS.get(column, _texts)(frame[column], name)
    # Tables hold single parts; a multi-part street is so many streets.
    return frame.explode(ignore_index=True)


def _texts(given: pd.Series, name: str) -> pd.Series:
    """Plain text, or none; software writes classes and names as numbers too."""
    told = [None if _absent(value) else str(value) for value in given]
    long = [row for row, text in enumerate(told) if text and len(text) > LONGEST_TEXT]
    if long:
        raise BadInput(
            f"{name}: {given.name} has over {LONGEST_TEXT} characters in {rows_named(long)}; "
            "shorten it"
        )
    return pd.Series(told, index=given.index, dtype=object)


def _absent(value: Any) -> bool:
    """Whether a cell says nothing; a list, as GeoJSON may hold, does."""
    return bool(pd.api.types.is_scalar(value) and pd.isna(value)) or value == ""


def _weights(given: pd.Series, name: str) -> pd.Series:
    numbers = pd.to_numeric(given, errors="coerce").astype(float)
    wrong = ~(np.isfinite(numbers) & (numbers > 0))
    if wrong.any():
        rows = rows_named(np.flatnonzero(wrong))
        raise BadInput(f"{name}: weight w of barriers is not above 0 in {rows}; correct it")
    return numbers


_CHECKS: dict[str, Callable[[pd.Series, str], Any]] = {
    "w": _weights,
    "never": flags,
}


def _with(frame: gpd.GeoDataFrame, defaults: dict[str, Any]) -> gpd.GeoDataFrame:
    for name, value in defaults.items():
        if name not in frame:
            frame[name] = value
    return frame

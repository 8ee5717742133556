"""Files into PostGIS: divisions, prepared areas, lists, people, households, events.

Several files are one transaction: all of them are loaded, or nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import geo
from gridsvc.dispatch import service as dispatch
from gridsvc.errors import BadInput, GridsvcError
from gridsvc.events.schemas import EventIn
from gridsvc.exchange import tables
from gridsvc.exchange.layers import layer_names, read_layer
from gridsvc.grids import area_queries
from gridsvc.grids import service as grids
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.grids.codes import checked, level_of
from gridsvc.mandates import service as mandates
from gridsvc.people import service as people
from gridsvc.progress import Progress, silent

#: Kinds in the order in which they build on each other.
ORDER = ("divisions", "area", "households", "powers", "matters", "people", "events")
TABLES = {".csv", ".xlsx"}


@dataclass(frozen=True)
class Job:
    """One file to load, and as what."""

    path: Path
    kind: str


def jobs(paths: Sequence[Path], kind: str | None = None) -> list[Job]:
    """What each file holds, in the order in which they must be loaded.

    Raises
    ------
    BadInput
        If a file is missing or holds nothing gridsvc knows.
    """
    found = [Job(path, kind or _kind_of(path)) for path in paths]
    return sorted(found, key=lambda job: ORDER.index(job.kind))


def _kind_of(path: Path) -> str:
    if path.suffix.lower() in TABLES:
        return tables.kind_of(path)
    layers = set(layer_names(path))
    if {"boundary", "buildings"} <= layers:
        return "area"
    if "divisions" in layers:
        return "divisions"
    if "people" in layers:
        return "people"
    raise BadInput(
        f"{path.name} has the layers {', '.join(sorted(layers))}; gridsvc loads a prepared area "
        "(boundary, buildings, ...), divisions or people"
    )


async def load(
    session: AsyncSession,
    work: Sequence[Job],
    *,
    division: str | None = None,
    progress: Progress = silent,
) -> dict[str, dict[str, int]]:
    """Load files in one transaction; counts of what was loaded, by kind.

    Parameters
    ----------
    division
        Community that a prepared area is, where its boundary layer carries no codes.
    """
    counts: dict[str, dict[str, int]] = {}
    for number, job in enumerate(work):
        progress(f"load {job.path.name}", number / len(work))
        if job.kind == "area":
            loaded = await _load_area(session, job.path, division)
        elif job.kind == "events":
            loaded = await _load_events(session, job.path, progress)
        else:
            loaded = {job.kind: await _LOADERS[job.kind](session, job.path)}
        before = counts.get(job.kind, {})
        counts[job.kind] = {name: before.get(name, 0) + count for name, count in loaded.items()}
    progress("load", 1.0)
    return counts


async def _load_divisions(session: AsyncSession, path: Path) -> int:
    if path.suffix.lower() in TABLES:
        table = tables.read_table(path, tables.DivisionRow)
        return await grids.load_divisions(
            session, [grids.DivisionRow(row.code, row.name) for row in table]
        )
    layer = "divisions" if "divisions" in layer_names(path) else None
    spec = f"{path}:{layer}" if layer else str(path)
    frame = read_layer(spec, geometry={"polygon"}, columns=("code", "name")).to_crs(geo.WGS84)
    return await grids.load_divisions(
        session,
        [
            grids.DivisionRow(str(code), str(name), geometry)
            for code, name, geometry in zip(
                frame["code"], frame["name"], frame.geometry, strict=True
            )
        ],
    )


async def _load_area(session: AsyncSession, path: Path, division: str | None) -> dict[str, int]:
    area = read_area(path, division)
    await grids.load_divisions(
        session,
        [
            grids.DivisionRow(code, name, geometry)
            for code, name, geometry in zip(
                area.boundary["code"], area.boundary["name"], area.boundary.geometry, strict=True
            )
        ],
    )
    return await grids.load_area(session, area)


def read_area(path: Path, division: str | None = None) -> AreaFrames:
    """A prepared area's layers in EPSG:4326, every community with its code.

    Raises
    ------
    BadInput
        If a layer or column is missing, or a community has no code and none was given.
    """
    layers = set(layer_names(path))
    boundary = read_layer(f"{path}:boundary", geometry={"polygon"}).to_crs(geo.WGS84)
    boundary = _with_codes(boundary, path.name, division)
    return AreaFrames(
        boundary=boundary,
        buildings=_with(
            _buildings(path),
            {"building_id": None, "levels": None, "kind": None, "estimated": True},
        ),
        barriers=_optional(path, "barriers", layers, "line", {"class": "unknown", "w": 1.0}),
        special=_optional(path, "special", layers, "polygon", {"kind": "other", "name": None}),
    )


def _buildings(path: Path) -> gpd.GeoDataFrame:
    frame = read_layer(f"{path}:buildings", geometry={"polygon"}, counts=("households",))
    scattered = frame.geometry.count_geometries() > 1
    if scattered.any():
        raise BadInput(
            f"{path.name}: {scattered.sum()} buildings consist of several parts, the first in "
            f"row {scattered.argmax() + 1}; give each part a row of its own"
        )
    return frame.explode(ignore_index=True).to_crs(geo.WGS84)


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
    for code in boundary["code"]:
        if level_of(checked(code)) != "community":
            raise BadInput(f"{code} is no community; an area belongs to a 12-digit community code")
    return boundary


def _optional(
    path: Path, layer: str, layers: set[str], geometry: str, defaults: dict[str, Any]
) -> gpd.GeoDataFrame:
    if layer not in layers:
        empty: dict[str, list[Any]] = {name: [] for name in defaults}
        return gpd.GeoDataFrame(empty, geometry=[], crs=geo.WGS84)
    frame = read_layer(f"{path}:{layer}", geometry={geometry}, empty_ok=True).to_crs(geo.WGS84)
    # Tables hold single parts; a multi-part street is so many streets.
    return _with(frame.explode(ignore_index=True), defaults)


def _with(frame: gpd.GeoDataFrame, defaults: dict[str, Any]) -> gpd.GeoDataFrame:
    for name, value in defaults.items():
        if name not in frame:
            frame[name] = value
    if "building_id" in defaults and frame["building_id"].isna().any():
        frame["building_id"] = [f"row{number}" for number in range(1, len(frame) + 1)]
    return frame


async def _load_households(session: AsyncSession, path: Path) -> int:
    rows = tables.read_table(path, tables.HouseholdRow)
    ids = await area_queries.building_ids(session, sorted({row.building_id for row in rows}))
    bad = [
        f"line {number}: there is no building {row.building_id}"
        for number, row in enumerate(rows, start=2)
        if row.building_id not in ids
    ]
    if bad:
        tables.refuse(path.name, bad)
    await area_queries.replace_households(
        session,
        [
            row.model_dump()
            | {"building_id": ids[row.building_id][0], "division_code": ids[row.building_id][1]}
            for row in rows
        ],
    )
    return len(rows)


async def _load_powers(session: AsyncSession, path: Path) -> int:
    rows = tables.read_table(path, tables.PowerRow)
    return await mandates.load_powers(session, [row.model_dump() for row in rows])


async def _load_matters(session: AsyncSession, path: Path) -> int:
    rows = tables.read_table(path, tables.MatterRow)
    return await mandates.load_matters(
        session,
        [row.model_dump(exclude={"parent"}) | {"parent_code": row.parent} for row in rows],
    )


async def _load_people(session: AsyncSession, path: Path) -> int:
    if path.suffix.lower() in TABLES:
        rows = tables.read_table(path, tables.PersonRow)
    else:
        rows = _people_of_layer(path)
    return await people.load_people(session, [_person(row, path.name) for row in rows])


def _people_of_layer(path: Path) -> list[tables.PersonRow]:
    frame = read_layer(f"{path}:people", geometry={"point"}).to_crs(geo.WGS84)
    bad: list[str] = []
    rows: list[tables.PersonRow] = []
    for number, values in enumerate(frame.drop(columns="geometry").to_dict("records"), start=1):
        point = frame.geometry.iloc[number - 1]
        place = {"lon": point.x, "lat": point.y, "datum": geo.Datum.WGS84}
        known = {str(name): value for name, value in values.items() if value is not None}
        try:
            rows.append(tables.PersonRow.model_validate(known | place))
        except ValidationError as failure:
            bad += [f"line {number}: {reason}" for reason in tables.reasons(failure)]
    if bad:
        tables.refuse(path.name, bad)
    return rows


def _person(row: tables.PersonRow, name: str) -> dict[str, Any]:
    given = [row.lon is not None, row.lat is not None, row.datum is not None]
    if any(given) and not all(given):
        raise BadInput(f"{name}: {row.code} has a place without lon, lat or datum; give all three")
    position = None
    if row.lon is not None and row.lat is not None and row.datum is not None:
        position = (*geo.to_wgs84(row.lon, row.lat, row.datum), row.datum)
    return row.model_dump(exclude={"lon", "lat", "datum"}) | {"position": position}


def event_of(row: tables.EventRow) -> EventIn:
    """The report a row of an events table stands for."""
    return EventIn(**row.model_dump(exclude={"matter_code"}), matter=row.matter_code)


async def _load_events(session: AsyncSession, path: Path, progress: Progress) -> dict[str, int]:
    rows = tables.read_table(path, tables.EventRow)
    bad: list[str] = []
    assigned = 0
    for number, row in enumerate(rows):
        progress("report events", number / len(rows))
        try:
            async with session.begin_nested():
                shown = await dispatch.report(session, event_of(row))
        except GridsvcError as failure:
            bad.append(f"line {number + 2}: {failure.detail}")
        else:
            assigned += shown.handler is not None
    if bad:
        tables.refuse(path.name, bad)
    return {"events": len(rows), "assigned": assigned, "waiting": len(rows) - assigned}


_Loader = Callable[[AsyncSession, Path], Coroutine[Any, Any, int]]
_LOADERS: dict[str, _Loader] = {
    "divisions": _load_divisions,
    "households": _load_households,
    "powers": _load_powers,
    "matters": _load_matters,
    "people": _load_people,
}

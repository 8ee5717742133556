"""Files into PostGIS: divisions, prepared areas, lists, people, households, events.

Several files are one transaction: all of them are loaded, or nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import geo
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import WHOLE
from gridsvc.config import USUAL, FileLimits
from gridsvc.dispatch import service as dispatch
from gridsvc.errors import BadInput, GridsvcError
from gridsvc.events.schemas import EventIn
from gridsvc.exchange import list_tables, tables
from gridsvc.exchange.areas import read_area
from gridsvc.exchange.layers import layer_names, read_layer
from gridsvc.grids import area_queries
from gridsvc.grids import service as grids
from gridsvc.keyring import Keyring
from gridsvc.mandates import service as mandates
from gridsvc.mandates.service import Edition
from gridsvc.people import service as people
from gridsvc.progress import Progress, silent

#: Kinds in the order in which they build on each other.
ORDER = (
    *("divisions", "area", "households", "powers", "matters", "units"),
    *("delegations", "limits", "policies", "duties", "calendars", "people", "events"),
)
TABLES = {".csv", ".xlsx"}


@dataclass(frozen=True)
class Job:
    """One file to load, as what, and how much it may ask for."""

    path: Path
    kind: str
    limits: FileLimits


def jobs(paths: Sequence[Path], kind: str | None = None, limits: FileLimits = USUAL) -> list[Job]:
    """What each file holds, in the order in which they must be loaded.

    Raises
    ------
    BadInput
        If a file is missing or holds nothing gridsvc knows.
    """
    found = [Job(path, kind or _kind_of(path, limits), limits) for path in paths]
    return sorted(found, key=lambda job: ORDER.index(job.kind))


def _kind_of(path: Path, limits: FileLimits) -> str:
    if path.suffix.lower() in TABLES:
        return tables.kind_of(path, limits, list_tables.KINDS | tables.KINDS)
    layers = set(layer_names(path, limits))
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
    keyring: Keyring,
    division: str | None = None,
    effective_from: date | None = None,
    progress: Progress = silent,
) -> dict[str, dict[str, int]]:
    """Load files in one transaction; counts of what was loaded, by kind.

    Parameters
    ----------
    keyring
        What names and numbers of people are sealed with.
    division
        Community that a prepared area is, where its boundary layer carries no codes; area that
        lists hold for, everywhere if none is given.
    effective_from
        First day on which lists hold, from now on if none is given.

    Raises
    ------
    BadInput
        If something in a file cannot be used, or two files say what replaces each other.
    """
    _check_one_each(work)
    counts: dict[str, dict[str, int]] = {}
    for number, job in enumerate(work):
        progress(f"load {job.path.name}", number / len(work))
        if job.kind == "area":
            loaded = await _load_area(session, job, division)
        elif job.kind == "events":
            loaded = await _load_events(session, job, keyring, progress)
        elif job.kind == "people":
            loaded = {"people": await _load_people(session, job, keyring)}
        elif job.kind in _LOADERS:
            loaded = {job.kind: await _LOADERS[job.kind](session, job)}
        else:
            edition = Edition(division or WHOLE, effective_from, job.path.name)
            loaded = {job.kind: await _load_list(session, job, edition)}
        before = counts.get(job.kind, {})
        counts[job.kind] = {name: before.get(name, 0) + count for name, count in loaded.items()}
    progress("load", 1.0)
    names = ", ".join(job.path.name for job in work)
    await audit.record(session, Action.LOADED, "files", names, after=counts)
    return counts


def _check_one_each(work: Sequence[Job]) -> None:
    """Of two lists loaded at once the second would silently replace the first."""
    for kind in ("delegations", "limits", "policies", "duties"):
        names = [job.path.name for job in work if job.kind == kind]
        if len(names) > 1:
            raise BadInput(
                f"{' and '.join(names)} are both lists of {kind}; put them into one file, or load "
                "one after the other with an --effective day each"
            )


async def _load_divisions(session: AsyncSession, job: Job) -> int:
    if job.path.suffix.lower() in TABLES:
        table = tables.read_table(job.path, tables.DivisionRow, job.limits)
        return await grids.load_divisions(
            session, [grids.DivisionRow(row.code, row.name) for row in table]
        )
    layer = "divisions" if "divisions" in layer_names(job.path, job.limits) else None
    spec = f"{job.path}:{layer}" if layer else str(job.path)
    frame = read_layer(spec, geometry={"polygon"}, columns=("code", "name"), limits=job.limits)
    frame = frame.to_crs(geo.WGS84)
    rows = tables.rows_of_layer(frame, job.path.name, tables.DivisionRow)
    return await grids.load_divisions(
        session,
        [
            grids.DivisionRow(row.code, row.name, geometry)
            for row, geometry in zip(rows, frame.geometry, strict=True)
        ],
    )


async def _load_area(session: AsyncSession, job: Job, division: str | None) -> dict[str, int]:
    area = read_area(job.path, division, job.limits)
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


async def _load_households(session: AsyncSession, job: Job) -> int:
    rows = tables.read_lines(job.path, tables.HouseholdRow, job.limits)
    ids = await area_queries.building_ids(session, {row.building_id for row in rows.values()})
    found: list[dict[str, Any]] = []
    bad: list[str] = []
    for line, row in rows.items():
        places = ids.get(row.building_id, [])
        if len(places) == 1:
            building_id, division_code = places[0]
            place = {"building_id": building_id, "division_code": division_code}
            found.append(row.model_dump() | place)
        elif places:
            where = ", ".join(division for _, division in places)
            bad.append(f"line {line}: building {row.building_id} stands in {where}; rename one")
        else:
            bad.append(f"line {line}: there is no building {row.building_id}")
    bad += await _addresses_twice(session, list(rows), found) if not bad else []
    if bad:
        tables.refuse(job.path.name, bad)
    await area_queries.replace_households(session, found)
    return len(rows)


async def _addresses_twice(
    session: AsyncSession, lines: Sequence[int], households: Sequence[dict[str, Any]]
) -> list[str]:
    taken = await area_queries.addresses_elsewhere(session, households)
    bad: list[str] = []
    for line, row in zip(lines, households, strict=True):
        address = (row["division_code"], row["address_code"])
        if address in taken:
            bad.append(f"line {line}: address {row['address_code']} is that of another household")
        taken.add(address)
    return bad


async def _load_list(session: AsyncSession, job: Job, edition: Edition) -> int:
    if job.kind == "powers":
        powers = tables.read_table(job.path, tables.PowerRow, job.limits)
        return await mandates.load_powers(session, [row.model_dump() for row in powers], edition)
    if job.kind == "matters":
        matters = tables.read_table(job.path, tables.MatterRow, job.limits)
        rows = [row.model_dump(exclude={"parent"}) | {"parent_code": row.parent} for row in matters]
        return await mandates.load_matters(session, rows, edition)
    return await list_tables.load_list(session, job.kind, job.path, job.limits, edition)


async def _load_people(session: AsyncSession, job: Job, keyring: Keyring) -> int:
    if job.path.suffix.lower() in TABLES:
        rows = tables.read_table(job.path, tables.PersonRow, job.limits)
    else:
        rows = _people_of_layer(job)
    return await people.load_people(session, [_person(row, job.path.name) for row in rows], keyring)


def _people_of_layer(job: Job) -> list[tables.PersonRow]:
    frame = read_layer(f"{job.path}:people", geometry={"point"}, limits=job.limits).to_crs(
        geo.WGS84
    )
    place = {"lon": frame.geometry.x, "lat": frame.geometry.y, "datum": geo.Datum.WGS84.value}
    return tables.rows_of_layer(frame.assign(**place), job.path.name, tables.PersonRow)


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


async def _load_events(
    session: AsyncSession, job: Job, keyring: Keyring, progress: Progress
) -> dict[str, int]:
    rows = tables.read_lines(job.path, tables.EventRow, job.limits)
    bad: list[str] = []
    assigned = 0
    for number, (line, row) in enumerate(rows.items()):
        progress("report events", number / len(rows))
        try:
            async with session.begin_nested():
                shown = await dispatch.report(session, event_of(row), keyring)
        except GridsvcError as failure:
            bad.append(f"line {line}: {failure.detail}")
        else:
            assigned += shown.handler is not None
    if bad:
        tables.refuse(job.path.name, bad)
    return {"events": len(rows), "assigned": assigned, "waiting": len(rows) - assigned}


_Loader = Callable[[AsyncSession, Job], Coroutine[Any, Any, int]]
_LOADERS: dict[str, _Loader] = {
    "divisions": _load_divisions,
    "households": _load_households,
}

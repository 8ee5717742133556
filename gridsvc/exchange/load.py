"""Files into PostGIS: divisions, prepared areas, lists, people, households, events.

Several files are one transaction: all of them are loaded, or nothing is.
"""

from __future__ import annotations

from collections import Counter
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
from gridsvc.exchange import guard, list_tables, measures, practices, table_checks, tables
from gridsvc.exchange.areas import read_area, read_department_grids, read_givens
from gridsvc.exchange.layers import layer_names, read_layer
from gridsvc.exchange.roads import is_extract, read_roads
from gridsvc.grids import area_queries, department_queries, givens, service_point_queries
from gridsvc.grids import service as grids
from gridsvc.grids.queries import existing_divisions
from gridsvc.keyring import Keyring
from gridsvc.mandates import service as mandates
from gridsvc.mandates.service import Edition
from gridsvc.people import service as people
from gridsvc.progress import Progress, silent
from gridsvc.roads import service as roads

#: Kinds in the order in which they build on each other.
ORDER = (
    *("divisions", "area", "zones", "seeds", "households", "services", "powers", "matters"),
    *("units", "delegations", "limits", "policies", "duties", "calendars", "proofs", "items"),
    *("windows", "offers", "forms", "admissions", "department_grids", "people", "events", "roads"),
    "practices",
    *measures.KINDS,
)
TABLES = {".csv", ".xlsx"}
#: Lists of which a later one replaces the whole of an earlier one.
_REPLACING = (
    *("delegations", "limits", "policies", "duties", "proofs", "items", "windows", "offers"),
    *("forms", "admissions"),
)
#: What planners say beforehand; of one file it replaces what was said before.
GIVENS = ("zones", "seeds")


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
    if sum(job.kind == "roads" for job in found) > 1:
        raise BadInput(
            "a county has one road graph; give the roads in one file, or county by county"
        )
    return sorted(found, key=lambda job: ORDER.index(job.kind))


def _kind_of(path: Path, limits: FileLimits) -> str:
    if path.suffix.lower() in TABLES:
        return tables.kind_of(path, limits, list_tables.KINDS | measures.KINDS | tables.KINDS)
    if is_extract(path):
        return "roads"
    layers = set(layer_names(path, limits))
    if {"boundary", "buildings"} <= layers:
        return "area"
    if "divisions" in layers:
        return "divisions"
    for kind in ("people", *GIVENS):
        if kind in layers:
            return kind
    raise BadInput(
        f"{path.name} has the layers {', '.join(sorted(layers))}; gridsvc loads a prepared area "
        "(boundary, buildings, ...), divisions, people, zones or seeds; say which with --as"
    )


async def load(
    session: AsyncSession,
    work: Sequence[Job],
    *,
    keyring: Keyring,
    division: str | None = None,
    effective_from: date | None = None,
    anyway: bool = False,
    progress: Progress = silent,
) -> dict[str, dict[str, Any]]:
    """Load files in one transaction; counts of what was loaded, by kind.

    Parameters
    ----------
    keyring
        What names and numbers of people are sealed with.
    division
        Community that a prepared area is, where its boundary layer carries no codes; area that
        lists hold for, everywhere if none is given; area whose zones or seeds are replaced, those
        of the communities they lie in if none is given; county that roads are of.
    effective_from
        First day on which lists hold, from now on if none is given.
    anyway
        Whether roads replace others that reach far more households.

    Raises
    ------
    BadInput
        If something in a file cannot be used, or two files say what replaces each other.
    """
    _check_one_each(work)
    counts: dict[str, dict[str, Any]] = {}
    for number, job in enumerate(work):
        progress(f"load {job.path.name}", number / len(work))
        if job.kind == "roads":
            counts["roads"] = await _load_roads(session, job, division, anyway, progress)
            continue
        if job.kind in _OF_PLACES:
            loaded = await _OF_PLACES[job.kind](session, job, division)
        elif job.kind in GIVENS:
            frame = read_givens(job.path, job.kind, job.limits)
            loaded = {job.kind: await givens.load(session, job.kind, frame, division or WHOLE)}
        elif job.kind == "events":
            loaded = await _load_events(session, job, keyring, progress)
        elif job.kind == "people":
            loaded = {"people": await _load_people(session, job, keyring)}
        elif job.kind in measures.KINDS:
            area = division or WHOLE
            number_of = await measures.load(session, job.kind, job.path, job.limits, area)
            loaded = {job.kind: number_of}
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
    for kind in (*GIVENS, *_REPLACING):
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


async def _load_practices(session: AsyncSession, job: Job, division: str | None) -> dict[str, int]:
    if division is None:
        raise BadInput("practices are those of a place; name it with --division")
    guard.check_size(job.path, job.limits.table_bytes)
    return await practices.load(session, job.path.read_bytes(), division=division)


async def _load_department_grids(
    session: AsyncSession, job: Job, division: str | None
) -> dict[str, int]:
    if division is None:
        raise BadInput("department grids are those of a place; name it with --division")
    if not await existing_divisions(session, [division]):
        raise BadInput(f"there is no division {division}; load the divisions first")
    frame = read_department_grids(job.path, job.limits)
    await department_queries.replace(session, division, frame)
    return {job.kind: len(frame)}


async def _load_roads(
    session: AsyncSession, job: Job, division: str | None, anyway: bool, progress: Progress
) -> dict[str, Any]:
    if division is None:
        raise BadInput("roads are kept by county; name it with --division")
    progress(f"read {job.path.name}", 0.0)
    ways = read_roads(job.path, job.limits)
    return await roads.load(
        session, division, ways, source=job.path.name, anyway=anyway, progress=progress
    )


async def _load_households(session: AsyncSession, job: Job) -> int:
    rows = tables.read_lines(job.path, tables.HouseholdRow, job.limits)
    found, bad = await table_checks.households(session, rows)
    if bad:
        tables.refuse(job.path.name, bad)
    await area_queries.replace_households(session, found)
    return len(rows)


async def _load_services(session: AsyncSession, job: Job) -> int:
    rows = tables.read_lines(job.path, tables.ServiceRow, job.limits)
    places = [geo.to_wgs84(row.lon, row.lat, row.datum) for row in rows.values()]
    homes = await service_point_queries.communities_at(session, places)
    twice = [code for code, n in Counter(row.code for row in rows.values()).items() if n > 1]
    bad = [
        f"line {line}: {row.code} lies in no community with a boundary"
        for (line, row), home in zip(rows.items(), homes, strict=True)
        if home is None
    ] + [f"line {line}: {row.code} comes twice" for line, row in rows.items() if row.code in twice]
    if bad:
        tables.refuse(job.path.name, bad)
    found = [
        row.model_dump(include={"code", "name", "kind"})
        | {"division_code": home, "lon": lon, "lat": lat}
        for row, home, (lon, lat) in zip(rows.values(), homes, places, strict=True)
    ]
    await service_point_queries.replace(session, found)
    return len(found)


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
        lines = tables.read_lines(job.path, tables.PersonRow, job.limits)
        if bad := await table_checks.people(session, lines):
            tables.refuse(job.path.name, bad)
        rows = list(lines.values())
    else:
        rows = _people_of_layer(job)
    return await people.load_people(session, [table_checks.person(row) for row in rows], keyring)


def _people_of_layer(job: Job) -> list[tables.PersonRow]:
    frame = read_layer(f"{job.path}:people", geometry={"point"}, limits=job.limits).to_crs(
        geo.WGS84
    )
    place = {"lon": frame.geometry.x, "lat": frame.geometry.y, "datum": geo.Datum.WGS84.value}
    return tables.rows_of_layer(frame.assign(**place), job.path.name, tables.PersonRow)


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


_OfPlace = Callable[[AsyncSession, Job, str | None], Coroutine[Any, Any, dict[str, int]]]
#: What a division is told for: the place that it is, or is of.
_OF_PLACES: dict[str, _OfPlace] = {
    "practices": _load_practices,
    "department_grids": _load_department_grids,
    "area": _load_area,
}
_Loader = Callable[[AsyncSession, Job], Coroutine[Any, Any, int]]
_LOADERS: dict[str, _Loader] = {
    "divisions": _load_divisions,
    "households": _load_households,
    "services": _load_services,
}

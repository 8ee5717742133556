"""The command ``gridsvc load``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit.actor import acting, command_line
from gridsvc.codes import checked
from gridsvc.config import Settings
from gridsvc.connect import keyring_for, with_database
from gridsvc.console import AsJson, show
from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.exchange import load as loading
from gridsvc.progress import Progress


def load(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Divisions, prepared areas, zones, seeds, households, service points, lists, "
            "people, events, roads; what they are may stand first, as in `load zones FILE`."
        ),
    ],
    division: Annotated[
        str | None,
        typer.Option(
            help="Community an area is, where its boundary carries no code; county roads are of; "
            "area that lists hold for, instead of everywhere, or whose zones or seeds are replaced."
        ),
    ] = None,
    effective: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="First day on which lists hold, instead of now."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--as", help=f"What the files are: {', '.join(loading.ORDER)}.")
    ] = None,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Take roads that reach far fewer households than before."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Load files into PostGIS, all or nothing; what each holds is told by its columns.

    CSV (UTF-8) and XLSX for divisions, households, service points, people, events and lists
    (powers, matters, units, delegations, limits, policies, duties, calendars), indicators,
    surveys and rules for stars; GeoPackage for
    prepared areas, divisions and people; any vector file for zones no micro-grid crosses
    (residents' groups, given grids) and seeds that get one of their own (homes, stations), and
    with `load department_grids` for those that departments drew (kind, code, name);
    OpenStreetMap extracts for roads, or with `load roads` the streets of a prepared area. Bad rows
    are named with their line. A list is kept as a version; loading it again changes nothing.
    Zones, seeds and service points replace all those of the communities they lie in.
    """
    first, rest = str(files[0]), files[1:]
    if first in loading.ORDER and rest and not files[0].exists():
        kind, files = kind or first, rest
    if kind is not None and kind not in loading.ORDER:
        raise BadInput(f"--as {kind} is not known; choose one of {', '.join(loading.ORDER)}")
    work = loading.jobs(files, kind, Settings().file_limits)

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        keyring = await keyring_for(Settings(), engine)
        async with transaction(engine) as session:
            with acting(session, command_line()):
                return await loading.load(
                    session,
                    work,
                    keyring=keyring,
                    division=checked(division) if division is not None else None,
                    effective_from=effective.date() if effective else None,
                    anyway=anyway,
                    progress=progress,
                )

    show(with_database(work_on), as_json)

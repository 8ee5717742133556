"""The command line: every command thin, what it does lives in the rooms.

Errors are one line on standard error. Exit codes: 0 done, 1 a plan failed its checks,
2 the input or the installation cannot be used, 130 stopped by Ctrl-C, 143 by SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from shapely.errors import GEOSException
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc import migrations
from gridsvc.accounts import service as accounts
from gridsvc.audit.actor import SYSTEM, acting, command_line
from gridsvc.backup import commands as keeping
from gridsvc.codes import checked
from gridsvc.commands import audit, keys
from gridsvc.commands.retention import retention
from gridsvc.commands.split import split
from gridsvc.config import Settings
from gridsvc.connect import (
    database_url,
    engine_on,
    keyring_for,
    service_login,
    with_database,
)
from gridsvc.console import AsJson, bar, fail, show
from gridsvc.db import transaction
from gridsvc.errors import BadInput, GridsvcError, Unavailable
from gridsvc.exchange import load as loading
from gridsvc.exchange.areas import read_area
from gridsvc.exchange.layers import check_out, temporary_beside
from gridsvc.exchange.prepare import prepare_area
from gridsvc.grids import service as grids
from gridsvc.grids.queries import communities
from gridsvc.keyring import Keyring
from gridsvc.maps import service as maps
from gridsvc.people import service as people
from gridsvc.privacy import sealing
from gridsvc.progress import Progress, part_of
from gridsvc.serving import listen, say_demonstration, say_first_account, serve
from gridsvc.town import settle
from gridsvc.town.generate import build_town
from gridsvc.town.tryout import cast_area, write_cast
from gridsvc.town.write import write_town

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Plan grids, assign events, map coverage.\n\n"
    "A first look: `gridsvc run --demo`. From files to cells without a database: "
    "`gridsvc prepare`, then `gridsvc split`. Into the service: `gridsvc load`, "
    "`gridsvc plan --publish`, `gridsvc map`.\n\n"
    "Settings are environment variables with the prefix GRIDSVC_; without "
    "GRIDSVC_DATABASE_URL a private PostGIS is started and stopped by itself.",
)
db_app = typer.Typer(no_args_is_help=True, help="Look at the database's schema or upgrade it.")
app.add_typer(db_app, name="db")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")

Division = Annotated[str, typer.Option(help="12-digit division code; communities below it.")]
Seed = Annotated[int, typer.Option(min=0, help="The same input and seed give the same result.")]
Target = Annotated[int, typer.Option(min=1, help="Households per micro-grid.")]


def main() -> None:
    """Run the command line; every expected failure is one line and an exit code."""
    # An ordinary end instead of sudden death: the private cluster is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        app()
    except GridsvcError as failure:
        fail(failure.detail, failure.exit_code)
    except ValidationError as failure:
        wrong = "; ".join(
            f"GRIDSVC_{str(error['loc'][0]).upper()}: {error['msg']}" for error in failure.errors()
        )
        fail(f"a setting cannot be used: {wrong}", BadInput.exit_code)
    except GEOSException as failure:
        fail(f"a geometry cannot be computed with, repair the layers: {failure}", 2)
    except (SQLAlchemyError, OSError) as failure:
        reason = str(getattr(failure, "orig", failure)).splitlines()[0]
        fail(f"the database cannot be used: {reason}", Unavailable.exit_code)


@app.command()
def prepare(
    osm: Annotated[Path, typer.Argument(help="OpenStreetMap extract, .osm.pbf.")],
    boundary: Annotated[
        str | None, typer.Option(help="Communities: polygons, FILE or FILE:layer.")
    ] = None,
    zones: Annotated[
        str | None, typer.Option(help="Polygons with known household totals, FILE[:layer].")
    ] = None,
    zone_households: Annotated[
        str | None, typer.Option(help="Column of --zones with the total.")
    ] = None,
    zone_id: Annotated[
        str | None, typer.Option(help="Column whose repeated values are parts of one zone.")
    ] = None,
    units: Annotated[
        bool, typer.Option("--units", help="Give big buildings by stairwell unit (单元).")
    ] = False,
    out: Annotated[Path, typer.Option(help="GeoPackage to write.")] = Path("prepared.gpkg"),
    as_json: AsJson = False,
) -> None:
    """Prepare an OpenStreetMap extract: boundary, buildings with households, barriers, sites."""
    with bar() as progress:
        report = prepare_area(
            osm,
            boundary=boundary,
            zones=zones,
            zone_households=zone_households,
            zone_id=zone_id,
            units=units,
            out=out,
            limits=Settings().file_limits,
            progress=progress,
        )
    show(report, as_json)


@app.command()
def load(
    files: Annotated[
        list[Path],
        typer.Argument(help="Divisions, prepared areas, households, lists, people, events."),
    ],
    division: Annotated[
        str | None,
        typer.Option(help="Community an area is, where its boundary carries no code."),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--as", help=f"What the files are: {', '.join(loading.ORDER)}.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load files into PostGIS, all or nothing; what each holds is told by its columns.

    CSV (UTF-8) and XLSX for divisions, households, powers, matters, people and events;
    GeoPackage for prepared areas, divisions and people. Bad rows are named with their line.
    """
    if kind is not None and kind not in loading.ORDER:
        raise BadInput(f"--as {kind} is not known; choose one of {', '.join(loading.ORDER)}")
    work = loading.jobs(files, kind, Settings().file_limits)

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        keyring = await keyring_for(Settings(), engine)
        async with transaction(engine) as session:
            with acting(session, command_line()):
                return await loading.load(
                    session, work, keyring=keyring, division=division, progress=progress
                )

    show(with_database(work_on), as_json)


@app.command()
def plan(
    division: Division,
    target: Target = 100,
    grid_target: Annotated[int, typer.Option(min=1, help="Households per grid.")] = 300,
    seed: Seed = 0,
    publish: Annotated[bool, typer.Option(help="Put the plans in force now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Plan the communities of a division from what is in PostGIS, saved as drafts."""

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            codes = await communities(session, checked(division))
        if not codes:
            raise BadInput(f"no community with a boundary lies in {division}; load its area first")
        plans = []
        for number, code in enumerate(codes):
            async with transaction(engine) as session:
                draft = await grids.draft_plan(
                    session,
                    code,
                    target=target,
                    grid_target=grid_target,
                    seed=seed,
                    progress=part_of(progress, code, number, len(codes)),
                )
                if publish:
                    with acting(session, command_line()):
                        await grids.publish_plan(session, draft.plan_id)
                    await people.post_to_cells(session, code)
            plans.append(
                {
                    "plan": draft.plan_id,
                    "division": code,
                    "state": "published" if publish else "draft",
                    "grids": draft.grids,
                    "micro_grids": draft.micro_grids,
                }
                | draft.report["figures"]
            )
        progress("plan", 1.0)
        return {"plans": plans}

    show(with_database(work_on), as_json)


@app.command("map")
def coverage_map(
    division: Division,
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("map.html"),
    as_json: AsJson = False,
) -> None:
    """Draw the coverage map of a division as one HTML file that needs no network."""

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        progress("draw", 0.1)
        async with transaction(engine) as session:
            with acting(session, command_line()):
                page = await maps.coverage_html(
                    session, checked(division), time_zone=Settings().time_zone
                )
        with temporary_beside(check_out(out, ".html")) as draft:
            draft.write_text(page, encoding="utf-8")
        progress("draw", 1.0)
        return {"out": str(out), "bytes": out.stat().st_size}

    show(with_database(work_on), as_json)


@app.command()
def demo(
    households: Annotated[int, typer.Option(help="Size of the town.")] = 2500,
    seed: Seed = 1,
    area: Annotated[
        Path | None,
        typer.Option(help="Prepared area to invent people and events for, instead of a town."),
    ] = None,
    division: Annotated[str | None, typer.Option(help="Community the area is.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("town"),
    settle_it: Annotated[
        bool, typer.Option("--settle", help="Also load, plan and publish the town.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a demonstration town of any size, or people and a day of events for a real area."""
    result: dict[str, Any] = {"out": str(out)}
    with bar() as progress:
        if area is None:
            write_town(build_town(households, seed, progress), out)
        else:
            write_cast(cast_area(read_area(area, division, Settings().file_limits), seed=seed), out)
    if settle_it:
        result |= with_database(_settling(out))
    show(result, as_json)


def _settling(
    folder: Path,
) -> Callable[[AsyncEngine, Progress], Coroutine[Any, Any, dict[str, Any]]]:
    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        keyring = await keyring_for(Settings(), engine)
        return await settle.settle(engine, folder, keyring, progress)

    return work_on


@db_app.command("upgrade")
def db_upgrade(as_json: AsJson = False) -> None:
    """Bring the database's schema to the newest revision."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        schema = await migrations.status(engine)
        return {"revision": schema.revision, "newest": schema.newest}

    show(with_database(work_on), as_json)


@db_app.command("status")
def db_status(as_json: AsJson = False) -> None:
    """Show which revision the database's schema has."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        schema = await migrations.status(engine)
        return {"revision": schema.revision, "newest": schema.newest, "current": schema.current}

    show(with_database(work_on, upgrade=False), as_json)


@app.command()
def run(
    demo_town: Annotated[
        bool, typer.Option("--demo", help="With the demonstration town, on first start.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address; default GRIDSVC_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; default GRIDSVC_PORT.")] = None,
) -> None:
    """Start the service and say where to click. Ctrl-C stops it and its database."""
    given: dict[str, Any] = {"host": host, "port": port, "demonstration": demo_town or None}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    with listen(settings) as listener, database_url(settings) as url:
        keyring = asyncio.run(_make_ready(settings, url))
        serve(settings, service_login(settings, url), keyring, listener)


async def _make_ready(settings: Settings, url: str) -> Keyring:
    async with engine_on(url) as engine:
        await migrations.upgrade(engine)
        keyring = await keyring_for(settings, engine)
        await sealing.reseal(engine, keyring, SYSTEM)
        if settings.demonstration:
            if not await settle.settled(engine):
                with bar() as progress:
                    await settle.settle(engine, settle.SMALL_TOWN, keyring, progress)
            say_demonstration()
            return keyring
        async with transaction(engine) as session:
            password = await accounts.ensure_first(session, keyring)
        if password is not None:
            say_first_account(accounts.FIRST_LOGIN, password)
        return keyring


app.command()(keeping.backup)
app.command()(keeping.restore)
app.command()(retention)
app.command()(split)

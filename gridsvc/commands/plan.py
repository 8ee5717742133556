"""The command ``gridsvc plan``."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit.actor import command_line
from gridsvc.batches.cluster import Cluster, check_address, on_this_machine
from gridsvc.batches.crews import Crew, Here, Processes
from gridsvc.batches.handing import Tally, hand_out
from gridsvc.batches.sizing import Batch, batches_of
from gridsvc.batches.work import Door, Order, Planned
from gridsvc.codes import checked
from gridsvc.commands.wishes import Cells, Least, Most, Target, Tolerance, wish_of
from gridsvc.config import Settings
from gridsvc.connect import with_database
from gridsvc.console import AsJson, show
from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.grids.plan_queries import last_plan
from gridsvc.grids.plan_settings import PlanSettings
from gridsvc.grids.queries import households_of_communities
from gridsvc.progress import Progress

_FAILED, _STOPPED = 1, 130


Division = Annotated[str, typer.Option(help="12-digit division code; communities below it.")]
Weigh = Annotated[
    list[str] | None,
    typer.Option(help="households or residents, with a weight: residents=0.4; may be repeated."),
]
Lock = Annotated[
    list[str] | None,
    typer.Option(help="Code of a micro-grid that stays as it is; may be repeated."),
]
GridTarget = Annotated[int, typer.Option(min=1, help="Households per grid.")]
Seed = Annotated[int, typer.Option(min=0, help="The same input and seed give the same result.")]
Anew = Annotated[
    bool, typer.Option("--anew", help="Plan from scratch; else a plan in force is mended.")
]
Zones = Annotated[
    bool, typer.Option("--zones/--no-zones", help="Heed the zones loaded; cross no border of them.")
]
Seeds = Annotated[
    bool, typer.Option("--seeds/--no-seeds", help="Heed the seeds loaded; a cell round each.")
]
Publish = Annotated[bool, typer.Option(help="Put the plans in force now.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Leave what has a plan made from just the same.")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes on this machine; default its cores.")
]
Scheduler = Annotated[
    str | None, typer.Option(help="Dask scheduler whose workers plan, tcp://HOST:PORT.")
]


def plan(
    division: Division,
    target: Target = 100,
    cells: Cells = None,
    tolerance: Tolerance = 0.1,
    least: Least = None,
    most: Most = None,
    weigh: Weigh = None,
    lock: Lock = None,
    grid_target: GridTarget = 300,
    seed: Seed = 0,
    anew: Anew = False,
    zones: Zones = True,
    seeds: Seeds = True,
    publish: Publish = False,
    resume: Resume = False,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: AsJson = False,
) -> None:
    """Plan the communities of a division from what is in PostGIS, saved as drafts.

    Several are shared among processes, or among the workers of a Dask cluster; the result is the
    same. Each is done or not done by itself: exit code 1 and a list tell which failed, and where
    something wished for cannot be (the nearest plan is saved as a draft). Ctrl-C begins nothing
    more and tells what is done; `--resume` goes on from there.
    """
    settings = PlanSettings(
        wish=wish_of(target, cells, tolerance, least, most, weigh, seed),
        grid_target=grid_target,
        anew=anew,
        locked=tuple(sorted(lock or [])),
        zones=zones,
        seeds=seeds,
    )
    settings.check()
    within = checked(division)
    if scheduler:
        _check_scheduler(scheduler, workers)

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            households = await households_of_communities(session, within)
            last = await last_plan(session)
        if not households:
            raise BadInput(f"no community with a boundary lies in {division}; load its area first")
        order = Order(
            settings=settings,
            publish=publish,
            after=0 if resume else last,
            actor=command_line(),
        )
        door = Door(engine.url.render_as_string(hide_password=False))
        async with _crew(door, order, households, workers, scheduler, progress) as (crew, batches):
            return _told(await hand_out(batches, crew, households, progress))

    result = with_database(work_on)
    show(result, as_json)
    if "left" in result:
        raise typer.Exit(_STOPPED)
    if result["failed"] or any("limits" in one for one in result["plans"]):
        raise typer.Exit(_FAILED)


def _check_scheduler(scheduler: str, workers: int | None) -> None:
    check_address(scheduler)
    if workers is not None:
        raise BadInput("--workers are processes of this machine; leave it out with --scheduler")
    if Settings().database_url is None and not on_this_machine(scheduler):
        raise BadInput(
            "workers on other machines cannot reach the private database; set "
            "GRIDSVC_DATABASE_URL to one that they reach too"
        )


@asynccontextmanager
async def _crew(
    door: Door,
    order: Order,
    households: Mapping[str, int],
    workers: int | None,
    scheduler: str | None,
    progress: Progress,
) -> AsyncIterator[tuple[Crew, list[Batch]]]:
    """Who is to plan, and the batches for them."""
    if scheduler:
        async with Cluster(scheduler, door, order) as cluster:
            yield cluster, batches_of(households, await cluster.workers())
    elif len(households) == 1:
        yield Here(door, order, progress), batches_of(households, 1)
    else:
        number = workers or len(os.sched_getaffinity(0))
        async with Processes(number, door, order) as processes:
            yield processes, batches_of(households, number)


def _told(tally: Tally) -> dict[str, Any]:
    """The result as it is shown; what was left only where the run was stopped."""
    left = {"left": tally.left} if tally.stopped else {}
    return {
        "plans": [_plan(one) for one in tally.planned],
        "failed": [asdict(one) for one in tally.failed],
    } | left


def _plan(one: Planned) -> dict[str, Any]:
    told = {
        "plan": one.plan,
        "division": one.division,
        "state": one.state,
        "kept": one.kept,
        "grids": one.grids,
        "micro_grids": one.micro_grids,
    }
    return told | one.figures | ({"limits": one.limits} if one.limits else {})

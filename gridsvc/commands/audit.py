"""The commands ``gridsvc audit …``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit import service
from gridsvc.connect import with_database
from gridsvc.console import AsJson, show
from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.progress import Progress

app = typer.Typer(no_args_is_help=True, help="Search the audit trail, prove it whole, prune it.")

_BROKEN = 1


@app.command()
def search(
    login: Annotated[str | None, typer.Option(help="Who.")] = None,
    action: Annotated[str | None, typer.Option(help="What, such as unmasked.")] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of object, such as event.")] = None,
    object_id: Annotated[str | None, typer.Option(help="Its code or number.")] = None,
    since: Annotated[datetime | None, typer.Option(help="From this time on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this time, UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    as_json: AsJson = False,
) -> None:
    """Show entries of the audit trail, newest first."""
    asked: dict[str, Any] = {"login": login, "action": action, "kind": kind, "object_id": object_id}

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            page = await service.search(session, limit=limit, since=since, until=until, **asked)
        return {"entries": [entry.model_dump(mode="json") for entry in page.entries]}

    show(with_database(work_on, upgrade=False), as_json)


@app.command()
def verify(
    earlier: Annotated[
        Path | None, typer.Option(help="Heads written down before, by gridsvc audit heads.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that no entry was removed, changed or added elsewhere. Exit code 1 if one was."""
    told = _read_heads(earlier) if earlier else None

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            found = await service.verify(session, told)
        return {"whole": not found, "breaks": [one.model_dump() for one in found]}

    result = with_database(work_on, upgrade=False)
    show(result, as_json)
    if not result["whole"]:
        raise typer.Exit(_BROKEN)


@app.command()
def heads(as_json: AsJson = False) -> None:
    """Show the ends of the chains, to be kept elsewhere and given to verify later."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            return {"heads": {str(k): list(v) for k, v in (await service.heads(session)).items()}}

    show(with_database(work_on, upgrade=False), as_json)


@app.command()
def prune(
    keep_days: Annotated[int, typer.Option(help="Days to keep, 184 at least.")] = 730,
    as_json: AsJson = False,
) -> None:
    """Remove the oldest entries; the chains stay provable from where they begin then."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            return {"removed": await service.prune(session, keep_days=keep_days)}

    show(with_database(work_on, upgrade=False), as_json)


def _read_heads(path: Path) -> dict[int, Any]:
    try:
        told = json.loads(path.read_text("utf-8"))["heads"]
        return {int(lane): (int(at[0]), str(at[1])) for lane, at in told.items()}
    except (OSError, ValueError, KeyError, TypeError, IndexError) as failure:
        raise BadInput(
            f"{path} holds no heads; write them with gridsvc audit heads --json > {path}"
        ) from failure

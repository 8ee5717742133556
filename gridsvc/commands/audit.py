"""The commands ``gridsvc audit …``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit import service
from gridsvc.audit.actor import acting, command_line
from gridsvc.audit.schemas import MOST_ENTRIES, HeadOut
from gridsvc.codes import WHOLE
from gridsvc.config import Settings
from gridsvc.connect import with_database
from gridsvc.console import AsJson, show
from gridsvc.db import transaction
from gridsvc.errors import BadInput
from gridsvc.progress import Progress

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Search the audit trail, prove it whole, prune it.",
)

_BROKEN = 1


class Heads(BaseModel):
    """What ``gridsvc audit heads --json`` prints."""

    heads: list[HeadOut]


@app.command()
def search(
    login: Annotated[str | None, typer.Option(help="Who.")] = None,
    action: Annotated[str | None, typer.Option(help="What, such as unmasked.")] = None,
    kind: Annotated[str | None, typer.Option(help="Kind of object, such as event.")] = None,
    object_id: Annotated[str | None, typer.Option(help="Its code or number.")] = None,
    purpose: Annotated[str | None, typer.Option(help="A part of what it was for.")] = None,
    division: Annotated[str, typer.Option(help="12-digit division code it belongs to.")] = WHOLE,
    since: Annotated[datetime | None, typer.Option(help="From this time on, local.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this time, local.")] = None,
    cursor: Annotated[str | None, typer.Option(help="`next` of the page before.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ENTRIES)] = 100,
    as_json: AsJson = False,
) -> None:
    """Show entries of the audit trail, newest first. Times are those of GRIDSVC_TIME_ZONE."""
    zone = ZoneInfo(Settings().time_zone)
    asked: dict[str, Any] = {
        "login": login,
        "action": action,
        "kind": kind,
        "object_id": object_id,
        "purpose": purpose,
        "since": since and since.replace(tzinfo=zone),
        "until": until and until.replace(tzinfo=zone),
    }

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            page = await service.search(
                session, division_code=division, cursor=cursor, limit=limit, **asked
            )
        return page.model_dump(mode="json")

    show(with_database(work_on, upgrade=False), as_json)


@app.command()
def verify(
    earlier: Annotated[
        Path | None, typer.Option(help="Heads written down before, by gridsvc audit heads.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Prove that no entry was removed, changed or added elsewhere. Exit code 1 if one was."""
    told = _read_heads(earlier) if earlier else ()

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            found = await service.verify(session, told, progress=progress)
        return {"whole": not found, "breaks": [one.model_dump(mode="json") for one in found]}

    result = with_database(work_on, upgrade=False)
    show(result, as_json)
    if not result["whole"]:
        raise typer.Exit(_BROKEN)


@app.command()
def heads(as_json: AsJson = False) -> None:
    """Show the ends of the chains, to be kept elsewhere and given to verify later."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            return Heads(heads=await service.heads(session)).model_dump(mode="json")

    show(with_database(work_on, upgrade=False), as_json)


@app.command()
def prune(
    keep_days: Annotated[int, typer.Option(help="Days to keep, 184 at least.")] = 730,
    as_json: AsJson = False,
) -> None:
    """Remove the oldest entries; the chains stay provable from where they begin then."""

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            with acting(session, command_line()):
                removed = await service.prune(session, keep_days=keep_days, progress=progress)
        return {"removed": removed}

    show(with_database(work_on, upgrade=False), as_json)


def _read_heads(path: Path) -> Sequence[HeadOut]:
    try:
        return Heads.model_validate_json(path.read_bytes()).heads
    except (OSError, ValidationError) as failure:
        raise BadInput(
            f"{path} holds no heads; write them with gridsvc audit heads --json > {path}"
        ) from failure

"""The command ``gridsvc map``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit.actor import acting, command_line
from gridsvc.codes import checked
from gridsvc.config import Settings
from gridsvc.connect import with_database
from gridsvc.console import AsJson, show
from gridsvc.db import transaction
from gridsvc.exchange.layers import check_out, temporary_beside
from gridsvc.maps import service as maps
from gridsvc.progress import Progress


def coverage_map(
    division: Annotated[str, typer.Option(help="12-digit division code; communities below it.")],
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

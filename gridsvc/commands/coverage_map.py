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
from gridsvc.maps.asking import Asked
from gridsvc.maps.circles import Nearness
from gridsvc.maps.schemas import LEAST_M, MOST_M
from gridsvc.maps.themes import NAMES, chosen
from gridsvc.progress import Progress
from gridsvc.roads.modes import Mode


def coverage_map(
    division: Annotated[str, typer.Option(help="12-digit division code; communities below it.")],
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("map.html"),
    layers: Annotated[str, typer.Option(help=f"Any of {', '.join(NAMES)}.")] = "households",
    mode: Annotated[Mode, typer.Option(help="How people travel, for reach.")] = Mode.EBIKE,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Window of events, in days.")] = 90,
    matter: Annotated[str | None, typer.Option(help="Matter or class of events; else all.")] = None,
    radius: Annotated[
        int, typer.Option(min=LEAST_M, max=MOST_M, help="Metres to a service point.")
    ] = 500,
    on_foot: Annotated[
        bool, typer.Option("--on-foot", help="Metres on foot by road, not straight.")
    ] = False,
    period: Annotated[
        str | None, typer.Option(help="Days of change: 2026-09-01/2026-09-30.")
    ] = None,
    before: Annotated[str | None, typer.Option(help="Days it is compared with.")] = None,
    group: Annotated[str | None, typer.Option(help="Kind of groups, for groups.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the coverage map of a division as one HTML file that needs no network."""
    near = Nearness(radius, on_foot)
    asked = Asked(chosen(layers), mode, days, matter, near, period, before, group)

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        progress("draw", 0.1)
        async with transaction(engine) as session:
            with acting(session, command_line()):
                page = await maps.coverage_html(
                    session,
                    checked(division),
                    time_zone=Settings().time_zone,
                    asked=asked,
                    basemap=Settings().basemap,
                    tianditu_key=Settings().tianditu_key,
                )
        with temporary_beside(check_out(out, ".html")) as draft:
            draft.write_text(page, encoding="utf-8")
        progress("draw", 1.0)
        return {"out": str(out), "bytes": out.stat().st_size}

    show(with_database(work_on), as_json)

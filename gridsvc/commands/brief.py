"""The command ``gridsvc brief``."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit.actor import command_line
from gridsvc.briefing.atlas import Leaf
from gridsvc.briefing.papers import Paper
from gridsvc.briefing.service import Order, draw, one_of, transactions_of
from gridsvc.briefing.writing import Format, check
from gridsvc.codes import checked
from gridsvc.config import Settings
from gridsvc.connect import with_database
from gridsvc.console import AsJson, show
from gridsvc.exchange.layers import check_out
from gridsvc.maps.asking import Asked
from gridsvc.maps.themes import NAMES
from gridsvc.progress import Progress
from gridsvc.roads.modes import Mode

Division = Annotated[str, typer.Option(help="12-digit division code; communities below it.")]
Kind = Annotated[str, typer.Option(help=f"One of {', '.join(NAMES)}.")]
Wanted = Annotated[Format, typer.Option("--format", help="What to draw it as.")]
Page = Annotated[Paper, typer.Option(help="Size of the page, on its side.")]
Out = Annotated[Path | None, typer.Option(help="File to write; default briefing.FORMAT.")]
OfEach = Annotated[
    Leaf | None, typer.Option(help="One page for each of these, after an index page.")
]
Approval = Annotated[
    str | None, typer.Option(help="Map approval number; default the installation's.")
]
Travel = Annotated[Mode, typer.Option(help="How people travel, for reach.")]
Days = Annotated[int, typer.Option(min=1, max=3660, help="Window of pace, hotspots.")]


def brief(
    division: Division,
    kind: Kind = "households",
    wanted: Wanted = Format.PDF,
    page: Page = Paper.A4,
    out: Out = None,
    atlas: OfEach = None,
    approval: Approval = None,
    mode: Travel = Mode.EBIKE,
    days: Days = 90,
    as_json: AsJson = False,
) -> None:
    """Draw a briefing page of a division, or an atlas, as HTML, PNG, PDF, PPTX or XLSX.

    Chromium draws where there is one, else matplotlib. Ctrl-C leaves no half file behind.
    """
    settings = Settings()
    path = check_out(out or Path(f"briefing.{wanted}"), f".{wanted}")
    check(wanted, atlas=atlas is not None)
    order = Order(
        division_code=checked(division),
        asked=Asked([one_of(kind)], mode, days),
        format=wanted,
        paper=page,
        atlas=atlas,
        approval=approval or settings.map_approval,
        time_zone=settings.time_zone,
    )

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        stop = asyncio.Event()
        try:
            told = await draw(
                transactions_of(engine, command_line()),
                order,
                path,
                browser=settings.browser,
                progress=progress,
                stopped=stop.is_set,
            )
        finally:
            # Cancelled by Ctrl-C, a page that is being painted is given up.
            stop.set()
        return {"out": str(path)} | told

    show(with_database(work_on), as_json)

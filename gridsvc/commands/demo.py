"""The command ``gridsvc demo``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.config import Settings
from gridsvc.connect import keyring_for, with_database
from gridsvc.console import AsJson, bar, show
from gridsvc.exchange.areas import read_area
from gridsvc.progress import Progress
from gridsvc.town import settle
from gridsvc.town.generate import build_town
from gridsvc.town.tryout import cast_area, write_cast
from gridsvc.town.write import write_town


def demo(
    households: Annotated[int, typer.Option(help="Size of the town.")] = 2500,
    seed: Annotated[
        int, typer.Option(min=0, help="The same input and seed give the same result.")
    ] = 1,
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

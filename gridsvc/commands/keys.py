"""The commands ``gridsvc keys …``."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc import keyring
from gridsvc.audit.actor import command_line
from gridsvc.config import Settings
from gridsvc.connect import keyring_for, with_database
from gridsvc.console import AsJson, show
from gridsvc.privacy import sealing
from gridsvc.progress import Progress

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Look at the keys of personal data, or rotate them.",
)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show how many values are sealed with each key, and which key seals now."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        ring = await keyring_for(Settings(), engine)
        used = await sealing.in_use(engine)
        return {
            "file": str(Settings().keys_at),
            "newest": ring.newest,
            "values": {name: used.get(name, 0) for name in {**ring.sealing, **used}},
        }

    show(with_database(work_on), as_json)


@app.command()
def rotate(
    forget: Annotated[
        bool, typer.Option(help="Drop the old keys: backups made before open no more.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new key and seal everything with it.

    Start the service anew afterwards: it knows only the keys it started with. A rotation that is
    cut short loses nothing, the old keys still open; the next one seals the rest.
    """

    async def work_on(engine: AsyncEngine, progress: Progress) -> dict[str, Any]:
        path = Settings().keys_at
        ring = (await keyring_for(Settings(), engine)).with_new_key()
        keyring.save(ring, path)
        values = await sealing.reseal(engine, ring, command_line(), progress)
        if forget:
            keyring.save(ring.with_newest_only(), path)
        return {"newest": ring.newest, "values": values}

    show(with_database(work_on), as_json)

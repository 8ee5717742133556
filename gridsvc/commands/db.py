"""The commands ``gridsvc db …``."""

from __future__ import annotations

from typing import Any

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc import migrations
from gridsvc.connect import with_database
from gridsvc.console import AsJson, show
from gridsvc.progress import Progress

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Look at the database's schema or upgrade it."
)


@app.command("upgrade")
def db_upgrade(as_json: AsJson = False) -> None:
    """Bring the database's schema to the newest revision."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        schema = await migrations.status(engine)
        return {"revision": schema.revision, "newest": schema.newest}

    show(with_database(work_on), as_json)


@app.command("status")
def db_status(as_json: AsJson = False) -> None:
    """Show which revision the database's schema has."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        schema = await migrations.status(engine)
        return {"revision": schema.revision, "newest": schema.newest, "current": schema.current}

    show(with_database(work_on, upgrade=False), as_json)

"""The database a command works on: the one that is named, or the private cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc import migrations
from gridsvc.config import Settings
from gridsvc.console import bar
from gridsvc.db import make_engine
from gridsvc.postgis import private_cluster
from gridsvc.progress import Progress


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """URL of the database, whose private cluster runs for the length of the block."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with private_cluster(settings.data_dir) as url:
        yield url


@asynccontextmanager
async def engine_on(url: str) -> AsyncIterator[AsyncEngine]:
    """Engine whose connections are closed in the end."""
    engine = make_engine(url)
    try:
        yield engine
    finally:
        await engine.dispose()
        # One turn of the loop: a refused login's socket is closed by a callback still to come.
        await asyncio.sleep(0)


def with_database(
    work_on: Callable[[AsyncEngine, Progress], Coroutine[Any, Any, dict[str, Any]]],
    *,
    upgrade: bool = True,
) -> dict[str, Any]:
    """Run work on the database, started if need be and at the newest revision."""

    async def working(url: str, progress: Progress) -> dict[str, Any]:
        async with engine_on(url) as engine:
            if upgrade:
                await migrations.upgrade(engine)
            return await work_on(engine, progress)

    with database_url(Settings()) as url, bar() as progress:
        return asyncio.run(working(url, progress))

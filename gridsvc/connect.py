"""The database a command works on: the one that is named, or the private cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc import keyring, migrations
from gridsvc.accounts.queries import any_sealed
from gridsvc.config import Settings
from gridsvc.console import bar
from gridsvc.db import SERVICE_ROLE, Login, asyncpg_url, make_engine, transaction
from gridsvc.errors import Unavailable
from gridsvc.keyring import Keyring
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


def service_login(settings: Settings, url: str) -> Login:
    """Login by which the service works, in a role that owns nothing.

    Parameters
    ----------
    url
        URL of the database's owner, who has brought it to the newest revision.
    """
    if settings.service_database_url is not None:
        return Login(settings.service_database_url)
    if settings.database_url is not None:
        return Login(url, role=SERVICE_ROLE)
    own = asyncpg_url(url).set(username=SERVICE_ROLE)
    return Login(own.render_as_string(hide_password=False))


async def keyring_for(settings: Settings, engine: AsyncEngine) -> Keyring:
    """Keys of a database, made with its first data.

    Raises
    ------
    Unavailable
        If the key file is gone while the database holds what was sealed with it.
    """
    if not settings.keys_at.exists():
        async with transaction(engine) as session:
            if await any_sealed(session):
                raise Unavailable(
                    f"the key file {settings.keys_at} of this database is missing; put it back, "
                    "or name it with GRIDSVC_KEY_FILE"
                )
    return keyring.load_or_make(settings.keys_at)


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

"""The command ``gridsvc run``."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from gridsvc import migrations
from gridsvc.accounts import service as accounts
from gridsvc.audit.actor import SYSTEM
from gridsvc.config import Settings
from gridsvc.connect import database_url, engine_on, keyring_for, service_login
from gridsvc.console import bar
from gridsvc.db import transaction
from gridsvc.keyring import Keyring
from gridsvc.privacy import sealing
from gridsvc.serving import listen, say_demonstration, say_first_account, serve
from gridsvc.town import settle


def run(
    demo_town: Annotated[
        bool, typer.Option("--demo", help="With the demonstration town, on first start.")
    ] = False,
    host: Annotated[str | None, typer.Option(help="Address; default GRIDSVC_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; default GRIDSVC_PORT.")] = None,
) -> None:
    """Start the service and say where to click. Ctrl-C stops it and its database."""
    given: dict[str, Any] = {"host": host, "port": port, "demonstration": demo_town or None}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    with listen(settings) as listener, database_url(settings) as url:
        keyring = asyncio.run(_make_ready(settings, url))
        serve(settings, service_login(settings, url), keyring, listener)


async def _make_ready(settings: Settings, url: str) -> Keyring:
    async with engine_on(url) as engine:
        await migrations.upgrade(engine)
        keyring = await keyring_for(settings, engine)
        await sealing.reseal(engine, keyring, SYSTEM)
        if settings.demonstration:
            if not await settle.settled(engine):
                with bar() as progress:
                    await settle.settle(engine, settle.SMALL_TOWN, keyring, progress)
            say_demonstration()
            return keyring
        async with transaction(engine) as session:
            password = await accounts.ensure_first(session, keyring)
        if password is not None:
            say_first_account(accounts.FIRST_LOGIN, password)
        return keyring

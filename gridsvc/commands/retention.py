"""The command ``gridsvc retention``."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit.actor import acting, command_line
from gridsvc.config import Settings
from gridsvc.connect import with_database
from gridsvc.console import AsJson, show
from gridsvc.db import transaction
from gridsvc.privacy import retention as keeping
from gridsvc.progress import Progress


def retention(as_json: AsJson = False) -> None:
    """Remove what is older than the settings say, as the service does every night."""

    async def work_on(engine: AsyncEngine, _: Progress) -> dict[str, Any]:
        async with transaction(engine) as session:
            with acting(session, command_line()):
                return dict(await keeping.apply(session, Settings()))

    show(with_database(work_on), as_json)

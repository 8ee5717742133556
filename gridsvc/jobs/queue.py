"""The queue's worker, and how it reaches the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import psycopg
from procrastinate import App, Blueprint, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition

from gridsvc.db import Login, asyncpg_url
from gridsvc.jobs import upkeep

log = logging.getLogger(__name__)

SCHEMA = "jobs"
#: What takes minutes has a queue and a worker of its own: nothing by the clock waits for it, and
#: so has what somebody sits and waits for.
USUAL, LONG, WAITED_FOR = "default", "long", "waited_for"
QUEUES = (USUAL, LONG, WAITED_FOR)
_AGAIN_S = 5.0
_STOP_S = 5.0


def queue_on(login: Login, rooms: Iterable[Callable[[], Blueprint]]) -> App:
    """The queue of a database with the tasks of the rooms."""
    options = [f"-c search_path={SCHEMA}"] + ([f"-c role={login.role}"] if login.role else [])
    connector = PsycopgConnector(
        min_size=1,
        max_size=len(QUEUES) + 1,
        kwargs=conninfo(login) | {"options": " ".join(options)},
    )
    queue = App(connector=connector)
    for tasks in (upkeep.tasks, *rooms):
        queue.add_tasks_from(tasks(), namespace="gridsvc")
    return queue


def conninfo(login: Login) -> dict[str, Any]:
    """What psycopg needs to reach the database that a URL leads asyncpg to."""
    url = asyncpg_url(login.url)
    asked = {name: value for name, value in url.query.items() if isinstance(value, str)}
    given = {
        "host": asked.get("host") or url.host,
        "port": asked.get("port") or url.port,
        "user": asked.get("user") or url.username,
        "password": asked.get("password") or url.password,
        "dbname": asked.get("database") or url.database,
        "sslmode": asked.get("ssl") or asked.get("sslmode"),
        "application_name": "gridsvc-jobs",
    }
    return {name: value for name, value in given.items() if value}


async def work(
    login: Login, rooms: Sequence[Callable[[], Blueprint]], context: Mapping[str, Any]
) -> None:
    """Work on jobs until cancelled; while the database is away, try again and again.

    Parameters
    ----------
    rooms
        What each room has to do, as functions that make its tasks anew.
    context
        What tasks are given beside their arguments, such as the engine.
    """
    while True:
        queue = queue_on(login, rooms)
        try:
            async with queue.open_async(), asyncio.TaskGroup() as workers:
                for name in QUEUES:
                    workers.create_task(_work_on(queue, name, context))
        except* (psycopg.Error, ConnectorException, OSError):
            log.warning("the job queue lost its database; trying again", exc_info=True)
        await asyncio.sleep(_AGAIN_S)


async def _work_on(queue: App, name: str, context: Mapping[str, Any]) -> None:
    await queue.run_worker_async(
        queues=[name],
        install_signal_handlers=False,
        delete_jobs=DeleteJobCondition.SUCCESSFUL,
        shutdown_graceful_timeout=_STOP_S,
        additional_context=dict(context),
    )

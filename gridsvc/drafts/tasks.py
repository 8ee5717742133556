"""What the job queue does with drafts: long divisions, and drafts whose day has come."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from typing import Any

from procrastinate import Blueprint, JobContext
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit.actor import Actor, acting
from gridsvc.db import transaction
from gridsvc.drafts import publishing, service, task_queries
from gridsvc.drafts.operating import divided
from gridsvc.errors import GridsvcError
from gridsvc.jobs.queue import WAITED_FOR
from gridsvc.planning.sketch import Sketch
from gridsvc.planning.wish import Wish

log = logging.getLogger(__name__)

EVERY_MINUTE = "* * * * *"
DIVIDE = "divide_draft"
#: Most households one task divides: a community, not a city.
MOST_HOUSEHOLDS = 100_000
#: How often progress is written down, and the wish to stop is looked for.
TELL_S = 0.3
#: Seconds after which whoever divides and says nothing is taken to be gone.
SILENT_S = 20.0


class _Stopped(Exception):
    """The planner no longer wants the division."""


def tasks() -> Blueprint:
    """The tasks of this room, made anew for every queue."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(name="work_on_drafts", pass_context=True, queueing_lock="work_on_drafts")
    async def work_on_drafts(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Put approved drafts in force whose day has come."""
        engine = context.additional_context["engine"]
        zone = context.additional_context["settings"].time_zone
        done, failed = await publishing.put_due_in_force(engine, OrderedDict(), zone)
        if done or failed:
            log.info("drafts took effect", extra={"in_force": done, "sent_back": failed})

    @blueprint.task(name=DIVIDE, pass_context=True, queue=WAITED_FOR)
    async def divide_draft(context: JobContext, task_id: int) -> None:
        """Divide cells anew; a task that has ended or was cancelled is left as it is."""
        await divide(context.additional_context["engine"], task_id, OrderedDict())

    return blueprint


async def divide(engine: AsyncEngine, task_id: int, kept: service.Kept) -> None:
    """Work on a task: divide cells anew, telling how far it is and stopping when asked to."""
    async with transaction(engine) as session:
        task = await task_queries.take(session, task_id, SILENT_S)
    if task is None:
        return
    try:
        await _divide(engine, task, kept)
    except _Stopped:
        await _end(engine, task_id, "cancelled")
    except GridsvcError as refusal:
        await _end(engine, task_id, "failed", refusal.detail)
    except asyncio.CancelledError:
        raise  # the service is stopped: another one takes it up
    except BaseException:
        await _end(engine, task_id, "failed", "something went wrong; it has been logged")
        raise
    else:
        await _end(engine, task_id, "done")


async def _end(engine: AsyncEngine, task_id: int, state: str, failure: str = "") -> None:
    async with transaction(engine) as session:
        await task_queries.end(session, task_id, state, failure)


async def _divide(engine: AsyncEngine, task: RowMapping, kept: service.Kept) -> None:
    async with transaction(engine) as session:
        row = await service.required(session, task["draft_id"])
        before, ids, known, land = await service.sketched(session, row, kept)
    loop = asyncio.get_running_loop()
    told_at, left = 0.0, False

    async def tell(step: str, share: float) -> bool:
        async with transaction(engine) as session:
            return await task_queries.tell(session, task["id"], step, share)

    def progress(step: str, share: float) -> None:
        nonlocal told_at
        if left:
            raise _Stopped
        if time.monotonic() - told_at < TELL_S:
            return
        told_at = time.monotonic()
        if asyncio.run_coroutine_threadsafe(tell(step, share), loop).result(SILENT_S):
            raise _Stopped

    asked: dict[str, Any] = task["asked"]

    def work() -> Sketch:
        wish = Wish(target=asked["target"])
        return divided(before, land, asked["cells"], wish, most=MOST_HOUSEHOLDS, progress=progress)

    try:
        after = await asyncio.to_thread(work)
    finally:
        left = True  # a thread cannot be ended from outside
    if await tell("write", 0.99):
        raise _Stopped
    async with transaction(engine) as session:
        with acting(session, Actor(None, task["actor"])):
            row = await service.to_change(session, task["draft_id"], task["version"])
            done = {"kind": "divide"} | asked
            await service.write(session, row, (before, ids, known), after, land, done, None)

"""What the job queue does with briefings: draw what was ordered, forget what has expired."""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext

from gridsvc.briefing import order_queries, ordering
from gridsvc.db import transaction
from gridsvc.jobs import queries as jobs
from gridsvc.jobs.queue import LONG

log = logging.getLogger(__name__)

EVERY_MINUTE = "* * * * *"
#: Seconds after which whoever draws and says nothing is taken to be gone.
SILENT_S = 60.0


def tasks() -> Blueprint:
    """The tasks of this room, made anew for every queue."""
    blueprint = Blueprint()

    @blueprint.task(name=ordering.TASK, pass_context=True, queue=LONG, lock=ordering.TASK)
    async def draw_briefing(context: JobContext, briefing_id: int) -> None:
        """Draw an order; one that is finished or cancelled is left as it is."""
        given = context.additional_context
        await ordering.work(given["engine"], given["settings"], briefing_id)

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(
        name="look_after_briefings", pass_context=True, queueing_lock="look_after_briefings"
    )
    async def look_after_briefings(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Take up what a stopped service left, and forget what has expired."""
        async with transaction(context.additional_context["engine"]) as session:
            dropped = await order_queries.drop_expired(session)
            for briefing_id in await order_queries.left_behind(session, SILENT_S):
                await jobs.defer(
                    session, ordering.TASK, queue=LONG, lock=ordering.TASK, briefing_id=briefing_id
                )
        if dropped:
            log.info("briefings expired", extra={"dropped": dropped})

    return blueprint

"""What the job queue does with warnings and work orders by itself, by the clock."""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext, RetryStrategy

from gridsvc.outreach import late_orders, warning_service

log = logging.getLogger(__name__)

EVERY_MINUTE = "* * * * *"


def tasks() -> Blueprint:
    """The tasks of this room, made anew for every queue."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(
        name="watch_warnings",
        pass_context=True,
        queueing_lock="watch_warnings",
        retry=RetryStrategy(max_attempts=5, exponential_wait=4),
    )
    async def watch_warnings(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Tell who supervises of warnings that nobody checked in time."""
        escalated = await warning_service.escalate(context.additional_context["engine"])
        if escalated:
            log.info("warnings were not checked in time", extra={"escalated": escalated})

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(
        name="watch_orders",
        pass_context=True,
        queueing_lock="watch_orders",
        retry=RetryStrategy(max_attempts=5, exponential_wait=4),
    )
    async def watch_orders(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Remind of work orders before their deadline, and tell level by level of late ones."""
        escalated = await late_orders.escalate(context.additional_context["engine"])
        if escalated:
            log.info("work orders were watched", extra={"escalated": escalated})

    return blueprint

"""What the job queue does with warnings by itself, by the clock."""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext, RetryStrategy

from gridsvc.outreach import warning_service

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

    return blueprint

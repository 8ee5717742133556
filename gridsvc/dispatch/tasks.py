"""What the job queue does with whistle calls by itself, by the clock."""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext, RetryStrategy

from gridsvc.dispatch import unanswered

log = logging.getLogger(__name__)

EVERY_MINUTE = "* * * * *"


def tasks() -> Blueprint:
    """The tasks of this room, made anew for every queue."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(
        name="watch_the_called",
        pass_context=True,
        queueing_lock="watch_the_called",
        retry=RetryStrategy(max_attempts=5, exponential_wait=4),
    )
    async def watch_the_called(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Tell the superiors of units that did not check in."""
        escalated = await unanswered.escalate(context.additional_context["engine"])
        if escalated:
            log.info("called units did not check in", extra={"escalated": escalated})

    return blueprint

"""What the job queue does with events by itself, by the clock."""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext, RetryStrategy

from gridsvc.events import escalation, suspensions, timing

log = logging.getLogger(__name__)

EVERY_MINUTE = "* * * * *"
#: Offices load a missing calendar once a year.
EVERY_HOUR = "7 * * * *"


def tasks() -> Blueprint:
    """The tasks of this room, made anew for every queue."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(
        name="watch_the_clock",
        pass_context=True,
        queueing_lock="watch_the_clock",
        retry=RetryStrategy(max_attempts=5, exponential_wait=4),
    )
    async def watch_the_clock(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Bring back what was put off until now, and escalate what is late.

        Doing it twice, or half and again, is the same as doing it once.
        """
        engine = context.additional_context["engine"]
        resumed = await suspensions.resume_past(engine)
        told = await escalation.escalate(engine)
        if resumed or told:
            log.info("events were watched", extra={"resumed": resumed, "escalated": told})

    @blueprint.periodic(cron=EVERY_HOUR)
    @blueprint.task(name="date_stages", pass_context=True, queueing_lock="date_stages")
    async def date_stages(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Give stages their due time that began before the year's calendar was loaded."""
        dated = await timing.date_undated(context.additional_context["engine"])
        if dated:
            log.info("stages got their due time", extra={"dated": dated})

    return blueprint

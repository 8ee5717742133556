"""What the job queue does for people by itself: duty follows shifts, months of the track come."""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext, RetryStrategy

from gridsvc.db import transaction
from gridsvc.people import shifts, tracking

log = logging.getLogger(__name__)

EVERY_MINUTE = "* * * * *"
#: Before the night's retention, so that a month is there before another goes.
EVERY_NIGHT = "7 3 * * *"


def tasks() -> Blueprint:
    """The tasks of this room, made anew for every queue."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_MINUTE)
    @blueprint.task(name="follow_shifts", pass_context=True, queueing_lock="follow_shifts")
    async def follow_shifts(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Put people on and off duty by their shifts; what waits for them the sweep gives them."""
        async with transaction(context.additional_context["engine"]) as session:
            changed = await shifts.follow(session)
        if changed:
            log.info("duty followed shifts", extra={"people": changed})

    @blueprint.periodic(cron=EVERY_NIGHT)
    @blueprint.task(
        name="make_months",
        pass_context=True,
        queueing_lock="make_months",
        retry=RetryStrategy(max_attempts=5, exponential_wait=60),
    )
    async def make_months(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Have the coming months of the track ready."""
        async with transaction(context.additional_context["engine"]) as session:
            made = await tracking.make_months(session)
        log.info("months of the track are ready", extra={"made": made})

    return blueprint

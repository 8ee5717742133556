"""What the job queue does with personal data by itself, every night."""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext, RetryStrategy

from gridsvc.db import transaction
from gridsvc.privacy import retention

log = logging.getLogger(__name__)

#: At 3:17 UTC, 11:17 in China: deleting is light work, and somebody is there to see it fail.
EVERY_NIGHT = "17 3 * * *"


def tasks() -> Blueprint:
    """The tasks of this room, made anew for every queue."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_NIGHT)
    @blueprint.task(
        name="retention",
        pass_context=True,
        queueing_lock="retention",
        retry=RetryStrategy(max_attempts=5, exponential_wait=60),
    )
    async def apply_retention(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Remove what is too old, in one transaction."""
        given = context.additional_context
        async with transaction(given["engine"]) as session:
            counts = await retention.apply(session, given["settings"])
        log.info("what was too old was removed", extra={"removed": sum(counts.values())})

    return blueprint

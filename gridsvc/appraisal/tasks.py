"""What the job queue does with counters and rewards by itself, by the clock."""

from __future__ import annotations

import logging

from procrastinate import Blueprint, JobContext, RetryStrategy

from gridsvc.appraisal import counting, rewarding
from gridsvc.codes import WHOLE, code_range
from gridsvc.db import transaction

log = logging.getLogger(__name__)

EVERY_FIVE_MINUTES = "*/5 * * * *"
EVERY_HOUR = "23 * * * *"


def tasks() -> Blueprint:
    """The tasks of this room, made anew for every queue."""
    blueprint = Blueprint()

    @blueprint.periodic(cron=EVERY_FIVE_MINUTES)
    @blueprint.task(
        name="count_changes",
        pass_context=True,
        queueing_lock="count_changes",
        retry=RetryStrategy(max_attempts=5, exponential_wait=4),
    )
    async def count_changes(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Count the days on which something changed; doing it twice is doing it once."""
        told = context.additional_context
        counted = await counting.refresh(told["engine"], told["settings"].time_zone)
        if counted.number:
            log.info("history was counted", extra={"anew": counted.anew, "rows": counted.number})

    @blueprint.periodic(cron=EVERY_HOUR)
    @blueprint.task(name="grant_rewards", pass_context=True, queueing_lock="grant_rewards")
    async def grant_rewards(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Decide what reports earned; doing it twice gives once."""
        told = context.additional_context
        async with transaction(told["engine"]) as session:
            given = await rewarding.grant(session, *code_range(WHOLE), told["settings"].time_zone)
        if given.granted or given.refused:
            log.info("rewards were decided", extra=given.model_dump())

    return blueprint

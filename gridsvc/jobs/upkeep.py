"""What the queue does for itself: take up what a killed worker left, drop what is long past."""

from __future__ import annotations

from procrastinate import Blueprint, JobContext

#: Hours for which failed jobs can be looked at.
FAILED_KEPT_H = 24 * 30


def tasks() -> Blueprint:
    """The tasks of the queue itself, made anew for every queue."""
    blueprint = Blueprint()

    @blueprint.periodic(cron="*/2 * * * *")
    @blueprint.task(name="take_up_stalled", pass_context=True, queueing_lock="take_up_stalled")
    async def take_up_stalled(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Put jobs back whose worker has not been heard of for half a minute."""
        manager = context.app.job_manager
        for job in await manager.get_stalled_jobs():
            await manager.retry_job(job)

    @blueprint.periodic(cron="41 3 * * *")
    @blueprint.task(name="drop_old", pass_context=True, queueing_lock="drop_old")
    async def drop_old(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
        """Forget jobs that failed long ago."""
        await context.app.job_manager.delete_old_jobs(nb_hours=FAILED_KEPT_H, include_failed=True)

    return blueprint

"""SQL of the queue for whoever puts a job into it with the rest of a transaction."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# The queue's own functions and triggers name its tables without their schema.
_PATH = text("SELECT set_config('search_path', :path, true)")
_DEFER = text("""
SELECT id FROM unnest(procrastinate_defer_jobs_v1(ARRAY[CAST(ROW(
    CAST(:queue AS varchar), CAST(:task AS varchar), 0, CAST(:lock AS text), NULL,
    CAST(:arguments AS jsonb), NULL) AS procrastinate_job_to_defer_v1)])) AS job (id)
""")


async def defer(
    session: AsyncSession, task: str, *, queue: str, lock: str | None = None, **arguments: Any
) -> None:
    """Have a task done once this transaction is committed; rolled back there is no job.

    Parameters
    ----------
    task
        Name of the task, without the queue's namespace.
    queue
        Queue whose worker does it.
    lock
        Jobs of one lock are done one after the other, by whichever worker.
    """
    before = await session.scalar(text("SELECT current_setting('search_path')"))
    await session.execute(_PATH, {"path": "jobs"})
    asked = {"queue": queue, "task": f"gridsvc:{task}", "lock": lock}
    await session.execute(_DEFER, asked | {"arguments": json.dumps(arguments)})
    await session.execute(_PATH, {"path": before})

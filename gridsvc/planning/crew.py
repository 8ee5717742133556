"""Threads for work that does not depend on each other; the result does not depend on them.

GEOS, Qhull and the compiled kernels let go of Python's lock while they compute, so that threads
use all cores without copying anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from gridsvc.progress import Progress

Job = TypeVar("Job")
Done = TypeVar("Done")


def each(
    work: Callable[[Job], Done],
    jobs: Sequence[Job],
    sizes: Sequence[float],
    *,
    step: str,
    progress: Progress,
    workers: int,
) -> list[Done]:
    """Do every job, the largest first, and return what was made in the order of the jobs.

    Parameters
    ----------
    work
        What to do with a job.
    jobs, sizes
        The jobs and how large each is; sizes decide the order and the share told done.
    step
        Name progress is told under. What `progress` raises cancels the jobs not begun.
    workers
        Threads.
    """
    total = float(sum(sizes)) or 1.0
    done: dict[int, Done] = {}
    progress(step, 0.0)
    with ThreadPoolExecutor(workers) as pool:
        order = sorted(range(len(jobs)), key=lambda k: -sizes[k])
        running = {pool.submit(work, jobs[k]): k for k in order}
        try:
            for finished in as_completed(running):
                done[running[finished]] = finished.result()
                progress(step, min(sum(sizes[k] for k in done) / total, 1.0))
        finally:
            pool.shutdown(cancel_futures=True)
    progress(step, 1.0)
    return [done[k] for k in range(len(jobs))]

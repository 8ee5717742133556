"""Batches handed out until none is left; what was lost with its process tried again, once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gridsvc.batches.crews import Crew, Lost
from gridsvc.batches.sizing import Batch
from gridsvc.batches.work import Failed, Outcome, Planned
from gridsvc.progress import Progress, silent


@dataclass
class Tally:
    """How a run ended.

    Attributes
    ----------
    planned, failed
        Communities with a plan, and those without one and why; both by code.
    left
        Communities nobody began, because the run was stopped.
    """

    planned: list[Planned] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    stopped: bool = False


async def hand_out(
    batches: Sequence[Batch],
    crew: Crew,
    households: Mapping[str, int],
    progress: Progress = silent,
) -> Tally:
    """Have every community planned, whatever becomes of some of them.

    Of a batch whose process died, what is not done yet is tried again community by community: the
    one that takes its process along twice is named, the others are done. A cancelled task, as by
    Ctrl-C, begins nothing more and tells what is done.

    Parameters
    ----------
    households
        Households of each community, by which progress is counted.
    """
    run = _Run(crew, households, progress)
    lost = await run.round(batches, crew.hands)
    # A death may not be laid at the door of whoever stood beside.
    for (code,) in await run.round(
        [(code,) for batch in lost for code in sorted(batch)], crew.apart
    ):
        run.add([Failed(code, "WorkerDied", "the process that planned it was ended, twice")])
    return run.tally()


class _Run:
    def __init__(self, crew: Crew, households: Mapping[str, int], progress: Progress) -> None:
        self._crew, self._households, self._progress = crew, households, progress
        self._outcomes: dict[str, Outcome] = {}
        self._stopped = False

    async def round(self, batches: Sequence[Batch], hands: int) -> list[Batch]:
        """Hand out batches, so many at a time; those that were lost."""
        waiting = deque(batches)
        lost: list[Batch] = []
        takers = [
            asyncio.create_task(self._take(waiting, lost)) for _ in range(min(hands, len(batches)))
        ]
        try:
            await _all_done(takers)
        except asyncio.CancelledError:
            _keep_going()
            self._stopped = True
            await self._crew.stop()
            await _all_done(takers)
        for taker in takers:
            taker.result()
        return lost

    async def _take(self, waiting: deque[Batch], lost: list[Batch]) -> None:
        while waiting and not self._stopped:
            batch = waiting.popleft()
            (told,) = await asyncio.gather(self._crew.do(batch), return_exceptions=True)
            if isinstance(told, list):
                self.add(told)
            elif isinstance(told, Lost):
                lost.append(batch)
            elif isinstance(told, Exception):
                self.add([Failed.by(code, told) for code in batch])
            else:
                raise told

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Note what became of communities, and tell how far all has come."""
        self._outcomes |= {outcome.division: outcome for outcome in outcomes}
        whole = sum(self._households.values()) or 1
        done = sum(self._households[code] for code in self._outcomes)
        self._progress(
            f"planned {len(self._outcomes)} of {len(self._households)}", min(done / whole, 1.0)
        )

    def tally(self) -> Tally:
        """What is known in the end, in order."""
        tally = Tally(stopped=self._stopped)
        for code in sorted(self._households):
            outcome = self._outcomes.get(code)
            if outcome is None:
                tally.left.append(code)
            elif isinstance(outcome, Planned):
                tally.planned.append(outcome)
            else:
                tally.failed.append(outcome)
        return tally


async def _all_done(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait, without taking the tasks along where the waiting is cancelled."""
    if tasks:
        await asyncio.wait(tasks)


def _keep_going() -> None:
    """Have the running task count as not cancelled any more."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()

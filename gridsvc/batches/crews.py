"""Who takes batches on this machine: the process itself, or processes beside it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.synchronize import Event
from threading import Thread
from types import TracebackType
from typing import Protocol, Self

from gridsvc.batches.work import Door, Order, Outcome, plan_batch, plan_communities
from gridsvc.progress import Progress

# Spawned, not forked: a fork would share the database connections and threads of its parent.
_SPAWN = multiprocessing.get_context("spawn")


class Lost(Exception):
    """The process that had the batch is gone; how much of it is done only the database knows."""


class Crew(Protocol):
    """Somebody to hand batches to.

    Attributes
    ----------
    hands
        Batches it takes at a time.
    apart
        Batches it takes at a time so that one that kills its process loses no other.
    """

    hands: int
    apart: int

    async def do(self, codes: Sequence[str]) -> list[Outcome]:
        """Plan a batch; raises `Lost` if the process that had it died."""

    async def stop(self) -> None:
        """Let every batch end after the community it is at."""


class Here:
    """The process itself: for a single community, which has no others to be kept from harm."""

    hands = apart = 1

    def __init__(self, door: Door, order: Order, progress: Progress) -> None:
        self._door, self._order, self._progress = door, order, progress

    async def do(self, codes: Sequence[str]) -> list[Outcome]:
        """Plan a batch."""
        return await plan_communities(self._door, self._order, codes, progress=self._progress)

    async def stop(self) -> None:
        """Nothing to do: a single community is not left half done."""


class Processes:
    """So many processes on this machine, each in a pool of its own: one's death harms no other.

    To be used in ``async with``; whatever they are at is broken off where the block raises.
    """

    def __init__(self, number: int, door: Door, order: Order) -> None:
        self.hands = self.apart = number
        self._door, self._order = door, order
        self._stopped = _SPAWN.Event()
        self._idle: list[_Hand] = []
        self._all: set[_Hand] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for hand in self._all:
            if failure is not None:
                hand.end()
            hand.close()

    async def do(self, codes: Sequence[str]) -> list[Outcome]:
        """Plan a batch in a process that has nothing to do, or a new one."""
        hand = self._idle.pop() if self._idle else self._new()
        try:
            told = await hand.do(self._door, self._order, codes)
        except BrokenProcessPool as failure:
            self._all.discard(hand)
            hand.close()
            raise Lost from failure
        self._idle.append(hand)
        return told

    async def stop(self) -> None:
        """Let every process end its batch after the community it is at."""
        self._stopped.set()

    def _new(self) -> _Hand:
        hand = _Hand(self._stopped)
        self._all.add(hand)
        return hand


class _Hand:
    """One process."""

    def __init__(self, stopped: Event) -> None:
        self._pool = ProcessPoolExecutor(
            1, mp_context=_SPAWN, initializer=_begin, initargs=(stopped,)
        )
        self._pid: int | None = None

    async def do(self, door: Door, order: Order, codes: Sequence[str]) -> list[Outcome]:
        loop = asyncio.get_running_loop()
        if self._pid is None:
            self._pid = await loop.run_in_executor(self._pool, os.getpid)
        return await loop.run_in_executor(self._pool, _plan_here, door, order, codes)

    def end(self) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGTERM)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


_stopped: Event


def _begin(stopped: Event) -> None:
    """What a process does first."""
    global _stopped  # noqa: PLW0603 - an event can only be given to a process at its start
    _stopped = stopped
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _plan_here(door: Door, order: Order, codes: Sequence[str]) -> list[Outcome]:
    return plan_batch(door, order, codes, _stopped.is_set)

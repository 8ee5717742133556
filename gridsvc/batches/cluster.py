"""Batches on a Dask cluster: workers on any machine that reaches the database.

Dask itself gives a batch whose worker died to another, as often as its ``allowed-failures`` says;
a batch may therefore come twice, which `work.plan_batch` expects. Nothing that Dask shows or logs
(keys, arguments, results) holds the database's URL.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from importlib import import_module
from itertools import count
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import psutil
from pydantic import ValidationError

from gridsvc.batches.crews import Lost
from gridsvc.batches.work import Door, Order, Outcome, plan_batch
from gridsvc.config import Settings
from gridsvc.errors import BadInput, Unavailable

#: Seconds the scheduler has to answer, and a first worker to come.
PATIENCE_S = 10
#: More batches than wait for workers at any time: the scheduler holds what they have no hands for.
_ALL = 1_000_000
_ADDRESS = re.compile(r"^(tcp|tls|ws|wss)://[^/@\s]+:\d{1,5}$")


def check_address(scheduler: str) -> None:
    """Refuse what is no scheduler's address, or where Dask is not installed.

    Raises
    ------
    BadInput
        With what to do instead.
    """
    if not _ADDRESS.match(scheduler):
        raise BadInput(
            f"{scheduler} is no address of a Dask scheduler; write it as tcp://10.0.0.5:8786"
        )
    _dask()


def on_this_machine(scheduler: str) -> bool:
    """Whether an address is one of this machine's own."""
    try:
        found = socket.getaddrinfo(urlsplit(scheduler).hostname, None)
    except OSError:
        return False
    own = {entry.address for entries in psutil.net_if_addrs().values() for entry in entries}
    return all(str(address[4][0]) in own for address in found)


def _dask() -> Any:
    """Dask's distributed, imported only where it is asked for."""
    try:
        return import_module("distributed")
    except ModuleNotFoundError as failure:
        raise BadInput(
            "Dask is not installed; pip install 'gridsvc[cluster]' here and on the workers"
        ) from failure


class Cluster:
    """The workers of a Dask scheduler, however many there are; to be used in ``async with``.

    Raises
    ------
    Unavailable
        On entering, if no scheduler answers or it has no workers.
    """

    hands = _ALL
    apart = 1

    def __init__(self, scheduler: str, door: Door, order: Order) -> None:
        self._scheduler, self._door, self._order = scheduler, door, order
        self._dask = _dask()
        self._run = f"gridsvc-{uuid4().hex}"
        self._numbers = count()
        self._client: Any = None

    async def __aenter__(self) -> Self:
        try:
            self._client = await self._dask.Client(
                self._scheduler, asynchronous=True, set_as_default=False, timeout=PATIENCE_S
            )
        except OSError as failure:  # TimeoutError is one
            raise Unavailable(
                f"no Dask scheduler answers at {self._scheduler}; start one with dask scheduler"
            ) from failure
        try:
            await self._client.wait_for_workers(1, timeout=PATIENCE_S)
        except TimeoutError as failure:
            await self._client.close()
            raise Unavailable(
                f"the Dask scheduler at {self._scheduler} has no workers; "
                f"start some with dask worker {self._scheduler}"
            ) from failure
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.close()

    async def workers(self) -> int:
        """How many there are now."""
        return len(await self._client.nthreads())

    async def do(self, codes: Sequence[str]) -> list[Outcome]:
        """Plan a batch on whichever worker is free."""
        future = self._client.submit(
            plan_on_worker,
            self._door,
            self._order,
            codes,
            self._run,
            key=f"{self._run}-{next(self._numbers)}-{codes[0]}",
            pure=False,
        )
        try:
            return await future  # type: ignore[no-any-return]
        except (self._dask.KilledWorker, self._dask.CancelledError) as failure:
            raise Lost from failure

    async def stop(self) -> None:
        """Let every batch end after the community it is at, and those that wait before any."""
        await self._dask.Event(self._run, client=self._client).set()


def plan_on_worker(door: Door, order: Order, codes: Sequence[str], run: str) -> list[Outcome]:
    """Plan a batch on a Dask worker, through its own GRIDSVC_DATABASE_URL where it has one."""
    stop = _dask().Event(run)
    return plan_batch(_own_door() or door, order, codes, lambda: bool(stop.is_set()))


def _own_door() -> Door | None:
    try:
        own = Settings().database_url
    except ValidationError as failure:
        names = ", ".join(f"GRIDSVC_{error['loc'][0]}".upper() for error in failure.errors())
        # Not the error itself, which Dask would log with the values.
        raise BadInput(f"a setting of the worker cannot be used: {names}") from None
    return Door(own) if own else None

"""Phones that do not give up, and the bad network between them and the service."""

import asyncio
import random
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from uuid import uuid4

import httpx

from tests.flows.test_report_to_close import body
from tests.soundness import rows
from tests.towns import BLOCKS
from tests.who import ALL_ROUND

#: Far longer than anything takes: only a broken service lets a phone wait so long.
PATIENCE_S = 120.0
#: How to reach the service, one connection for each request as phones have it.
PHONE = {"headers": ALL_ROUND | {"Connection": "close"}, "timeout": PATIENCE_S}


@dataclass
class Ledger:
    """What phones sent and were told.

    Attributes
    ----------
    acknowledged
        Ids of the events a client key was answered with: one, or something was doubled.
    broken, refused
        Requests without an answer, and those told to come again later.
    waits_s
        Seconds of each request that was worked on, from asking to the answer.
    """

    acknowledged: dict[str, set[int]] = field(default_factory=dict)
    broken: int = 0
    refused: int = 0
    waits_s: list[float] = field(default_factory=list)

    def note(self, client_key, event_id):
        self.acknowledged.setdefault(client_key, set()).add(event_id)


@dataclass(frozen=True)
class Fault:
    """A line of the fault table."""

    tries: int
    acknowledged: int
    lost: int
    doubled: int


async def deliver(client, ledger, path, told):
    """Send something until it is answered; only "come again later" is no answer."""
    while True:
        began = perf_counter()
        try:
            answer = await client.post(path, json=told)
        except httpx.TransportError:
            ledger.broken += 1
            await asyncio.sleep(0.02)
            continue
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            ledger.waits_s.append(perf_counter() - began)
            return answer
        assert int(answer.headers["retry-after"]) > 0
        ledger.refused += 1
        await asyncio.sleep(0.1)


async def report(client, ledger, **columns):
    """Report something until it is acknowledged; the event."""
    told = body(**columns)
    answer = await deliver(client, ledger, "/api/events", told)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    event = answer.json()
    ledger.note(told["client_key"], event["id"])
    return event


async def move(client, ledger, event, *states, **columns):
    """Move an event through states until each is acknowledged."""
    for state in states:
        told = {"to_state": state, "client_key": uuid4().hex} | columns
        answer = await deliver(client, ledger, f"/api/events/{event['id']}/moves", told)
        assert answer.status_code == httpx.codes.OK, answer.text


async def work(client, ledger, rng):
    """Report one event and handle it at once, if somebody has it; few are of the rare matter."""
    matter = "E02" if rng.random() < 0.1 else "E01"
    event = await report(client, ledger, column=rng.randrange(BLOCKS), matter=matter)
    if event["handler"] and matter == "E01":
        await move(client, ledger, event, "HANDLED")


@asynccontextmanager
async def phones(address, ledger, count=8):
    """So many phones at work for the length of the block; what they began they end."""
    ended = asyncio.Event()

    async def one(seed):
        rng = random.Random(seed)  # noqa: S311
        async with httpx.AsyncClient(base_url=address, **PHONE) as client:
            while not ended.is_set():
                await work(client, ledger, rng)

    async with asyncio.TaskGroup() as group:
        for seed in range(count):
            group.create_task(one(seed))
        yield
        ended.set()


async def fault(engine, ledger, tries):
    """What became of everything that was acknowledged."""
    kept = {}
    for row in await rows(engine, "SELECT client_key, id FROM event"):
        kept.setdefault(row.client_key, set()).add(row.id)
    told = ledger.acknowledged
    lost = [key for key, ids in told.items() if not ids <= kept.get(key, set())]
    doubled = [key for key, ids in kept.items() if len(ids | told.get(key, ids)) > 1]
    return Fault(tries, len(told), len(lost), len(doubled))


class FlakyNetwork:
    """A proxy that loses requests, loses answers, and delivers some requests twice.

    Requests come one to a connection and say ``Connection: close``.
    """

    def __init__(self, address, *, loses=0.3, repeats=0.1, seed=0):
        url = httpx.URL(address)
        self._to = (url.host, url.port)
        self._loses, self._repeats = loses, repeats
        self._rng = random.Random(seed)  # noqa: S311
        self.fates = Counter()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return self, f"http://{host}:{port}"

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    def _fate(self):
        share = self._rng.random()
        if share < self._loses:
            return "request lost" if share < self._loses / 2 else "answer lost"
        return "repeated" if share < self._loses + self._repeats else "delivered"

    async def _carry(self, reader, writer):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(
                int(line.split(b":")[1])
                for line in head.lower().splitlines()
                if line.startswith(b"content-length:")
            )
            request = head + await reader.readexactly(size)
            fate = self._fate()
            self.fates[fate] += 1
            if fate == "request lost":
                return
            times = 2 if fate == "repeated" else 1
            answers = await asyncio.gather(*(self._ask(request) for _ in range(times)))
            if fate != "answer lost":
                writer.write(answers[-1])
                await writer.drain()
        finally:
            writer.close()

    async def _ask(self, request):
        reader, writer = await asyncio.open_connection(*self._to)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

"""A client of the live stream, as browsers are one."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

PATIENCE_S = 8


@dataclass
class Told:
    """One event of a stream."""

    kind: str
    data: object
    id: str | None


class Listener:
    """What a stream told so far; `last_id` is what a browser would come back with."""

    def __init__(self, answer):
        self._lines = answer.aiter_lines()
        self.last_id = None

    async def next(self):
        """The next event that is one: comments and bare ids are kept in mind only."""
        async with asyncio.timeout(PATIENCE_S):
            fields = {}
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if line and not line.startswith(":"):
                    fields[name.rstrip(":")] = value
                elif not line and fields:
                    self.last_id = fields.get("id", self.last_id)
                    if "data" in fields:
                        data = json.loads(fields["data"])
                        return Told(fields["event"], data, fields.get("id"))
                    fields = {}
        return None

    async def until(self, kind):
        """Every event up to the first of a kind, that one left out."""
        found = []
        while (told := await self.next()) is not None and told.kind != kind:
            found.append(told)
        assert told is not None, f"the stream ended before {kind}"
        return found

    async def rest(self):
        """Every event until the stream ends."""
        found = []
        while (told := await self.next()) is not None:
            found.append(told)
        return found


@asynccontextmanager
async def listening(address, headers, *, since=None, **asked):
    """A listener that is told everything from now, or from an id, on."""
    sent = dict(headers) | ({"Last-Event-ID": since} if since else {})
    async with (
        httpx.AsyncClient(base_url=address, timeout=PATIENCE_S) as client,
        client.stream("GET", "/api/live", headers=sent, params=asked) as answer,
    ):
        if answer.status_code != 200:
            await answer.aread()
            raise AssertionError(f"{answer.status_code} {answer.text}")
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Listener(answer)


async def missed(address, headers, *, since=None, **asked):
    """What is told at once, and the id to come back with."""
    async with listening(address, headers, since=since, for_s=0, **asked) as listener:
        found = await listener.until("ready")
        await listener.rest()
        return found, listener.last_id

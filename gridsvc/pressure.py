"""Bounded work: so many requests at a time, bodies of so many bytes and seconds, no more.

A body is read whole before its request counts as being worked on: a client that trickles its
body holds a few bytes and no place, so that others still pass.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridsvc.problems import problem

#: Whoever watches the service must see it under pressure too.
_EXEMPT = ("/health/", "/metrics")
#: Answers that stay open.
_STREAM = "text/event-stream"
#: Kinds of bodies that may be as large as a photo.
_LARGE = ("image/", "application/octet-stream")
#: Seconds a client of such an answer may take to read what was sent.
_STALLED_S = 20.0


class _Refusal(NamedTuple):
    status: int
    title: str
    detail: str


class WorkLimit:
    """At most so many requests are worked on; one more is told at once to come again."""

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self._app = app
        self._most = most
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 503."""
        if scope["type"] != "http" or scope["path"].startswith(_EXEMPT):
            await self._app(scope, receive, send)
            return
        if self.in_flight >= self._most:
            busy = f"{self._most} requests are being worked on, which is the most; try again"
            refusal = _Refusal(503, "Service not available", busy)
            await _refuse(refusal, scope, receive, send)
            return
        place = _Place(self)
        try:
            await self._app(scope, receive, place.freed_by_a_stream(send))
        finally:
            place.free()


class _Place:
    """One request's place among those worked on, given up once."""

    def __init__(self, limit: WorkLimit) -> None:
        self._limit: WorkLimit | None = limit
        limit.in_flight += 1

    def free(self) -> None:
        """Give the place up; the second time nothing happens."""
        if self._limit is not None:
            self._limit.in_flight -= 1
        self._limit = None

    def freed_by_a_stream(self, send: Send) -> Send:
        """Give the place up when an answer begins that stays open and is no work to wait for.

        Who is asking, and whether they may, was worked out within the place. A client that takes
        nothing for a while is let go: what waits for it is bounded, and it may come back.
        """
        most_s: float | None = None

        async def watched(message: Message) -> None:
            nonlocal most_s
            if message["type"] == "http.response.start":
                media_type = Headers(raw=message["headers"]).get("content-type", "")
                if media_type.startswith(_STREAM):
                    self.free()
                    most_s = _STALLED_S
            async with asyncio.timeout(most_s):
                await send(message)

        return watched


class BodyLimit:
    """Read bodies before the work begins; refuse those that are too large or too slow.

    Parameters
    ----------
    most_bytes
        Bytes a body may have, whatever its Content-Length says and also without one.
    most_photo_bytes
        The same for a body that says to be a picture, or a file of cells.
    most_s
        Seconds a body may take from its request's head to its last byte.
    most_held_bytes
        Bytes of all bodies together, from their reading to their answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most_bytes: int,
        most_photo_bytes: int,
        most_s: float,
        most_held_bytes: int,
    ) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_photo_bytes = most_photo_bytes
        self._most_s = most_s
        self._most_held_bytes = most_held_bytes
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its whole body, or refuse it with 400, 408, 413 or 503."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = bytearray()
        try:
            most_bytes = self._most_of(scope)
            refusal = self._judged_by_length(scope, most_bytes) or await self._read(
                receive, body, most_bytes
            )
            if refusal is None:
                await self._app(scope, _again(bytes(body), receive), send)
            else:
                await _refuse(refusal, scope, receive, send)
        except _ClientGone:
            pass  # nobody is left to be answered
        finally:
            self._held_bytes -= len(body)

    def _most_of(self, scope: Scope) -> int:
        large = Headers(scope=scope).get("content-type", "").startswith(_LARGE)
        return self._most_photo_bytes if large else self._most_bytes

    def _judged_by_length(self, scope: Scope, most_bytes: int) -> _Refusal | None:
        told = Headers(scope=scope).get("content-length", "0")
        if not (told.isascii() and told.isdigit()):
            return _Refusal(400, "Bad request", "Content-Length is no number of bytes")
        # Compared by digits first: Python refuses to read a number of thousands of them.
        told = told.lstrip("0") or "0"
        if len(told) > 18 or int(told) > most_bytes:
            return _too_large(most_bytes)
        return None

    async def _read(self, receive: Receive, body: bytearray, most_bytes: int) -> _Refusal | None:
        try:
            async with asyncio.timeout(self._most_s):
                return await self._read_to_the_end(receive, body, most_bytes)
        except TimeoutError:
            slow = f"the body did not arrive within {self._most_s:g} s; send it again, faster"
            return _Refusal(408, "Request timeout", slow)

    async def _read_to_the_end(
        self, receive: Receive, body: bytearray, most_bytes: int
    ) -> _Refusal | None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientGone
            part = message.get("body", b"")
            if len(body) + len(part) > most_bytes:
                return _too_large(most_bytes)
            if self._held_bytes + len(part) > self._most_held_bytes:
                full = "too many large bodies are being sent at this moment; try again"
                return _Refusal(503, "Service not available", full)
            body += part
            self._held_bytes += len(part)
            more = message.get("more_body", False)
        return None


def _too_large(most_bytes: int) -> _Refusal:
    large = f"the body has more than {most_bytes} bytes; send less at a time"
    return _Refusal(413, "Content too large", large)


class _ClientGone(Exception):
    """The client closed its connection before its body was complete."""


def _again(body: bytes, receive: Receive) -> Receive:
    """What a server gives to a request whose body is already here."""
    given = False

    async def from_memory() -> Message:
        nonlocal given
        if given:
            return await receive()  # waits for the client to go
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return from_memory


async def _refuse(refusal: _Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    answer = problem(Request(scope), refusal.status, refusal.title, refusal.detail)
    # What is left of the body is not read, so nothing else can come over this connection.
    answer.headers["Connection"] = "close"
    await answer(scope, receive, send)

"""The one reader of a process: looks for what is new and passes it on to every open stream.

Streams that may see the same share one query, under the policies of every other query; none of
them holds a connection. The moves themselves are in the history that is written with them, so
that nothing can be committed and not be found.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import datetime

from asyncpg import InterfaceError as DriverError
from asyncpg import PostgresError
from fastapi.sse import ServerSentEvent
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.db import NOWHERE, Scope, enter, transaction
from gridsvc.errors import TooMany, Unavailable
from gridsvc.feed import queries
from gridsvc.feed.cursor import Cursor
from gridsvc.feed.schemas import Change, Seen
from gridsvc.feed.streams import News, Stream

log = logging.getLogger(__name__)

#: Most moves told to somebody who comes back, or in one look; who missed more reads anew.
MOST_MISSED = 500
#: Streams one account may have open: its desk, its phone, and some that are about to end.
MOST_OF_ONE = 20
#: Seconds between looks at positions, whatever comes in: the latest of each person is told.
POSITIONS_S = 1.0
#: Seconds a transaction may take to write a position that is still to be told.
_LATE_S = 10.0
#: Seconds of positions looked through after an outage.
_MOST_LATE_S = 60.0
#: Seconds after which an idle stream is told its cursor, and asked whether it still may listen.
HEARTBEAT_S = 10.0

_LOST = (SQLAlchemyError, PostgresError, DriverError, OSError)


class Hub:
    """Open streams of one process.

    Parameters
    ----------
    every_s
        Seconds between looks while anybody listens.
    most
        Streams that may be open.
    """

    def __init__(self, engine: AsyncEngine, *, every_s: float, most: int) -> None:
        self._engine = engine
        self._every_s = every_s
        self._most = most
        self._streams: set[Stream] = set()
        self._newcomer = asyncio.Event()
        self._closing = False
        self._one_check = asyncio.Lock()
        self._positions_at = 0.0
        self._seen: dict[Scope, dict[str, datetime]] = {}

    @property
    def open_streams(self) -> int:
        """How many listen."""
        return len(self._streams)

    def admit(self, account_id: int) -> None:
        """Refuse a stream that would be too many.

        Raises
        ------
        TooMany
            If the account has as many as it may have.
        Unavailable
            If the process has.
        """
        if sum(one.account_id == account_id for one in self._streams) >= MOST_OF_ONE:
            raise TooMany(
                f"{MOST_OF_ONE} streams of this account are open; close one", retry_after_s=10
            )
        if len(self._streams) >= self._most or self._closing:
            raise Unavailable("as many streams are open as may be; try again shortly")

    def close(self) -> None:
        """End every stream: the server is about to stop."""
        self._closing = True
        for stream in self._streams:
            stream.too_slow = True
            with suppress(asyncio.QueueFull):
                stream.waiting.put_nowait([])

    async def run(self) -> None:
        """Look for ever, while anybody listens; an outage of the database is waited for."""
        while True:
            await self._newcomer.wait()
            self._newcomer.clear()
            while self._streams:
                try:
                    await self.look()
                except _LOST:
                    log.warning("what is new could not be read; trying again", exc_info=True)
                    await asyncio.sleep(self._every_s)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._newcomer.wait(), self._every_s)
                self._newcomer.clear()

    async def follow(
        self, stream: Stream, still: Callable[[], Awaitable[bool]], *, for_s: float | None
    ) -> AsyncIterator[ServerSentEvent]:
        """Everything for a stream, until it ends.

        Parameters
        ----------
        still
            Tells whether the client may still listen as it did in the beginning.
        for_s
            Seconds after which it ends; none = never by itself. It does not end before the first
            look.
        """
        ends_at = None if for_s is None else time.monotonic() + for_s
        async with self._joined(stream), aclosing(self._told(stream, still, ends_at)) as told:
            async for event in told:
                yield event

    @asynccontextmanager
    async def _joined(self, stream: Stream) -> AsyncIterator[None]:
        self._streams.add(stream)
        self._newcomer.set()
        try:
            yield
        finally:
            self._streams.discard(stream)

    async def _told(
        self, stream: Stream, still: Callable[[], Awaitable[bool]], ends_at: float | None
    ) -> AsyncGenerator[ServerSentEvent, None]:
        check_at = time.monotonic() + HEARTBEAT_S
        while not (stream.too_slow and stream.waiting.empty()):
            now = time.monotonic()
            if stream.begun and stream.waiting.empty() and ends_at is not None and now >= ends_at:
                return
            if now >= check_at:
                check_at = now + HEARTBEAT_S
                if not await self._checked(still):
                    yield ServerSentEvent(event="ended", data={"reason": "sign in again"})
                    return
                if stream.cursor is not None and stream.waiting.empty():
                    yield ServerSentEvent(id=str(stream.cursor))
            patience_s = min(check_at, ends_at or check_at) - now
            try:
                batch = await asyncio.wait_for(stream.waiting.get(), max(patience_s, 0.01))
            except TimeoutError:
                continue
            for event in batch:
                yield event

    async def _checked(self, still: Callable[[], Awaitable[bool]]) -> bool:
        # One at a time: a thousand streams must not take every connection to ask.
        async with self._one_check:
            try:
                return await still()
            except _LOST:
                return True  # without the database there is nothing to be told either

    async def look(self) -> None:
        """Look once, and pass on what is new."""
        async with transaction(self._engine, NOWHERE) as session:
            now = await queries.now(session)
            await self._tell_changes(session, now)
            if time.monotonic() - self._positions_at >= POSITIONS_S:
                await self._show_positions(session)

    async def _tell_changes(self, session: AsyncSession, now: Cursor) -> None:
        alike: dict[tuple[Scope, Cursor], list[Stream]] = defaultdict(list)
        for stream in list(self._streams):
            alike[stream.scope, stream.cursor or now].append(stream)
        for (scope, cursor), streams in alike.items():
            await _catch_up(session, scope, cursor, now, streams)

    async def _show_positions(self, session: AsyncSession) -> None:
        watching: dict[Scope, list[Stream]] = defaultdict(list)
        for stream in list(self._streams):
            if "position" in stream.wish.kinds:
                watching[stream.scope].append(stream)
        self._seen = {scope: self._seen.get(scope, {}) for scope in watching}
        began = time.monotonic()
        within_s = min(began - self._positions_at + _LATE_S, _MOST_LATE_S)
        for scope, streams in watching.items():
            await enter(session, scope)
            rows = await queries.positions(session, within_s=within_s)
            told = self._seen[scope]
            fresh = [Seen(**row) for row in rows if told.get(row["person"]) != row["captured_at"]]
            self._seen[scope] = {row["person"]: row["captured_at"] for row in rows}
            for stream in streams:
                stream.show(fresh)
        self._positions_at = began


async def _catch_up(
    session: AsyncSession, scope: Scope, since: Cursor, now: Cursor, streams: Sequence[Stream]
) -> None:
    """Tell streams that may see the same, and were told the same, what there is up to now."""
    read = since
    for until in since.steps(now):
        news = await _news(session, scope, read, until, now)
        if news is None:
            for stream in streams:
                stream.forget(now)
            break
        for stream in streams:
            stream.tell(news, until)
        read = until
    for stream in streams:
        stream.say_ready(now)


async def _news(
    session: AsyncSession, scope: Scope, since: Cursor, until: Cursor, now: Cursor
) -> list[News] | None:
    """What a scope shows between two moments; none when it is too much, or not to be known."""
    if since.newest.high > now.seen.high or since.at < now.at - queries.LONGEST_H * 3600:
        return None  # of a database that was restored since, or of another day
    if since == until:
        return []
    await enter(session, scope)
    rows = await queries.changes(session, since, until.seen, most=MOST_MISSED)
    if rows is None:
        return None
    return [News(Change(**{n: row[n] for n in Change.model_fields}), row["row"]) for row in rows]

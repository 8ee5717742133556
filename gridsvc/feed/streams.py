"""One open stream: what it asked for, how far it was told, and what waits to be sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fastapi.sse import ServerSentEvent

from gridsvc.db import Scope
from gridsvc.feed.cursor import Cursor
from gridsvc.feed.schemas import Change, Kind, Seen

#: Batches that may wait for a slow client, each of one look; one more and it is let go.
MOST_WAITING = 64
#: Milliseconds after which a browser that was cut off comes back.
_COME_BACK_MS = 3000


@dataclass(frozen=True)
class Wish:
    """What somebody wants to be told of what they may see.

    Attributes
    ----------
    low, high
        Half-open range of division codes.
    matters
        Codes of matters; none = every one.
    exact
        Whether positions are told as places, which takes a purpose; else by micro-grid.
    """

    kinds: frozenset[Kind]
    low: str
    high: str
    matters: frozenset[str] | None = None
    exact: bool = False

    def has(self, change: Change) -> bool:
        """Whether a move of an event is wanted."""
        return (
            change.kind in self.kinds
            and self.low <= change.division_code < self.high
            and (self.matters is None or change.matter in self.matters)
        )

    def shown(self, seen: Seen) -> Seen | None:
        """A position as it is told, if it is wanted."""
        if not self.low <= seen.division_code < self.high:
            return None
        return seen if self.exact else seen.coarse()


class News(NamedTuple):
    """A move and what it takes to know whether it was told: its row and transaction."""

    change: Change
    row: int


@dataclass(eq=False)
class Stream:
    """A client that listens.

    Attributes
    ----------
    scope
        What the database shows to it.
    cursor
        How far it was told; none before the first look, unless it came back.
    """

    account_id: int
    scope: Scope
    wish: Wish
    cursor: Cursor | None
    begun: bool = False
    too_slow: bool = False
    waiting: asyncio.Queue[Sequence[ServerSentEvent]] = field(
        default_factory=lambda: asyncio.Queue(MOST_WAITING)
    )

    def tell(self, news: Sequence[News], now: Cursor) -> None:
        """Put moves up to a cursor into the line, each with the one that goes on after it."""
        wanted = [one for one in news if self.wish.has(one.change)]
        before = self.cursor or now
        events = [
            ServerSentEvent(
                event=one.change.kind,
                data=one.change,
                id=str(now if one is wanted[-1] else before.within(now.seen, one.row)),
            )
            for one in wanted
        ]
        self.cursor = now
        self._put(events)

    def forget(self, now: Cursor) -> None:
        """Say that too much was missed to be told: what is shown must be read anew."""
        self.cursor = now
        self._put([ServerSentEvent(event="reset", data={}, id=str(now))])

    def show(self, seen: Sequence[Seen]) -> None:
        """Put positions into the line; they have no id, the next ones say more."""
        wanted = [shown for one in seen if (shown := self.wish.shown(one)) is not None]
        if wanted:
            told = [one.model_dump(mode="json", exclude_none=True) for one in wanted]
            self._put([ServerSentEvent(event="position", data=told)])

    def say_ready(self, now: Cursor) -> None:
        """Say, once, that everything up to now was told."""
        if not self.begun:
            self._put([ServerSentEvent(event="ready", data={}, id=str(now), retry=_COME_BACK_MS)])
            self.begun = True

    def _put(self, events: Sequence[ServerSentEvent]) -> None:
        if not events or self.too_slow:
            return
        try:
            self.waiting.put_nowait(events)
        except asyncio.QueueFull:
            self.too_slow = True

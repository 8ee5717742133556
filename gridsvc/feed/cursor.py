"""How far somebody has read; pure.

Transactions commit in another order than they begin, so that no number of a row says what was
read: a row with a lower one may come later. A snapshot of PostgreSQL does: it names the
transactions that had not ended, and whatever it does not show is still to be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gridsvc.errors import BadInput

_MOST_DIGITS = 18
_NUMBER = rf"[0-9]{{1,{_MOST_DIGITS}}}"
_SNAPSHOT = rf"{_NUMBER}:{_NUMBER}:(?:{_NUMBER}(?:,{_NUMBER})*)?"
_CURSOR = re.compile(
    rf"(?P<at>{_NUMBER})_(?P<seen>{_SNAPSHOT})(?:_(?P<ahead>{_SNAPSHOT})_(?P<row>{_NUMBER}))?",
    re.ASCII,
)
#: A cursor longer than this would not fit into the header that brings it back.
MOST_LENGTH = 6000


@dataclass(frozen=True)
class Snapshot:
    """Which transactions had ended at some moment, as ``pg_current_snapshot`` writes it.

    Attributes
    ----------
    low
        Every transaction below had ended.
    high
        None from here on had begun to write.
    running
        Those between that had not ended.
    """

    low: int
    high: int
    running: frozenset[int] = frozenset()

    @classmethod
    def read(cls, text: str) -> Snapshot:
        """Read PostgreSQL's text, ``low:high:running,running``.

        Raises
        ------
        BadInput
            If it is none.
        """
        if not re.fullmatch(_SNAPSHOT, text, re.ASCII):
            raise BadInput(f"{text[:80]!r} is no snapshot")
        low, high, running = text.split(":")
        told = cls(int(low), int(high), frozenset(int(one) for one in running.split(",") if one))
        if not (0 < told.low <= told.high and all(told.low <= r < told.high for r in told.running)):
            raise BadInput(f"{text[:80]!r} is no snapshot that a database could have given")
        return told

    def shows(self, transaction: int) -> bool:
        """Whether a transaction had ended."""
        return transaction < self.low or (
            transaction < self.high and transaction not in self.running
        )

    def __str__(self) -> str:
        """Write it as PostgreSQL does."""
        return f"{self.low}:{self.high}:{','.join(map(str, sorted(self.running)))}"


@dataclass(frozen=True)
class Cursor:
    """Everything up to here was read: what goes out as an event's id and comes back.

    Attributes
    ----------
    at
        When it was made, seconds since 1970 by the database's clock.
    seen
        Whatever this snapshot shows was read.
    ahead, row
        Within a batch: what `ahead` shows was read, too, up to this row.
    """

    at: int
    seen: Snapshot
    ahead: Snapshot | None = None
    row: int = 0

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read what `str` wrote.

        Raises
        ------
        BadInput
            If it is no id of ours.
        """
        found = _CURSOR.fullmatch(text) if len(text) <= MOST_LENGTH else None
        if found is None:
            raise BadInput("Last-Event-ID is none of this service; leave it out to begin anew")
        ahead = found["ahead"] and Snapshot.read(found["ahead"])
        return cls(
            int(found["at"]), Snapshot.read(found["seen"]), ahead or None, int(found["row"] or 0)
        )

    def __str__(self) -> str:
        """Write it so that it can be the id of an event."""
        written = f"{self.at}_{self.seen}"
        return written if self.ahead is None else f"{written}_{self.ahead}_{self.row}"

    @property
    def newest(self) -> Snapshot:
        """The newer of its snapshots."""
        return self.ahead or self.seen

    def has_read(self, transaction: int, row: int) -> bool:
        """Whether a row of a transaction was read."""
        if self.seen.shows(transaction):
            return True
        return self.ahead is not None and row <= self.row and self.ahead.shows(transaction)

    def steps(self, now: Cursor) -> tuple[Cursor, ...]:
        """Where to read up to, one after the other, to have read everything up to now.

        A batch that was begun is ended first: what was committed since may have lower rows.
        """
        return (now,) if self.ahead is None else (Cursor(self.at, self.ahead), now)

    def within(self, ahead: Snapshot, row: int) -> Cursor:
        """The same after some rows of a batch: those that `ahead` shows, up to this one."""
        return replace(self, ahead=ahead, row=row)

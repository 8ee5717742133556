"""Sends what is due. The rows of deliveries are the queue: what is committed is sent, nothing else.

A delivery is taken in hand in one transaction, sent, and settled in another. A worker that is
lost in between leaves it in hand; after a while what somebody must know is sent again, and
everything else is left to people, who see it among what was not delivered.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from zoneinfo import ZoneInfo

from asyncpg import InterfaceError as DriverError
from asyncpg import PostgresError
from sqlalchemy import RowMapping
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.config import Settings
from gridsvc.db import transaction
from gridsvc.errors import BadInput, Unavailable
from gridsvc.keyring import Keyring
from gridsvc.notices import addresses, kinds, queries
from gridsvc.notices.kinds import MANNERS, Kind, Words
from gridsvc.notices.quiet import after_quiet

log = logging.getLogger(__name__)

#: Sent at a time; a host that does not answer takes some seconds of one of them.
AT_ONCE = 8
#: Seconds after which a delivery in hand counts as lost; several times what a sending may take.
LEASE_S = 180.0
#: Seconds before the next attempt, by the number of those made; after the last it is given up.
WAITS_S = (15.0, 60.0, 300.0, 1800.0, 7200.0)

_LOST = (SQLAlchemyError, PostgresError, DriverError, OSError)


class Sender:
    """Sends notices for one process."""

    def __init__(self, engine: AsyncEngine, settings: Settings, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring
        self._allowed = settings.outbound_networks
        self._gateway = settings.phone_gateway
        self._zone = ZoneInfo(settings.time_zone)
        self._every_s = settings.notices_s
        self._most_per_hour = settings.notices_per_hour
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="notices")

    async def run(self) -> None:
        """Send for ever; an outage of the database is waited for."""
        try:
            while True:
                try:
                    while await self.send_due():
                        pass
                except _LOST:
                    log.warning("notices could not be looked for; trying again", exc_info=True)
                await asyncio.sleep(self._every_s)
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def send_due(self) -> int:
        """Send some of what is due, of each channel the oldest; how many were taken in hand."""
        async with transaction(self._engine) as session:
            await queries.recover_lost(session)
            rows = await queries.claim(
                session, most=AT_ONCE, most_per_hour=self._most_per_hour, lease_s=LEASE_S
            )
        await asyncio.gather(*(self._deliver(row) for row in rows))
        return len(rows)

    async def _deliver(self, row: RowMapping) -> None:
        kind = Kind(row["kind"])
        if MANNERS[kind].quiet:
            until = after_quiet(row["now"], row["quiet_from"], row["quiet_to"], self._zone)
            if until > row["now"]:
                async with transaction(self._engine) as session:
                    await queries.postpone(session, row, until)
                return
        failure, final = await self._attempt(row, words_of(row))
        state, wait_s = outcome(row["attempts"], failed=failure is not None, final=final)
        async with transaction(self._engine) as session:
            await queries.settle(session, row, state=state, failure=failure, wait_s=wait_s)

    async def _attempt(self, row: RowMapping, words: Words) -> tuple[str | None, bool]:
        """Why a sending failed, none when it did not, and whether that is final."""
        url, phone = self._keyring.open(row["url_sealed"]), None
        if row["service"] == "phone":
            if self._gateway is None:
                return "no gateway to phones is set (GRIDSVC_PHONE_GATEWAY)", True
            url, phone = self._gateway, url
        send = partial(addresses.send, url, words, self._allowed, phone=phone)
        context = contextvars.copy_context()
        sending = asyncio.get_running_loop().run_in_executor(self._threads, context.run, send)
        # Whatever a library of so many makes of an odd answer: the others are sent meanwhile.
        (result,) = await asyncio.gather(sending, return_exceptions=True)
        if isinstance(result, BadInput):
            return result.detail, True
        if isinstance(result, Unavailable):
            return result.detail, False
        if isinstance(result, asyncio.CancelledError):
            raise result
        if isinstance(result, BaseException):
            log.warning("a notice could not be sent", exc_info=result)
            return f"sending failed ({type(result).__name__})", False
        return (None if result else "the channel did not take it"), False


def words_of(row: RowMapping) -> Words:
    """A delivery as it is read, with a number by which two of the same are known."""
    told = kinds.words(
        Kind(row["kind"]),
        row["facts"],
        row["subject_id"],
        language=row["language"],
        chat=row["service"] in addresses.CHATS,
    )
    return Words(told.title, f"{told.text}\n[{row['notice_id']}]")


def outcome(attempts: int, *, failed: bool, final: bool) -> tuple[str, float]:
    """State of a delivery after so many attempts, and the seconds until the next one."""
    if not failed:
        return "sent", 0.0
    if final or attempts > len(WAITS_S):
        return "dead", 0.0
    return "waiting", WAITS_S[attempts - 1]

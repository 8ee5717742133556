"""Briefings drawn as jobs: ordered, watched, cancelled, fetched."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts import sign_in_queries
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission, Role, permissions_of
from gridsvc.audit.actor import Actor
from gridsvc.briefing import order_queries
from gridsvc.briefing.painting import GivenUp
from gridsvc.briefing.schemas import BriefingIn, BriefingOut
from gridsvc.briefing.service import Order, draw, one_of, transactions_of
from gridsvc.briefing.writing import check
from gridsvc.codes import checked
from gridsvc.config import Settings
from gridsvc.db import transaction
from gridsvc.errors import BadInput, Conflict, Forbidden, GridsvcError, NotFound
from gridsvc.grids.queries import division_name
from gridsvc.jobs import queries as jobs
from gridsvc.jobs.queue import LONG
from gridsvc.maps.asking import Asked

log = logging.getLogger(__name__)

TASK = "draw_briefing"
#: Orders of one account that may wait or be drawn.
MOST_UNFINISHED = 5
MOST_LISTED = 50
#: A file beyond this is no briefing; it has to lie in memory to be stored.
MOST_BYTES = 100 * 2**20
#: Seconds between looks whether it is still wanted.
_LOOK_S = 0.5


async def order(
    session: AsyncSession, account_id: int, wanted: BriefingIn, settings: Settings
) -> BriefingOut:
    """Take an order; it is drawn as soon as the transaction is committed and its turn has come.

    Raises
    ------
    NotFound
        If the division is not there, or not for the caller to see.
    BadInput
        If there is no such kind, or the format cannot hold what is asked.
    Conflict
        If too many of the caller's orders are unfinished.
    """
    one_of(wanted.kind)
    check(wanted.format, atlas=wanted.atlas is not None)
    code = checked(wanted.division)
    if await division_name(session, code) is None:
        raise NotFound(f"there is no division {code}")
    if await order_queries.unfinished(session, account_id) >= MOST_UNFINISHED:
        raise Conflict(
            f"{MOST_UNFINISHED} of your briefings are not finished; wait for one, or cancel it"
        )
    asked = wanted.model_dump(mode="json")
    briefing_id = await order_queries.add(
        session, account_id, code, asked, settings.keep_briefings_h
    )
    await jobs.defer(session, TASK, queue=LONG, lock=TASK, briefing_id=briefing_id)
    return await told(session, account_id, briefing_id)


async def told(session: AsyncSession, account_id: int, briefing_id: int) -> BriefingOut:
    """An order and how far it has come.

    Raises
    ------
    NotFound
        If the caller ordered no such briefing.
    """
    return _out(await _own(session, account_id, briefing_id))


async def listed(session: AsyncSession, account_id: int) -> list[BriefingOut]:
    """The newest orders of an account."""
    return [_out(row) for row in await order_queries.of_account(session, account_id, MOST_LISTED)]


async def file_of(
    session: AsyncSession, account_id: int, briefing_id: int
) -> tuple[BriefingOut, bytes]:
    """The file of an order.

    Raises
    ------
    NotFound
        If the caller ordered no such briefing.
    Conflict
        If it is not done.
    """
    row = await _own(session, account_id, briefing_id)
    content = await order_queries.content(session, briefing_id)
    if content is None:
        raise Conflict(
            f"briefing {briefing_id} is {row['state']}; only one that is done has a file"
        )
    return _out(row), content


async def cancel(session: AsyncSession, account_id: int, briefing_id: int) -> None:
    """Cancel an order that is not finished; forget one that is, with its file.

    Raises
    ------
    NotFound
        If the caller ordered no such briefing.
    """
    await _own(session, account_id, briefing_id)
    if not await order_queries.cancel(session, briefing_id):
        await order_queries.remove(session, briefing_id)


async def _own(session: AsyncSession, account_id: int, briefing_id: int) -> RowMapping:
    row = await order_queries.one(session, account_id, briefing_id)
    if row is None:
        raise NotFound(f"you ordered no briefing {briefing_id}, or it has expired")
    return row


def _out(row: RowMapping) -> BriefingOut:
    done = row["state"] == "done"
    return BriefingOut(
        id=row["id"],
        division=row["division_code"],
        asked=BriefingIn.model_validate(row["asked"]),
        state=row["state"],
        percent=int(100 * row["share"]),
        reason=row["reason"],
        pages=row["pages"],
        bytes=row["bytes"],
        ordered_at=row["ordered_at"],
        expires_at=row["expires_at"],
        file=f"/api/briefings/{row['id']}/file" if done else None,
    )


# ---- whoever draws ------------------------------------------------------------------------


async def work(engine: AsyncEngine, settings: Settings, briefing_id: int) -> None:
    """Draw an order and keep its file; why it could not be drawn is kept instead."""
    async with transaction(engine) as session:
        row = await order_queries.take_up(session, briefing_id)
    if row is None:
        return
    reason = "something went wrong that should not; it has been logged"
    try:
        await _drawn(engine, settings, briefing_id, row)
    except GivenUp:
        log.info("a briefing was cancelled", extra={"briefing": briefing_id})
        return
    except GridsvcError as failure:
        reason = failure.detail
    except asyncio.CancelledError:
        raise  # the service is stopped: another one goes on
    except BaseException:
        await _fail(engine, briefing_id, reason)
        raise
    else:
        return
    await _fail(engine, briefing_id, reason)


async def _fail(engine: AsyncEngine, briefing_id: int, reason: str) -> None:
    async with transaction(engine) as session:
        await order_queries.fail(session, briefing_id, reason)


async def _drawn(
    engine: AsyncEngine, settings: Settings, briefing_id: int, row: RowMapping
) -> None:
    wanted = BriefingIn.model_validate(row["asked"])
    identity = await _identity(engine, row["account_id"])
    sessions = transactions_of(
        engine, Actor(identity.account_id, identity.login, identity.roles), identity.scope
    )
    watch = _Watch(engine, briefing_id)
    watching = asyncio.create_task(watch.look())
    try:
        with tempfile.TemporaryDirectory(prefix="gridsvc-briefing-") as folder:
            path = Path(folder) / f"briefing.{wanted.format}"
            result = await draw(
                sessions,
                _order(wanted, settings),
                path,
                browser=settings.browser,
                progress=watch.progress,
                stopped=watch.stopped,
            )
            if result["bytes"] > MOST_BYTES:
                raise BadInput(
                    f"the file has {result['bytes']} bytes, more than {MOST_BYTES}; draw an atlas "
                    "of each street by itself"
                )
            content = await asyncio.to_thread(path.read_bytes)
    finally:
        watch.stop()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    async with transaction(engine) as session:
        await order_queries.finish(
            session, briefing_id, content, result["pages"], settings.keep_briefings_h
        )


async def _identity(engine: AsyncEngine, account_id: int) -> Identity:
    """Whoever ordered it, as they are now.

    Raises
    ------
    Forbidden
        If the account was closed, or may not see maps any more.
    """
    async with transaction(engine) as session:
        row = await sign_in_queries.by_id(session, account_id)
    roles = tuple(Role(role) for role in row["roles"]) if row else ()
    if row is None or Permission.VIEW_MAP not in permissions_of(roles):
        raise Forbidden("the account that ordered this may not see maps any more")
    return Identity(
        account_id=account_id,
        login=row["login"],
        roles=roles,
        permissions=permissions_of(roles),
        areas=tuple(row["areas"]),
        matters=None if row["matters"] is None else tuple(row["matters"]),
        person_id=row["person_id"],
        person_code=row["person_code"],
        via="system",
    )


def _order(wanted: BriefingIn, settings: Settings) -> Order:
    return Order(
        division_code=wanted.division,
        asked=Asked([one_of(wanted.kind)], wanted.mode, wanted.days),
        format=wanted.format,
        paper=wanted.page,
        atlas=wanted.atlas,
        approval=wanted.approval or settings.map_approval,
        time_zone=settings.time_zone,
    )


class _Watch:
    """Tells how far it is, and hears whether it is still wanted."""

    def __init__(self, engine: AsyncEngine, briefing_id: int) -> None:
        self._engine, self._briefing_id = engine, briefing_id
        self._stop = threading.Event()
        self._share = 0.0

    def progress(self, step: str, share: float) -> None:  # noqa: ARG002 - a Progress
        self._share = share

    def stopped(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    async def look(self) -> None:
        wanted: Any = True
        while wanted:
            await asyncio.sleep(_LOOK_S)
            async with transaction(self._engine) as session:
                wanted = await order_queries.tell_share(session, self._briefing_id, self._share)
        self.stop()

"""Positions as they come in, and the waiting events that they bring to somebody."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.db import NOWHERE, Scope, widened
from gridsvc.dispatch import service
from gridsvc.dispatch.assigning import take_up
from gridsvc.dispatch.choosing import county_range
from gridsvc.events import queries as event_queries
from gridsvc.people import tracking
from gridsvc.people.pings import USUAL, Limits, Ping, Source
from gridsvc.people.schemas import PositionIn, PositionOut
from gridsvc.people.track_schemas import PingIn, PositionBatchIn, PositionBatchOut, UnusedPing
from gridsvc.people.tracking import Recorded, Told


async def record(
    session: AsyncSession, told: Sequence[Told], *, source: Source, limits: Limits = USUAL
) -> tuple[Recorded, list[int]]:
    """Keep pings of any people; what became of each, and ids of the events they took up.

    Whether anything waits for the people who moved is one question for them all; only those it
    waits for are given it.
    """
    recorded = await tracking.record(session, told, source=source, limits=limits)
    if not recorded.moved:
        return recorded, []
    divisions = {one.division_code for one in recorded.moved}
    counties = sorted({county_range(code) for code in divisions})
    moved = [one.person_id for one in recorded.moved]
    if session.info.get("scope", NOWHERE).shows_all_of(counties):
        wanted = await event_queries.waited_for(session, moved, counties=counties)
    else:
        async with widened(session, Scope(tuple(counties))):
            wanted = await event_queries.waited_for(session, moved, counties=counties)
    taken_up = [
        event
        for person_id, division_code in wanted
        for event in await take_up(session, person_id, division_code)
    ]
    return recorded, taken_up


async def record_position(
    session: AsyncSession,
    position: PositionIn,
    teller: Identity | None = None,
    limits: Limits = USUAL,
) -> PositionOut:
    """Store where a person is and let them take up what waits for somebody like them.

    Raises
    ------
    Forbidden
        If `teller` tells where somebody else is and may not.
    NotFound
        If nobody has this code.
    """
    service.check_own(teller, position.person, Permission.TELL_POSITIONS_OF_OTHERS)
    recorded, taken_up = await record(session, [_told(position)], source=Source.API, limits=limits)
    (outcome,) = recorded.outcomes
    return PositionOut(
        person=position.person,
        stored=outcome.unused is None,
        reason=outcome.unused,
        captured_at=outcome.captured_at,
        taken_up=taken_up,
    )


async def record_batch(
    session: AsyncSession, batch: PositionBatchIn, teller: Identity, limits: Limits = USUAL
) -> PositionBatchOut:
    """Keep a batch once, however often it is sent; the same batch gets the same answer.

    Raises
    ------
    Forbidden
        If `teller` tells where somebody else is and may not.
    NotFound
        If nobody has one of the codes.
    BadInput
        If the key was used for another batch.
    """
    for ping in batch.pings:
        service.check_own(teller, ping.person, Permission.TELL_POSITIONS_OF_OTHERS)
    digest = client_keys.digest_of(batch)
    earlier = await tracking.earlier_answer(session, teller.account_id, batch.client_key, digest)
    if earlier is not None:
        return PositionBatchOut(**earlier)
    told = [_told(ping) for ping in batch.pings]
    recorded, taken_up = await record(session, told, source=Source.API, limits=limits)
    unused = [
        UnusedPing(number=number, person=one.person, reason=one.unused)
        for number, one in enumerate(recorded.outcomes)
        if one.unused is not None
    ]
    repeated = sum(one.repeated for one in recorded.outcomes)
    answer = PositionBatchOut(
        client_key=batch.client_key,
        used=sum(one.unused is None and not one.repeated for one in recorded.outcomes),
        repeated=repeated,
        unused=unused,
        taken_up=taken_up,
    )
    await tracking.note_answer(
        session, teller.account_id, batch.client_key, answer.model_dump_json()
    )
    return answer


def _told(ping: PositionIn | PingIn) -> Told:
    told = Ping(ping.lon, ping.lat, ping.captured_at, ping.accuracy_m, ping.speed_mps)
    return Told(ping.person, told, ping.datum)

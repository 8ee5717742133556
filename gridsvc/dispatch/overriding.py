"""A dispatcher's own choice, in place of the service's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.db import widened
from gridsvc.dispatch import assigning, choosing
from gridsvc.dispatch.choosing import Search
from gridsvc.dispatch.queries import Given
from gridsvc.dispatch.schemas import OverrideIn
from gridsvc.errors import Conflict, NotFound
from gridsvc.events import queries as event_queries
from gridsvc.events import service as event_service
from gridsvc.events.queries import Brief, brief_of
from gridsvc.events.schemas import EventWithHistory
from gridsvc.events.states import IN_HAND, WAITING, State
from gridsvc.people import queries as people_queries
from gridsvc.people import service as people_service
from gridsvc.people.names import ROLES


async def override(session: AsyncSession, event_id: int, order: OverrideIn) -> EventWithHistory:
    """Give an event to somebody a dispatcher names, whoever has it; the history stays.

    The person may be off duty, resting, far away or never seen, which the assignment then says;
    they must be of the role and hold the power the matter needs, and have room for one more.

    Raises
    ------
    NotFound
        If there is no such event or person.
    Conflict
        If somebody else has the event by now than the dispatcher saw, the event is in no state
        for it, or the person may not take it.
    """
    found = await event_queries.lock(session, event_id)
    if found is None:
        raise NotFound(f"there is no event {event_id}")
    row: Any = await event_queries.event(session, event_id)
    event = brief_of(row)
    has = row["handler_code"] if found.handler_id is not None else None
    if found.state in IN_HAND and has == order.person:
        return await event_service.show(session, event_id)
    _check_seen(event_id, found.state, has, order)
    search = await choosing.search_for(session, event)
    async with widened(session, search.scope):
        person = await people_service.known_person(session, order.person)
        await _check_fit(session, search, person)
        freed = None
        if found.state in IN_HAND:
            told = f"改派给 {order.person}：{order.reason}"
            await event_service.move(
                session, event_id, State.RETURNED, reason="overridden", note=told
            )
            freed = await assigning.let_go(session, event_id, State.RETURNED, cause="overridden")
        await _take(session, event, search, person, order.reason)
        if freed is not None:
            await assigning.take_up(session, *freed)
    await audit.record(
        session,
        Action.EVENT_MOVED,
        "event",
        event_id,
        division_code=event.division_code,
        before={"state": found.state, "handler": has},
        after={"state": State.DISPATCHED, "handler": order.person},
    )
    return await event_service.show(session, event_id)


def _check_seen(event_id: int, now: State, has: str | None, order: OverrideIn) -> None:
    """Of two dispatchers at once the second sees what the first did."""
    if now not in WAITING | IN_HAND:
        raise Conflict(f"event {event_id} is {now}; only what waits or is in hand can be given")
    if has != order.instead_of:
        raise Conflict(
            f"event {event_id} is with {has or 'nobody'} by now, not with "
            f"{order.instead_of or 'nobody'}; look again and decide anew"
        )


async def _check_fit(session: AsyncSession, search: Search, person: RowMapping) -> None:
    need = search.need
    if person["role"] != need.role:
        raise Conflict(
            f"{person['code']} is {ROLES[person['role']]}; this matter needs {ROLES[need.role]}"
        )
    if search.barred is not None:
        raise Conflict(f"nobody may be sent: {search.barred}")
    if need.power_code is not None and not await people_queries.holds_power(
        session, person["id"], need.power_code
    ):
        raise Conflict(
            f"{person['code']} does not hold power {need.power_code}, or it has expired; choose an "
            "officer who holds it"
        )


async def _take(
    session: AsyncSession, event: Brief, search: Search, person: RowMapping, why: str
) -> None:
    if not await people_queries.take_named(session, person["id"]):
        raise Conflict(
            f"{person['code']} has all the events they may have; choose somebody else, or raise "
            "their capacity"
        )
    off_duty = "" if person["on_duty"] else "（不在岗）"
    given = Given(
        person_id=person["id"],
        code=person["code"],
        name=person["name"],
        role=person["role"],
        reason=f"人工指派{off_duty}：{why}",
        distance_m=await people_queries.distance_m(session, person["id"], search.lon, search.lat),
        eta_s=None,
        by="none",
        road_m=None,
    )
    await assigning.put_into_hands(session, event, given, search)

"""Putting an event off (挂账): asked for by one, decided by another, ended by the clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import SYSTEM, acting, actor_of
from gridsvc.db import transaction
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.events import movers, queries, service, states, suspension_queries
from gridsvc.events.queries import Locked
from gridsvc.events.schemas import DecisionIn, SuspensionIn
from gridsvc.events.stage_queries import Held
from gridsvc.events.states import State

#: Longer than this nothing is put off at once; ask again.
MOST = timedelta(days=366)
#: Written on an event that came back, until somebody has it.
_BACK = "挂账期满，等待派遣"
#: Who decides that what was booked for a time is put off until then.
_BY_BOOKING = "预约规则"


async def ask(session: AsyncSession, event_id: int, wish: SuspensionIn, asker: Identity) -> None:
    """Ask to put an event off until a time.

    Raises
    ------
    NotFound
        If there is no such event.
    Forbidden
        If it is not in the asker's hands, nor they of the desk.
    BadInput
        If the reason is none of the list, or the end lies in the past or too far away.
    Conflict
        If the event cannot be suspended from its state, or that was asked already.
    """
    found = await _found(session, event_id)
    movers.check_hands(asker, found.handler_id)
    states.check(found.state, State.SUSPENDED)
    states.check_reason(found.state, State.SUSPENDED, wish.reason, wish.note)
    if await suspension_queries.open_one(session, event_id) is not None:
        raise Conflict(f"somebody asked already to put event {event_id} off; wait for the decision")
    asked = await suspension_queries.ask(
        session,
        event_id,
        until=wish.until,
        most=MOST,
        reason=wish.reason,
        note=wish.note,
        actor=actor_of(session).shown,
    )
    if not asked:
        raise BadInput(
            f"an event is put off until a time to come, within {MOST.days} days; "
            f"{wish.until.isoformat()} is none"
        )
    await audit.record(
        session,
        Action.SUSPENSION_ASKED,
        "event",
        event_id,
        division_code=found.division_code,
        after={"until": wish.until.isoformat(), "reason": wish.reason},
    )


async def decide(session: AsyncSession, event_id: int, decision: DecisionIn) -> Held | None:
    """Decide on what was asked; what the event was before, if it is suspended by this.

    Raises
    ------
    NotFound
        If there is no such event, or nobody asked.
    Forbidden
        If whoever asked decides.
    Conflict
        If that was decided already, or it is too late to suspend the event.
    """
    found = await _found(session, event_id)
    asked = await suspension_queries.open_one(session, event_id)
    if asked is None:
        raise NotFound(f"nobody asked to put event {event_id} off")
    if asked["approved"] is not None:
        raise Conflict(f"that was approved by {asked['decided_by']} already")
    actor = actor_of(session).shown
    if actor == asked["asked_by"]:
        raise Forbidden("what you asked for yourself is decided by somebody else")
    if decision.approve:
        states.check(found.state, State.SUSPENDED)
    if decision.approve and asked["past"]:
        raise Conflict(f"the time asked for, {asked['until'].isoformat()}, is past; refuse it")
    await suspension_queries.decide(
        session, asked["id"], approved=decision.approve, actor=actor, note=decision.note
    )
    await audit.record(
        session,
        Action.SUSPENSION_DECIDED,
        "event",
        event_id,
        division_code=found.division_code,
        after={"approved": decision.approve},
    )
    if not decision.approve:
        return None
    return await service.move(
        session, event_id, State.SUSPENDED, note=asked["note"], reason=asked["reason"]
    )


async def book(session: AsyncSession, event_id: int, until: datetime) -> bool:
    """Put a filed event off that is wanted at a time to come; its time does not run meanwhile.

    Nobody has to approve: whoever comes with it has said when.

    Returns
    -------
    bool
        Whether it was put off; not if that time has come.
    """
    note = "按预约时间派遣"
    asked = await suspension_queries.ask(
        session,
        event_id,
        until=until,
        most=MOST,
        reason="booked",
        note=note,
        actor=actor_of(session).shown,
    )
    booked = await suspension_queries.open_one(session, event_id) if asked else None
    if booked is None:
        return False
    await suspension_queries.decide(
        session, booked["id"], approved=True, actor=_BY_BOOKING, note=""
    )
    with acting(session, SYSTEM):
        await service.move(session, event_id, State.SUSPENDED, note=note, reason="booked")
    return True


async def resume_past(engine: AsyncEngine) -> int:
    """Bring back what was put off until now, each in its own transaction; how many.

    They wait for somebody from then on; the next sweep of the desk finds whom.
    """
    resumed, more = 0, True
    while more:
        async with transaction(engine) as session:
            event_id = await suspension_queries.lock_past(session)
            more = event_id is not None
            if event_id is not None:
                with acting(session, SYSTEM):
                    await service.move(session, event_id, State.REOPENED, note="挂账期满")
                await queries.set_handler(session, event_id, None)
                await queries.set_waiting(session, event_id, _BACK)
                resumed += 1
    return resumed


async def _found(session: AsyncSession, event_id: int) -> Locked:
    found = await queries.lock(session, event_id)
    if found is None:
        raise NotFound(f"there is no event {event_id}")
    return found

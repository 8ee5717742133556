"""Events into hands and out of them: given, let go, taken up, asked of the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.audit.actor import SYSTEM, acting
from gridsvc.db import transaction, widened
from gridsvc.dispatch import choosing, queries
from gridsvc.dispatch.choosing import Look, Search, county_of
from gridsvc.dispatch.queries import Given
from gridsvc.dispatch.ranking import Ranked
from gridsvc.errors import NotFound
from gridsvc.events import queries as event_queries
from gridsvc.events import service as event_service
from gridsvc.events.queries import Brief, brief_of
from gridsvc.events.stage_queries import Held
from gridsvc.events.states import WAITING, State
from gridsvc.mandates.queries import policy_of
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.people import queries as people_queries

#: Most events one person takes up at once when becoming eligible.
MOST_TAKEN_UP = 50


async def assign(session: AsyncSession, event_id: int, *, patient: bool) -> int | None:
    """Give a waiting event to the best free person; who took it, or none.

    If nobody is eligible the event keeps waiting with the reason written on it. Whoever gave it
    back or did not answer is not asked again.

    Parameters
    ----------
    patient
        Whether to wait for the grid's own worker while another transaction holds them. Only
        for transactions that hold no other person: two that wait for each other deadlock.

    Returns
    -------
    int or None
        Database id of the person.

    Raises
    ------
    NotFound
        If there is no such event.
    """
    row = await event_queries.event(session, event_id)
    if row is None:
        raise NotFound(f"there is no event {event_id}")
    refused = await queries.refused_by(session, event_id)
    return await _assign(session, brief_of(row), refused=refused, patient=patient)


async def assign_filed(session: AsyncSession, event: Brief, held: Held) -> int | None:
    """Give an event that this transaction filed to the best free person; who, or none.

    It holds nobody else, so it waits for the grid's own worker.
    """
    return await _assign(session, event, held=held, patient=True)


async def _assign(
    session: AsyncSession,
    event: Brief,
    *,
    patient: bool,
    refused: Collection[int] = (),
    held: Held | None = None,
) -> int | None:
    search = await choosing.search_for(session, event)
    async with widened(session, search.scope):
        found = await _found(session, search, refused, patient=patient)
        if found is None:
            why = await choosing.shortfall(session, search)
            await event_queries.set_waiting(session, event.id, why)
            return None
        await _give(session, event, *found, held)
        return found[1].candidate.person_id


async def _found(
    session: AsyncSession, search: Search, refused: Collection[int], *, patient: bool
) -> tuple[Look, Ranked] | None:
    """Somebody who is free, counted and locked, and the look that found them."""
    async for look in choosing.looks(session, search, without=refused):
        taken = await _take_first(session, look, patient=patient)
        if taken is not None:
            return look, taken
    return None


async def _take_first(session: AsyncSession, look: Look, *, patient: bool) -> Ranked | None:
    own = [one for one in look.ranked if one.candidate.own_grid]
    taken = await _take(session, own, wait=True) if patient else None
    return taken or await _take(session, look.front, wait=False)


async def _take(session: AsyncSession, ranked: Sequence[Ranked], *, wait: bool) -> Ranked | None:
    if not ranked:
        return None
    ids = [one.candidate.person_id for one in ranked]
    taken = await people_queries.take(session, ids, wait=wait)
    return ranked[ids.index(taken)] if taken is not None else None


async def _give(
    session: AsyncSession, event: Brief, look: Look, chosen: Ranked, held: Held | None
) -> None:
    candidate = chosen.candidate
    given = Given(
        person_id=candidate.person_id,
        code=candidate.code,
        name=candidate.name,
        role=candidate.role,
        reason=look.reason(chosen),
        distance_m=candidate.distance_m,
        eta_s=chosen.eta_s if chosen.by != "none" else None,
        by=chosen.by,
        road_m=look.road_m(chosen),
    )
    with acting(session, SYSTEM):
        await put_into_hands(session, event, given, look.search, held)


async def put_into_hands(
    session: AsyncSession, event: Brief, given: Given, search: Search, held: Held | None = None
) -> None:
    """Open an assignment for somebody already counted, move the event to them and tell them.

    Parameters
    ----------
    held
        The event, if this transaction holds it already.
    """
    within_s = search.policy.accept_within_s
    assignment_id, at = await queries.open_assignment(
        session, event_id=event.id, given=given, within_s=within_s
    )
    if held is not None:
        held = held.later(at)
    note = f"派遣给 {given.code}：{given.reason}"
    await event_service.give(session, event.id, given.person_id, note=note, held=held)
    await notices.tell(
        session,
        kind=Kind.ASSIGNED,
        subject_type="event",
        subject_id=event.id,
        recipients=Recipients(people=[given.person_id]),
        division_code=event.division_code,
        facts={"matter": event.matter_name, "cell": event.micro_grid_code},
        occasion=str(assignment_id),
    )


async def let_go(
    session: AsyncSession, event_id: int, then: State, *, cause: str
) -> tuple[int, str] | None:
    """Take an event out of the hands it was in; who had it and in which division, or none.

    Whoever handled it may rest a while, as the matter's policy says.

    Parameters
    ----------
    then
        State the event moved to.
    cause
        Why they no longer have it, one of `models.CAUSES`.
    """
    released = await queries.close_assignment(session, event_id, released_as=then, cause=cause)
    if released is not None:
        rest_s = 0.0
        if then is State.HANDLED:
            policy = await policy_of(session, released.matter_code, released.division_code)
            rest_s = policy.rest_s
        await people_queries.release(session, released.person_id, rest_s=rest_s)
    if then in WAITING:
        await event_queries.set_handler(session, event_id, None)
    return None if released is None else (released.person_id, released.division_code)


async def pass_on(session: AsyncSession, event_id: int, then: State, *, cause: str) -> None:
    """Take an event out of hands; both it and whoever had it may be wanted elsewhere."""
    freed = await let_go(session, event_id, then, cause=cause)
    if then in WAITING:
        await assign(session, event_id, patient=False)
    if freed is not None:
        await take_up(session, *freed)


async def take_up(session: AsyncSession, person_id: int, division_code: str) -> list[int]:
    """Assign the waiting events that a person who just became eligible could take; their ids.

    Those of other counties, which a policy that reaches anywhere would give them, are left to
    `sweep`.

    Parameters
    ----------
    division_code
        Any division of the county the person serves in.
    """
    async with widened(session, county_of(division_code)):
        waiting = await event_queries.lock_waiting_for(
            session, person_id=person_id, limit=MOST_TAKEN_UP
        )
        return [event for event in waiting if await assign(session, event, patient=False)]


async def sweep(engine: AsyncEngine) -> int:
    """Try every waiting event once, oldest first, each in its own transaction; how many left.

    The safety net under `take_up`: an event that was being filed in the very moment somebody
    became free is seen by neither transaction; rests end and positions are corrected without
    anybody telling.
    """
    assigned, after, more = 0, None, True
    while more:
        async with transaction(engine) as session:
            event = await event_queries.lock_waiting(session, after=after)
            more = event is not None
            if event is not None:
                after = (event["received_at"], event["id"])
                assigned += await assign(session, event["id"], patient=True) is not None
    return assigned


async def ask_the_next(engine: AsyncEngine) -> int:
    """Take events from those who did not answer in time, each in its own transaction; how many.

    The database's clock decides. Whoever did not answer is not asked again for the same event.
    """
    asked = 0
    while True:
        async with transaction(engine) as session:
            event_id = await queries.lock_unanswered(session)
            if event_id is None:
                return asked
            with acting(session, SYSTEM):
                found = await event_service.move(
                    session,
                    event_id,
                    State.RETURNED,
                    reason="no_answer",
                    note="超过接单时限未响应，转派下一人",
                )
            async with widened(session, county_of(found.division_code)):
                await pass_on(session, event_id, State.RETURNED, cause="timed_out")
        asked += 1

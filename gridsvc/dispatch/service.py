"""What the dispatch desk does: take reports and moves in, say who is nearest, set duty."""

from __future__ import annotations

from datetime import datetime
from math import isfinite

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.db import EVERYWHERE, widened
from gridsvc.dispatch import choosing
from gridsvc.dispatch.assigning import assign_filed, pass_on, take_up
from gridsvc.dispatch.choosing import Look, Search, county_of
from gridsvc.dispatch.ranking import Ranked
from gridsvc.dispatch.schemas import Nearest, NearestPerson, PassedOverPerson
from gridsvc.errors import Conflict, Forbidden, NotFound
from gridsvc.events import filing, suspensions
from gridsvc.events import service as event_service
from gridsvc.events.queries import Brief
from gridsvc.events.schemas import DecisionIn, EventIn, EventWithHistory, MoveIn
from gridsvc.events.stage_queries import Held
from gridsvc.events.states import IN_HAND, State
from gridsvc.geo import Datum, to_wgs84
from gridsvc.grids.queries import cell_at
from gridsvc.keyring import Keyring
from gridsvc.mandates.service import reportable_matter
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.people import queries as people_queries
from gridsvc.people import service as people_service
from gridsvc.people.candidates import REASONS
from gridsvc.people.schemas import DutyOut


async def report(
    session: AsyncSession, event: EventIn, keyring: Keyring, *, not_before: datetime | None = None
) -> EventWithHistory:
    """Take a report in and give it to the nearest eligible person, in one transaction.

    Parameters
    ----------
    not_before
        Time before which nobody is given it, for what is booked; none = at once.
    """
    filed = await filing.report(session, event, keyring)
    if filed.brief is None or filed.held is None:
        return await event_service.show(session, filed.event_id)
    async with widened(session, EVERYWHERE):
        put_off = not_before and await suspensions.book(session, filed.event_id, not_before)
        handler_id = None if put_off else await assign_filed(session, filed.brief, filed.held)
        await _tell_of_new(session, filed.brief, handler_id)
    shown = await event_service.show(session, filed.event_id)
    await audit.record(
        session,
        Action.EVENT_REPORTED,
        "event",
        filed.event_id,
        division_code=shown.division_code,
        after={"matter": shown.matter, "state": shown.state},
    )
    return shown


async def _tell_of_new(session: AsyncSession, event: Brief, handler_id: int | None) -> None:
    """Tell of a new event whoever answers for its cells and does not have it already."""
    await notices.tell(
        session,
        kind=Kind.NEW_EVENT,
        subject_type="event",
        subject_id=event.id,
        recipients=Recipients(cell=event.micro_grid_code, without=handler_id),
        division_code=event.division_code,
        facts={"matter": event.matter_name, "cell": event.micro_grid_code},
    )


async def move(
    session: AsyncSession, event_id: int, change: MoveIn, mover: Identity | None = None
) -> EventWithHistory:
    """Move an event on; whoever no longer has it in hand becomes free for waiting ones.

    Parameters
    ----------
    mover
        Account whose right to this move is checked; none for the service itself.

    Raises
    ------
    Forbidden
        If the move is somebody else's to make.
    Conflict
        If the move is not allowed, or asks for what only the service does: dispatching, or
        putting off what nobody approved.
    """
    if change.to_state is State.DISPATCHED:
        raise Conflict(
            "events are dispatched by the service; move a refused event to RETURNED and it is "
            "given to the next eligible person"
        )
    if change.to_state is State.SUSPENDED:
        raise Conflict("an event is put off by approval; ask at /api/events/{id}/suspensions")
    if not await event_service.moved_already(session, event_id, change):
        line = event_service.line_of(session, change)
        before = await event_service.move(
            session, event_id, change.to_state, line=line, mover=mover
        )
        await _moved(session, event_id, before, change.to_state)
    return await event_service.show(session, event_id)


async def decide_suspension(
    session: AsyncSession, event_id: int, decision: DecisionIn
) -> EventWithHistory:
    """Decide on putting an event off; whoever had it in hand becomes free for waiting ones."""
    before = await suspensions.decide(session, event_id, decision)
    if before is not None:
        await _moved(session, event_id, before, State.SUSPENDED)
    return await event_service.show(session, event_id)


async def _moved(session: AsyncSession, event_id: int, before: Held, then: State) -> None:
    """Take a moved event out of hands that no longer have it, and record the move."""
    if then not in IN_HAND:
        async with widened(session, county_of(before.division_code)):
            given_back = then is State.RETURNED and before.state in IN_HAND
            await pass_on(session, event_id, then, cause="declined" if given_back else "moved")
    await audit.record(
        session,
        Action.EVENT_MOVED,
        "event",
        event_id,
        division_code=before.division_code,
        before={"state": before.state},
        after={"state": then},
    )


async def set_duty(
    session: AsyncSession, code: str, *, on_duty: bool, setter: Identity | None = None
) -> DutyOut:
    """Put a person on or off duty; on duty they take up what waits for somebody like them.

    Raises
    ------
    Forbidden
        If `setter` means somebody else and may not.
    """
    check_own(setter, code, Permission.SET_DUTY_OF_OTHERS)
    person = await people_service.set_duty(session, code, on_duty=on_duty)
    await audit.record(
        session,
        Action.DUTY_CHANGED,
        "person",
        code,
        division_code=person["division_code"],
        before={"on_duty": person["on_duty"]},
        after={"on_duty": on_duty},
    )
    taken_up = await take_up(session, person["id"], person["division_code"])
    return DutyOut(person=code, on_duty=on_duty, taken_up=taken_up)


def check_own(caller: Identity | None, code: str, of_others: Permission) -> None:
    """Refuse what somebody does for another person without the permission to.

    Raises
    ------
    Forbidden
        If `caller` is neither the person nor entitled.
    """
    if caller is None or caller.may(of_others) or caller.person_code == code:
        return
    raise Forbidden("you may do this for yourself only; give your own code")


async def nearest(
    session: AsyncSession, *, lon: float, lat: float, datum: Datum, matter_code: str, k: int
) -> Nearest:
    """The best `k` people for a matter at a point, with reasons; nobody is taken."""
    matter = await reportable_matter(session, matter_code)
    x, y = to_wgs84(lon, lat, datum)
    located = await cell_at(session, lon=x, lat=y)
    if located is None:
        raise NotFound(
            f"{lon}, {lat} ({datum}) lies outside every published grid of your area; "
            "check the datum, or publish a plan for that community"
        )
    search = await choosing.search_for(session, filing.brief_of(0, matter, located, (x, y)))
    async with widened(session, search.scope):
        best = await _best(session, search, k)
        passed_over = await people_queries.around(session, need=search.need, lon=x, lat=y, k=k)
        shortfall = None if best else await choosing.shortfall(session, search)
    return Nearest(
        matter=matter.code,
        division_code=located.division_code,
        grid_code=located.grid_code,
        mode=search.policy.travel_mode,
        candidates=best,
        passed_over=[
            PassedOverPerson(
                code=one.code,
                name=one.name,
                role=one.role,
                distance_m=one.distance_m,
                why=one.why,
                reason=REASONS[one.why],
            )
            for one in passed_over
        ],
        shortfall=shortfall,
    )


async def _best(session: AsyncSession, search: Search, k: int) -> list[NearestPerson]:
    """The best `k` for certain, or all there are."""
    best: list[NearestPerson] = []
    async for look in choosing.looks(session, search, wanted=k):
        best = [_shown(place, look, one) for place, one in enumerate(look.ranked[:k], start=1)]
        if len(look.front) >= k:
            break
    return best


def _shown(place: int, look: Look, ranked: Ranked) -> NearestPerson:
    candidate = ranked.candidate
    return NearestPerson(
        rank=place,
        code=candidate.code,
        name=candidate.name,
        role=candidate.role,
        distance_m=candidate.distance_m,
        road_m=look.road_m(ranked),
        eta_s=ranked.eta_s if isfinite(ranked.eta_s) else None,
        by=ranked.by,
        own_grid=candidate.own_grid,
        reason=look.reason(ranked),
    )

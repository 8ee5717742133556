"""What the dispatch desk does: give events to people, take waiting events up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import SYSTEM, acting
from gridsvc.codes import DIGITS, code_range
from gridsvc.db import EVERYWHERE, Scope, transaction, widened
from gridsvc.dispatch import queries
from gridsvc.dispatch.ranking import Ranked, rank
from gridsvc.dispatch.schemas import Nearest, NearestPerson
from gridsvc.errors import Conflict, Forbidden, NotFound
from gridsvc.events import queries as event_queries
from gridsvc.events import service as event_service
from gridsvc.events.schemas import EventIn, EventWithHistory, MoveIn
from gridsvc.events.states import IN_HAND, WAITING, State
from gridsvc.geo import Datum, to_wgs84
from gridsvc.grids.queries import cell_at
from gridsvc.keyring import Keyring
from gridsvc.mandates.service import reportable_matter
from gridsvc.notices import service as notices
from gridsvc.notices.kinds import Kind
from gridsvc.notices.service import Recipients
from gridsvc.people import queries as people_queries
from gridsvc.people import service as people_service
from gridsvc.people.candidates import Need
from gridsvc.people.names import ROLES
from gridsvc.people.schemas import DutyOut, PositionIn, PositionOut

#: How many of the nearest to look at: with 8 and many events in one spot a quarter find nobody
#: free, with 32 none; the wider rounds are for those left over.
ROUNDS = (32, 256)
#: Most events one person takes up at once when becoming eligible.
MOST_TAKEN_UP = 50


def county_range(division_code: str) -> tuple[str, str]:
    """Codes of the county a division lies in: people serve within it."""
    return code_range(division_code[: DIGITS["county"]].ljust(12, "0"))


def need_of(kind: str, power_code: str | None, division_code: str, grid_id: int) -> Need:
    """What a matter at a place asks of a person."""
    low, high = county_range(division_code)
    if kind == "enforcement":
        return Need("officer", power_code, low, high, grid_id=None)
    return Need("grid_worker", None, low, high, grid_id=grid_id)


def _county_of(division_code: str) -> Scope:
    """What the service looks at to give an event to somebody, whoever reported or moved it."""
    return Scope((county_range(division_code),))


async def report(session: AsyncSession, event: EventIn, keyring: Keyring) -> EventWithHistory:
    """Take a report in and give it to the nearest eligible person, in one transaction."""
    event_id, new = await event_service.report(session, event, keyring)
    if new:
        await assign(session, event_id, patient=True)
    shown = await event_service.show(session, event_id)
    if new:
        await _tell_of_new(session, shown)
        await audit.record(
            session,
            Action.EVENT_REPORTED,
            "event",
            event_id,
            division_code=shown.division_code,
            after={"matter": shown.matter, "state": shown.state},
        )
    return shown


async def _tell_of_new(session: AsyncSession, event: EventWithHistory) -> None:
    """Tell of a new event whoever answers for its cells and does not have it already."""
    async with widened(session, EVERYWHERE):
        posted = await people_queries.posted_to(session, event.micro_grid_code)
        if event.handler is not None:
            posted.pop(event.handler.code, None)
        await notices.tell(
            session,
            kind=Kind.NEW_EVENT,
            subject_type="event",
            subject_id=event.id,
            recipients=Recipients(people=list(posted.values())),
            division_code=event.division_code,
            facts={"matter": event.matter_name, "cell": event.micro_grid_code},
        )


async def assign(session: AsyncSession, event_id: int, *, patient: bool) -> bool:
    """Give a waiting event to the best free person; whether somebody took it.

    If nobody is eligible the event keeps waiting with the reason written on it. Whoever
    returned the event is not asked again.

    Parameters
    ----------
    patient
        Whether to wait for the grid's own worker while another transaction holds them. Only
        for transactions that hold no other person: two that wait for each other deadlock.
    """
    event = await event_queries.event(session, event_id)
    if event is None:
        raise NotFound(f"there is no event {event_id}")
    need = need_of(
        event["matter_kind"], event["power_code"], event["division_code"], event["grid_id"]
    )
    async with widened(session, _county_of(event["division_code"])):
        returned = event["state"] == State.RETURNED
        passed_over = await queries.refused_by(session, event_id) if returned else set()
        where = (event["lon"], event["lat"])
        chosen = await _choose(session, need, where, passed_over=passed_over, patient=patient)
        if chosen is None:
            await event_queries.set_waiting(session, event_id, await _shortfall(session, need))
            return False
        await _give(session, event, chosen)
        return True


async def _choose(
    session: AsyncSession,
    need: Need,
    where: tuple[float, float],
    *,
    passed_over: set[int],
    patient: bool,
) -> Ranked | None:
    lon, lat = where
    for k in ROUNDS:
        found = await people_queries.nearest_eligible(session, need=need, lon=lon, lat=lat, k=k)
        ranked = rank(one for one in found if one.person_id not in passed_over)
        own = [one for one in ranked if one.candidate.own_grid]
        chosen = await _take(session, own, wait=True) if patient else None
        chosen = chosen or await _take(session, ranked, wait=False)
        if chosen is not None or len(found) < k:
            return chosen
    return None


async def _take(session: AsyncSession, ranked: Sequence[Ranked], *, wait: bool) -> Ranked | None:
    if not ranked:
        return None
    ids = [one.candidate.person_id for one in ranked]
    taken = await people_queries.take(session, ids, wait=wait)
    return ranked[ids.index(taken)] if taken is not None else None


async def _give(session: AsyncSession, event: RowMapping, chosen: Ranked) -> None:
    candidate, event_id = chosen.candidate, event["id"]
    assignment_id = await queries.open_assignment(
        session,
        event_id=event_id,
        person=candidate,
        reason=chosen.reason,
    )
    await event_queries.set_handler(session, event_id, candidate.person_id)
    note = f"派遣给 {candidate.code}：{chosen.reason}"
    with acting(session, SYSTEM):
        await event_service.move(session, event_id, State.DISPATCHED, note=note)
    await notices.tell(
        session,
        kind=Kind.ASSIGNED,
        subject_type="event",
        subject_id=event_id,
        recipients=Recipients(people=[candidate.person_id]),
        division_code=event["division_code"],
        facts={"matter": event["matter_name"], "cell": event["micro_grid_code"]},
        occasion=str(assignment_id),
    )


async def _shortfall(session: AsyncSession, need: Need) -> str:
    left = await people_queries.shortfall(session, need)
    role = ROLES[need.role]
    if left["role"] == 0:
        return f"本区县没有{role}"
    if left["competent"] == 0:
        return f"本区县没有{role}持有有效的权力 {need.power_code}"
    if left["on_duty"] == 0:
        return f"有资格的{role} {left['competent']} 人均不在岗"
    if left["free"] == 0:
        return f"在岗的{role} {left['on_duty']} 人均已满负荷"
    if left["known"] == 0:
        return f"有空的{role} {left['free']} 人均无位置"
    return f"有空的{role}均已退回此事件或正在接收其他事件，稍后自动重试"


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
        If the move is not allowed, or asks for what only the service does: dispatching.
    """
    if change.to_state is State.DISPATCHED:
        raise Conflict(
            "events are dispatched by the service; move a refused event to RETURNED and it is "
            "given to the next eligible person"
        )
    before = await event_service.move(
        session, event_id, change.to_state, note=change.note, mover=mover
    )
    if change.to_state not in IN_HAND:
        async with widened(session, _county_of(before.division_code)):
            await _let_go(session, event_id, change.to_state, before.division_code)
    await audit.record(
        session,
        Action.EVENT_MOVED,
        "event",
        event_id,
        division_code=before.division_code,
        before={"state": before.state},
        after={"state": change.to_state},
    )
    return await event_service.show(session, event_id)


async def _let_go(session: AsyncSession, event_id: int, then: State, division_code: str) -> None:
    """Take an event out of the hands it was in; both it and they may be wanted elsewhere."""
    freed = await queries.close_assignment(session, event_id, released_as=then)
    if freed is not None:
        await people_queries.release(session, freed)
    if then in WAITING:
        await event_queries.set_handler(session, event_id, None)
        await assign(session, event_id, patient=False)
    if freed is not None:
        await take_up(session, freed, division_code)


async def record_position(
    session: AsyncSession, position: PositionIn, teller: Identity | None = None
) -> PositionOut:
    """Store where a person is and let them take up what waits for somebody like them.

    Raises
    ------
    Forbidden
        If `teller` tells where somebody else is and may not.
    """
    _check_own(teller, position.person, Permission.TELL_POSITIONS_OF_OTHERS)
    person, stored, captured_at = await people_service.record_position(session, position)
    return PositionOut(
        person=position.person,
        stored=stored,
        captured_at=captured_at,
        taken_up=await take_up(session, person["id"], person["division_code"]),
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
    _check_own(setter, code, Permission.SET_DUTY_OF_OTHERS)
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


def _check_own(caller: Identity | None, code: str, of_others: Permission) -> None:
    if caller is None or caller.may(of_others) or caller.person_code == code:
        return
    raise Forbidden("you may do this for yourself only; give your own code")


async def take_up(session: AsyncSession, person_id: int, division_code: str) -> list[int]:
    """Assign the waiting events that a person who just became eligible could take; their ids.

    Parameters
    ----------
    division_code
        Any division of the county the person serves in.
    """
    async with widened(session, _county_of(division_code)):
        waiting = await event_queries.lock_waiting_for(
            session, person_id=person_id, limit=MOST_TAKEN_UP
        )
        return [event for event in waiting if await assign(session, event, patient=False)]


async def sweep(engine: AsyncEngine) -> int:
    """Try every waiting event once, oldest first, each in its own transaction; how many left.

    The safety net under `take_up`: an event that was being filed in the very moment somebody
    became free is seen by neither transaction.
    """
    assigned, after, more = 0, None, True
    while more:
        async with transaction(engine) as session:
            event = await event_queries.lock_waiting(session, after=after)
            more = event is not None
            if event is not None:
                after = (event["received_at"], event["id"])
                assigned += await assign(session, event["id"], patient=True)
    return assigned


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
    need = need_of(matter.kind, matter.power_code, located.division_code, located.grid_id)
    async with widened(session, _county_of(located.division_code)):
        found = await people_queries.nearest_eligible(session, need=need, lon=x, lat=y, k=k)
        ranked = rank(found)
        shortfall = None if ranked else await _shortfall(session, need)
    return Nearest(
        matter=matter.code,
        division_code=located.division_code,
        grid_code=located.grid_code,
        candidates=[_shown(place, one) for place, one in enumerate(ranked[:k], start=1)],
        shortfall=shortfall,
    )


def _shown(place: int, ranked: Ranked) -> NearestPerson:
    candidate = ranked.candidate
    return NearestPerson(
        rank=place,
        code=candidate.code,
        name=candidate.name,
        role=candidate.role,
        distance_m=candidate.distance_m,
        own_grid=candidate.own_grid,
        reason=ranked.reason,
    )

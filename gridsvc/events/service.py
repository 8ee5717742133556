"""What the office does with events: take a report in, move it on, show it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.errors import Conflict, Forbidden, NotFound
from gridsvc.events import (
    closing,
    movers,
    queries,
    stage_queries,
    stages,
    states,
    suspension_queries,
    timing,
)
from gridsvc.events.photos import Photo
from gridsvc.events.schemas import (
    Contact,
    EventOut,
    EventWithHistory,
    Handler,
    Move,
    MoveIn,
    PhotoOut,
)
from gridsvc.events.stage_queries import Held, Line
from gridsvc.events.states import State
from gridsvc.keyring import Keyring

#: Of one event: what was seen, before and after, from a few sides.
MOST_PHOTOS = 12
#: Farther from the event than this a photo is flagged: more than a phone that writes GCJ-02 into
#: its photos, though EXIF means WGS-84, is off by (some 500 m).
FAR_AWAY_M = 1000.0


async def moved_already(session: AsyncSession, event_id: int, change: MoveIn) -> bool:
    """Whether a move was made already by the same client with the same key; locks the event.

    Raises
    ------
    NotFound
        If there is no such event.
    BadInput
        If the key was used for another move of this event.
    """
    if change.client_key is None:
        return False
    if await queries.lock(session, event_id) is None:
        raise NotFound(f"there is no event {event_id}")
    known = await stage_queries.moved_by(
        session, event_id, account_id=actor_of(session).account_id, client_key=change.client_key
    )
    if known is None:
        return False
    client_keys.check_same(
        change.client_key,
        known,
        client_keys.digest_of(change),
        used=f"for another move of event {event_id}",
    )
    return True


def line_of(session: AsyncSession, change: MoveIn) -> Line:
    """What a move that somebody sent writes into the history."""
    actor = actor_of(session)
    keyed = change.client_key is not None
    return Line(
        actor.shown,
        change.note,
        change.reason,
        change.captured_at,
        actor.account_id if keyed else None,
        change.client_key,
        client_keys.digest_of(change) if keyed else None,
    )


async def move(
    session: AsyncSession,
    event_id: int,
    then: State,
    *,
    note: str = "",
    reason: str | None = None,
    line: Line | None = None,
    mover: Identity | None = None,
) -> Held:
    """Move an event to another state with its line of history and its stages; what it was before.

    Parameters
    ----------
    line
        What somebody sent; none for the service itself, which gives a note and a reason.
    mover
        Account whose right to this move is checked; none for the service itself.

    Raises
    ------
    NotFound
        If there is no such event.
    Forbidden
        If the mover may not move this event there.
    Conflict
        If the move is not allowed, or what it needs is missing.
    BadInput
        If it lacks a reason of its list, or words of its own.
    """
    found = await _held(session, event_id)
    if mover is not None:
        movers.check(mover, found.handler_id, found.state, then)
    by_service = line is None
    line = line or Line(actor_of(session).shown, note, reason)
    states.check(found.state, then)
    states.check_reason(found.state, then, line.reason, line.note, by_service=by_service)
    if then is State.HANDLED and await queries.lacks_photo_after(session, event_id):
        raise Conflict(
            "this matter is handled when a photo shows it; add one with purpose=after first"
        )
    await _write(session, event_id, found, then, line)
    await _follow(session, event_id, found.state, then)
    return found


async def give(
    session: AsyncSession, event_id: int, person_id: int, *, note: str, held: Held | None = None
) -> None:
    """Put an event into somebody's hands.

    Parameters
    ----------
    held
        The event, if this transaction holds it already; else it is locked.

    Raises
    ------
    NotFound
        If there is no such event.
    Conflict
        If it is in no state for it.
    """
    found = held or await _held(session, event_id)
    states.check(found.state, State.DISPATCHED)
    line = Line(actor_of(session).shown, note)
    await _write(session, event_id, found, State.DISPATCHED, line, handler_id=person_id)


async def _held(session: AsyncSession, event_id: int) -> Held:
    found = await stage_queries.hold(session, event_id)
    if found is None:
        raise NotFound(f"there is no event {event_id}")
    return found


async def _write(
    session: AsyncSession,
    event_id: int,
    found: Held,
    then: State,
    line: Line,
    *,
    handler_id: int | None = None,
) -> None:
    changes = stages.changes(found.state, then)
    starts = await timing.starts(session, found.moment, changes.begun)
    await stage_queries.move(
        session,
        event_id,
        (found.state, then),
        line,
        changes,
        starts,
        found.moment.at,
        handler_id=handler_id,
    )


async def _follow(session: AsyncSession, event_id: int, now: State, then: State) -> None:
    """What else a move brings with it."""
    if then is State.CLOSED:
        await closing.close(session, event_id)
    elif now is State.CLOSED:
        await closing.reopen(session, event_id)
    # What was asked for is void once nothing is left to put off.
    if now is State.SUSPENDED or then in {State.HANDLED, State.REJECTED}:
        await suspension_queries.end(session, event_id)


async def end_step(session: AsyncSession, event_id: int, ender: Identity) -> None:
    """End a step of handling that has several limits, and begin the next one.

    Raises
    ------
    NotFound
        If there is no such event.
    Forbidden
        If it is not in the ender's hands, nor they of the desk.
    Conflict
        If nobody has it in hand, or this is the last step: that one ends when it is handled.
    """
    found = await _held(session, event_id)
    movers.check_hands(ender, found.handler_id)
    step = await stage_queries.open_step(session, event_id)
    if found.state not in states.IN_HAND or step is None:
        raise Conflict(f"event {event_id} is {found.state}; nobody is handling it")
    start = await timing.next_step(session, found.moment, step["sequence"])
    if start is None:
        raise Conflict(f"this is the last step of event {event_id}; move it to HANDLED")
    await stage_queries.next_step(
        session, event_id, ended=step["id"], start=start, at=found.moment.at
    )
    await audit.record(
        session,
        Action.STEP_ENDED,
        "event",
        event_id,
        division_code=found.division_code,
        before={"step": step["name"]},
        after={"step": start.name},
    )


async def show(session: AsyncSession, event_id: int) -> EventWithHistory:
    """An event with its history.

    Raises
    ------
    NotFound
        If there is no such event.
    """
    row = await queries.with_history(session, event_id)
    if row is None:
        raise NotFound(f"there is no event {event_id}")
    moves = [Move(**line) for line in row["history"]]
    return EventWithHistory(**as_event(row).model_dump(), history=moves)


async def contact(
    session: AsyncSession, event_id: int, keyring: Keyring, *, purpose: str
) -> Contact:
    """How to reach whoever saw an event, for a purpose; the reading is recorded.

    Raises
    ------
    NotFound
        If there is no such event, or nobody left a name or phone.
    """
    row = await queries.sealed_contact(session, event_id)
    if row is None or (row["name"] is None and row["phone"] is None):
        raise NotFound(f"there is no event {event_id} whose reporter can be reached")
    await audit.record(
        session,
        Action.UNMASKED,
        "event",
        event_id,
        division_code=row["division_code"],
        purpose=purpose,
    )
    return Contact(
        name=row["name"] and keyring.open(row["name"]),
        phone=row["phone"] and keyring.open(row["phone"]),
    )


async def add_photo(
    session: AsyncSession, event_id: int, photo: Photo, *, purpose: str, adder: Identity
) -> list[PhotoOut]:
    """Keep a photo of an event; the same one again is kept once. All photos of the event.

    Raises
    ------
    NotFound
        If there is no such event.
    Forbidden
        If it is neither the adder's own report nor in their hands, nor they of the desk.
    Conflict
        If the event has as many photos as it may have.
    """
    found = await queries.lock(session, event_id)
    if found is None:
        raise NotFound(f"there is no event {event_id}")
    own = adder.account_id == found.reported_by
    if not (own or movers.has(adder, found.handler_id) or adder.may(Permission.DIRECT_EVENTS)):
        raise Forbidden("photos are added by whoever reported or has the event, or by the desk")
    await keep_photo(session, event_id, photo, purpose=purpose, added_by=adder.account_id)
    return await photos(session, event_id)


async def keep_photo(
    session: AsyncSession, event_id: int, photo: Photo, *, purpose: str, added_by: int | None
) -> None:
    """Keep a photo of an event by whoever may add one.

    Raises
    ------
    NotFound
        If there is no such event.
    Conflict
        If the event has as many photos as it may have.
    """
    found = await queries.lock(session, event_id)
    if found is None:
        raise NotFound(f"there is no event {event_id}")
    added = await queries.add_photo(
        session,
        event_id=event_id,
        division_code=found.division_code,
        purpose=purpose,
        width_px=photo.width_px,
        height_px=photo.height_px,
        sha256=photo.sha256,
        content=photo.content,
        added_by=added_by,
        captured_at=photo.captured_at,
        lon=photo.place and photo.place[0],
        lat=photo.place and photo.place[1],
    )
    if added is None:  # sent again by a phone that had no answer
        return
    if len(await queries.photos(session, event_id)) > MOST_PHOTOS:
        raise Conflict(f"event {event_id} has {MOST_PHOTOS} photos, which is the most")
    await audit.record(
        session,
        Action.PHOTO_ADDED,
        "event",
        event_id,
        division_code=found.division_code,
        after={"photo": added, "purpose": purpose},
    )


async def photos(session: AsyncSession, event_id: int) -> list[PhotoOut]:
    """Photos of an event, oldest first, without their pictures.

    Raises
    ------
    NotFound
        If there is no such event.
    """
    if await queries.event(session, event_id) is None:
        raise NotFound(f"there is no event {event_id}")
    return [
        PhotoOut(**row, far_away=(row["away_m"] or 0) > FAR_AWAY_M)
        for row in await queries.photos(session, event_id)
    ]


def as_event(row: Any) -> EventOut:
    """An event's row as it is shown; the handler's name is masked."""
    handler = None
    if row["handler_id"] is not None:
        handler = Handler(
            code=row["handler_code"],
            name=row["handler_name"],
            role=row["handler_role"],
            distance_m=row["distance_m"],
            reason=row["reason"],
        )
    return EventOut(**{n: row[n] for n in EventOut.model_fields if n != "handler"}, handler=handler)

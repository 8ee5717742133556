"""What the office does with events: take a report in, move it on, show it."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import SYSTEM, acting, actor_of
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.events import movers, queries, states
from gridsvc.events.photos import Photo
from gridsvc.events.queries import Locked
from gridsvc.events.schemas import (
    Contact,
    EventIn,
    EventOut,
    EventWithHistory,
    Handler,
    Move,
    PhotoOut,
)
from gridsvc.events.states import State
from gridsvc.geo import to_wgs84
from gridsvc.grids.queries import cell_at
from gridsvc.keyring import Keyring
from gridsvc.mandates.service import reportable_matter

#: Of one event: what was seen, before and after, from a few sides.
MOST_PHOTOS = 12


async def report(session: AsyncSession, event: EventIn, keyring: Keyring) -> tuple[int, bool]:
    """Take a report in; id of the event, and whether it is new.

    A report with a client key that is known and the same body is the same event again. How to
    reach whoever saw it is sealed.

    Raises
    ------
    BadInput
        If the matter is unknown, the point lies in no published micro-grid, or the client key
        was used with another body.
    """
    digest = hashlib.sha256(event.model_dump_json().encode()).digest()
    reporter = actor_of(session).account_id
    # Before anything else: what was right when it was sent first stays so, whatever was
    # published or struck off the list since.
    if (known := await _known(session, event.client_key, reporter, digest)) is not None:
        return known, False
    matter = await reportable_matter(session, event.matter)
    lon, lat = to_wgs84(event.lon, event.lat, event.datum)
    located = await cell_at(session, lon=lon, lat=lat)
    if located is None:
        raise BadInput(
            f"{event.lon}, {event.lat} ({event.datum}) lies outside every published grid of your "
            "area; check the datum, or publish a plan for that community"
        )
    event_id = await queries.add(
        session,
        division_code=located.division_code,
        grid_id=located.grid_id,
        micro_grid_id=located.micro_grid_id,
        matter_code=matter.code,
        lon=lon,
        lat=lat,
        datum=event.datum.value,
        description=event.description,
        contact_name_sealed=event.contact_name and keyring.seal(event.contact_name),
        contact_phone_sealed=event.contact_phone and keyring.seal(event.contact_phone),
        reported_by=reporter,
        client_key=event.client_key,
        body_sha256=digest,
        captured_at=event.captured_at,
    )
    if event_id is None:
        return await report(session, event, keyring)
    await queries.begin_history(session, event_id, actor=actor_of(session).shown, note="上报")
    with acting(session, SYSTEM):
        await move(session, event_id, State.FILED, note=f"自动立案：{located.micro_grid_code}")
    return event_id, True


async def _known(
    session: AsyncSession, client_key: str, reporter: int | None, digest: bytes
) -> int | None:
    found = await queries.by_client_key(session, client_key, reported_by=reporter)
    if found is None:
        return None
    event_id, known_digest = found
    if known_digest != digest:
        raise BadInput(
            f"client_key {client_key!r} was used for event {event_id} with another body; "
            "choose a new key for a new report"
        )
    return event_id


async def move(
    session: AsyncSession,
    event_id: int,
    then: State,
    *,
    note: str = "",
    mover: Identity | None = None,
) -> Locked:
    """Move an event to another state with its line of history; what it was before.

    Parameters
    ----------
    mover
        Account whose right to this move is checked; none for the service itself.

    Raises
    ------
    NotFound
        If there is no such event.
    Forbidden
        If the mover may not move this event there.
    Conflict
        If the move is not allowed.
    """
    found = await queries.lock(session, event_id)
    if found is None:
        raise NotFound(f"there is no event {event_id}")
    if mover is not None:
        movers.check(mover, found.handler_id, found.state, then)
    states.check(found.state, then)
    actor = actor_of(session).shown
    await queries.move(session, event_id, now=found.state, then=then, actor=actor, note=note)
    return found


async def show(session: AsyncSession, event_id: int) -> EventWithHistory:
    """An event with its history.

    Raises
    ------
    NotFound
        If there is no such event.
    """
    row = await queries.event(session, event_id)
    if row is None:
        raise NotFound(f"there is no event {event_id}")
    moves = [Move(**line) for line in await queries.history(session, event_id)]
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
    in_hand = adder.person_id is not None and adder.person_id == found.handler_id
    if not (own or in_hand or adder.may(Permission.DIRECT_EVENTS)):
        raise Forbidden("photos are added by whoever reported or has the event, or by the desk")
    if len(await queries.photos(session, event_id)) >= MOST_PHOTOS:
        raise Conflict(f"event {event_id} has {MOST_PHOTOS} photos, which is the most")
    added = await queries.add_photo(
        session,
        event_id=event_id,
        division_code=found.division_code,
        purpose=purpose,
        width_px=photo.width_px,
        height_px=photo.height_px,
        sha256=photo.sha256,
        content=photo.content,
        added_by=adder.account_id,
        captured_at=photo.captured_at,
    )
    if added is not None:
        await audit.record(
            session,
            Action.PHOTO_ADDED,
            "event",
            event_id,
            division_code=found.division_code,
            after={"photo": added, "purpose": purpose},
        )
    return await photos(session, event_id)


async def photos(session: AsyncSession, event_id: int) -> list[PhotoOut]:
    """Photos of an event, oldest first, without their pictures.

    Raises
    ------
    NotFound
        If there is no such event.
    """
    if await queries.event(session, event_id) is None:
        raise NotFound(f"there is no event {event_id}")
    return [PhotoOut(**row) for row in await queries.photos(session, event_id)]


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

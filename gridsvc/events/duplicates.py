"""Reports of the same thing: suggested, linked and unlinked by the desk, never deleted."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.events import duplicate_queries, queries
from gridsvc.events.schemas import DuplicateIn, DuplicateSuggestion

#: Farther away or longer apart than this two reports are not suggested as one.
RADIUS_M, HOURS = 200.0, 72
MOST_SUGGESTED = 20


async def suggest(session: AsyncSession, event_id: int) -> list[DuplicateSuggestion]:
    """Events that may be the same as an event, likeliest first, with what speaks for it.

    Raises
    ------
    NotFound
        If there is no such event.
    """
    if await queries.event(session, event_id) is None:
        raise NotFound(f"there is no event {event_id}")
    rows = await duplicate_queries.like(
        session, event_id, radius_m=RADIUS_M, hours=HOURS, limit=MOST_SUGGESTED
    )
    return [DuplicateSuggestion(**row) for row in rows]


async def link(session: AsyncSession, event_id: int, duplicate: DuplicateIn) -> None:
    """Say that an event is the same as another, which is the one that counts.

    Raises
    ------
    NotFound
        If one of them is not there.
    BadInput
        If an event is to be its own duplicate.
    Conflict
        If the event is linked already, has duplicates itself, or the other is a duplicate.
    """
    of = duplicate.of
    if of == event_id:
        raise BadInput("an event is no duplicate of itself; name the other one")
    # Both are locked: two that are linked to each other at once would else form a circle.
    there = await duplicate_queries.lock_both(session, [event_id, of])
    for one in (event_id, of):
        if one not in there:
            raise NotFound(f"there is no event {one}")
    if (master := await duplicate_queries.master_of(session, event_id)) is not None:
        raise Conflict(f"event {event_id} is linked to event {master}; unlink it first")
    if (master := await duplicate_queries.master_of(session, of)) is not None:
        raise Conflict(f"event {of} is a duplicate of event {master}; link to that one")
    if await duplicate_queries.has_duplicates(session, event_id):
        raise Conflict(f"event {event_id} has duplicates of its own; link those first")
    actor = actor_of(session).shown
    await duplicate_queries.link(session, event_id, of, actor=actor, note=duplicate.note)
    await _record(session, event_id, Action.DUPLICATE_LINKED, of)


async def unlink(session: AsyncSession, event_id: int) -> None:
    """Say that an event is not the same as the one it was linked to.

    Raises
    ------
    NotFound
        If there is no such event.
    Conflict
        If it is not linked.
    """
    if not await duplicate_queries.lock_both(session, [event_id]):
        raise NotFound(f"there is no event {event_id}")
    master = await duplicate_queries.master_of(session, event_id)
    if master is None:
        raise Conflict(f"event {event_id} is no duplicate of another")
    await duplicate_queries.unlink(session, event_id, actor=actor_of(session).shown)
    await _record(session, event_id, Action.DUPLICATE_UNLINKED, master)


async def _record(session: AsyncSession, event_id: int, action: Action, master: int) -> None:
    found = await queries.lock(session, event_id)
    if found is not None:
        await audit.record(
            session,
            action,
            "event",
            event_id,
            division_code=found.division_code,
            after={"duplicate_of": master},
        )

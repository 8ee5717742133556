"""What follows when an event is closed: its cancel number (销号) and its publication (公示)."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.errors import Conflict, NotFound
from gridsvc.events import closing_queries, duplicate_queries, queries
from gridsvc.events.states import State

#: Why something that was published is withdrawn.
WITHDRAWING = {
    "privacy": "涉及个人隐私",
    "wrong": "内容有误",
    "objection": "当事人提出异议",
    "reopened": "案件重新办理",
}
_SHOWABLE = frozenset({State.VERIFIED, State.CLOSED})


async def close(session: AsyncSession, event_id: int) -> None:
    """Give an event that was just closed its number and publish it.

    The duplicate of another one gets a number, and is not published.
    """
    await closing_queries.give_number(session, event_id)
    await closing_queries.publish(session, event_id, actor=actor_of(session).shown)


async def reopen(session: AsyncSession, event_id: int) -> None:
    """Withdraw an event that is worked on again; its number stays given."""
    await closing_queries.withdraw(
        session, event_id, actor=actor_of(session).shown, reason="reopened", note=""
    )


async def publish(session: AsyncSession, event_id: int) -> None:
    """Show an event to everybody, at the coarse place of its grid.

    Raises
    ------
    NotFound
        If there is no such event.
    Conflict
        If it is not verified yet, is published already, or is the duplicate of another.
    """
    found = await queries.lock(session, event_id)
    if found is None:
        raise NotFound(f"there is no event {event_id}")
    if found.state not in _SHOWABLE:
        raise Conflict(f"event {event_id} is {found.state}; it is published once it is verified")
    master = await duplicate_queries.master_of(session, event_id)
    if master is not None:
        raise Conflict(f"event {event_id} is a duplicate of event {master}; publish that one")
    if not await closing_queries.publish(session, event_id, actor=actor_of(session).shown):
        raise Conflict(f"event {event_id} is published already")
    await audit.record(
        session, Action.EVENT_PUBLISHED, "event", event_id, division_code=found.division_code
    )


async def withdraw(session: AsyncSession, event_id: int, *, reason: str, note: str) -> None:
    """Show an event to the public no longer, and keep why.

    Raises
    ------
    NotFound
        If there is no such event.
    Conflict
        If it is not published.
    """
    found = await queries.lock(session, event_id)
    if found is None:
        raise NotFound(f"there is no event {event_id}")
    actor = actor_of(session).shown
    if not await closing_queries.withdraw(session, event_id, actor=actor, reason=reason, note=note):
        raise Conflict(f"event {event_id} is not published")
    await audit.record(
        session,
        Action.EVENT_WITHDRAWN,
        "event",
        event_id,
        division_code=found.division_code,
        after={"reason": reason},
    )

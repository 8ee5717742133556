"""HTTP doors of an event's life: its stages, suspensions, publication, duplicates; figures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.events import closing, duplicates, figures, life, suspensions
from gridsvc.events import service as events
from gridsvc.events.life_schemas import Figures, Life
from gridsvc.events.routes import EventId
from gridsvc.events.schemas import DuplicateIn, DuplicateSuggestion, SuspensionIn, WithdrawalIn
from gridsvc.grids.routes import Within
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api/events", tags=["events"])
_DESK = may(Permission.DIRECT_EVENTS)
_HANDS = may(Permission.HANDLE_EVENTS, Permission.DIRECT_EVENTS)


@router.get("/figures", dependencies=[may(Permission.VIEW_FIGURES)])
async def show_figures(
    session: Session,
    since: Annotated[AwareDatetime, Query(examples=["2026-11-01T00:00:00+08:00"])],
    until: Annotated[AwareDatetime, Query(examples=["2026-12-01T00:00:00+08:00"])],
    division: Within = None,
    matter: Annotated[PlainText | None, Query(min_length=1, max_length=64)] = None,
) -> Figures:
    """Counters by stage: due, on time, overdue, rework, with numerators and denominators."""
    return await figures.figures(
        session, division=division, matter=matter, since=since, until=until
    )


@router.get(
    "/{event_id}/life",
    dependencies=[may(Permission.HANDLE_EVENTS, Permission.DIRECT_EVENTS, Permission.VIEW_FIGURES)],
)
async def show_life(session: Session, event_id: EventId) -> Life:
    """Stages with their limits, escalations, suspensions, publications, and links."""
    return await life.show(session, event_id)


@router.post("/{event_id}/steps", dependencies=[_HANDS])
async def end_step(session: Session, caller: Caller, event_id: EventId) -> Life:
    """End the present step of handling, where a matter has several limits; the next one begins."""
    await events.end_step(session, event_id, caller)
    return await life.show(session, event_id)


@router.post("/{event_id}/suspensions", status_code=201, dependencies=[_HANDS])
async def ask_for_suspension(
    session: Session, caller: Caller, event_id: EventId, wish: SuspensionIn
) -> Life:
    """Ask to put an event off until a time; somebody else decides."""
    await suspensions.ask(session, event_id, wish, caller)
    return await life.show(session, event_id)


@router.post("/{event_id}/publication", status_code=201, dependencies=[_DESK])
async def publish(session: Session, event_id: EventId) -> Life:
    """Publish a verified event again, or before it is closed; closing publishes by itself."""
    await closing.publish(session, event_id)
    return await life.show(session, event_id)


@router.post("/{event_id}/publication/withdrawal", dependencies=[_DESK])
async def withdraw(session: Session, event_id: EventId, withdrawal: WithdrawalIn) -> Life:
    """Withdraw what was published, with the reason."""
    await closing.withdraw(session, event_id, reason=withdrawal.reason, note=withdrawal.note)
    return await life.show(session, event_id)


@router.get("/{event_id}/duplicates", dependencies=[_DESK])
async def suggest_duplicates(session: Session, event_id: EventId) -> list[DuplicateSuggestion]:
    """Events that may be the same: near, at that time, of that matter, in such words."""
    return await duplicates.suggest(session, event_id)


@router.post("/{event_id}/duplicate", status_code=201, dependencies=[_DESK])
async def link_duplicate(session: Session, event_id: EventId, duplicate: DuplicateIn) -> Life:
    """Link an event to the one it repeats; both stay, the public sees the other one."""
    await duplicates.link(session, event_id, duplicate)
    return await life.show(session, event_id)


@router.post("/{event_id}/duplicate/removal", dependencies=[_DESK])
async def unlink_duplicate(session: Session, event_id: EventId) -> Life:
    """Take back that an event repeats another one."""
    await duplicates.unlink(session, event_id)
    return await life.show(session, event_id)

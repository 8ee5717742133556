"""HTTP doors that show events; those that change them are with dispatch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.schemas import PurposeIn
from gridsvc.codes import checked
from gridsvc.events import queries, service
from gridsvc.events.schemas import Contact, EventPage, EventWithHistory
from gridsvc.events.states import State
from gridsvc.grids.routes import Within

router = APIRouter(prefix="/api/events", tags=["events"])
_VIEW = may(Permission.VIEW_EVENTS)

#: PostgreSQL's bigint ends here.
EventId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("", dependencies=[_VIEW])
async def events(
    session: Session,
    division: Within = None,
    state: State | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EventPage:
    """Newest events first, of a division and state if given."""
    within = checked(division) if division is not None else None
    rows, total = await queries.page(session, within=within, state=state, limit=limit)
    return EventPage(events=[service.as_event(row) for row in rows], total=total)


@router.get("/{event_id}", dependencies=[_VIEW])
async def event(session: Session, event_id: EventId) -> EventWithHistory:
    """An event with its history."""
    return await service.show(session, event_id)


@router.post("/{event_id}/contact", dependencies=[may(Permission.UNMASK)])
async def contact(
    request: Request, session: Session, event_id: EventId, reason: PurposeIn
) -> Contact:
    """Who reported it and their phone, for a purpose; who read them is recorded."""
    return await service.contact(
        session, event_id, request.app.state.keyring, purpose=reason.purpose
    )

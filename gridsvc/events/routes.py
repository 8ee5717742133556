"""HTTP doors that show events; those that change them are with dispatch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from gridsvc.db import Session
from gridsvc.events import queries, service
from gridsvc.events.schemas import EventPage, EventWithHistory
from gridsvc.events.states import State
from gridsvc.grids.codes import checked
from gridsvc.grids.routes import Within

router = APIRouter(prefix="/api/events", tags=["events"])

#: PostgreSQL's bigint ends here.
EventId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("")
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


@router.get("/{event_id}")
async def event(session: Session, event_id: EventId) -> EventWithHistory:
    """An event with its history."""
    return await service.show(session, event_id)

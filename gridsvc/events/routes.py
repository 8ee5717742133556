"""HTTP doors that show events; those that change them are with dispatch."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.schemas import PurposeIn
from gridsvc.codes import checked
from gridsvc.errors import NotFound
from gridsvc.events import citizens, queries, service
from gridsvc.events.photos import FORMATS, MEDIA_TYPE, PhotoLimits, clean_photo
from gridsvc.events.schemas import Contact, EventPage, EventWithHistory, PhotoOut
from gridsvc.events.states import State
from gridsvc.events.voices import MEDIA_TYPES
from gridsvc.grids.routes import Within

router = APIRouter(prefix="/api/events", tags=["events"])
_VIEW = may(Permission.VIEW_EVENTS)
_BINARY = {"type": "string", "format": "binary"}
_PICTURES = {f"image/{kind.lower()}": {"schema": _BINARY} for kind in FORMATS}

#: PostgreSQL's bigint ends here.
EventId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("", dependencies=[_VIEW])
async def events(
    session: Session,
    division: Within = None,
    state: State | None = None,
    overdue: Annotated[
        bool, Query(description="only what has something undone that was due")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EventPage:
    """Newest events first, of a division and state if given."""
    within = checked(division) if division is not None else None
    rows, total = await queries.page(
        session, within=within, state=state, limit=limit, overdue=overdue
    )
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


@router.post(
    "/{event_id}/voice",
    response_class=Response,
    responses={200: {"content": {kind: {"schema": _BINARY} for kind in MEDIA_TYPES}}},
    dependencies=[may(Permission.UNMASK)],
)
async def voice(
    request: Request, session: Session, event_id: EventId, reason: PurposeIn
) -> Response:
    """The newest voice note of an event, for a purpose; who heard it is recorded."""
    content, media_type = await citizens.voice(
        session, event_id, request.app.state.keyring, purpose=reason.purpose
    )
    return Response(content, media_type=media_type)


@router.get("/{event_id}/photos", dependencies=[_VIEW])
async def photos(session: Session, event_id: EventId) -> list[PhotoOut]:
    """Photos of an event, oldest first."""
    return await service.photos(session, event_id)


@router.post(
    "/{event_id}/photos",
    status_code=201,
    dependencies=[
        may(Permission.REPORT_EVENTS, Permission.HANDLE_EVENTS, Permission.DIRECT_EVENTS)
    ],
    openapi_extra={"requestBody": {"required": True, "content": _PICTURES}},
)
async def add_photo(
    request: Request,
    session: Session,
    caller: Caller,
    event_id: EventId,
    purpose: Literal["report", "before", "after"] = "report",
) -> list[PhotoOut]:
    """Add a photo (JPEG, PNG or WebP as the body); it is drawn anew, upright and bare."""
    content = await request.body()
    # Decoding takes a moment: the others are served meanwhile.
    photo = await asyncio.to_thread(clean_photo, content, _limits(request))
    return await service.add_photo(session, event_id, photo, purpose=purpose, adder=caller)


def _limits(request: Request) -> PhotoLimits:
    settings = request.app.state.settings
    return PhotoLimits(settings.max_photo_bytes, settings.max_photo_pixels)


@router.get(
    "/{event_id}/photos/{media_id}",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": _BINARY}}}},
    dependencies=[_VIEW],
)
async def photo(session: Session, event_id: EventId, media_id: EventId) -> Response:
    """The picture of a photo, JPEG."""
    content = await queries.photo_content(session, event_id, media_id)
    if content is None:
        raise NotFound(f"event {event_id} has no photo {media_id}")
    return Response(content, media_type=MEDIA_TYPE)

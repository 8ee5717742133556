"""HTTP door to the deck of a reception day."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.briefing.reception_deck import deck
from gridsvc.briefing.schemas import file_answers
from gridsvc.briefing.writing import MEDIA_TYPES, Format
from gridsvc.events import queries as events
from gridsvc.outreach import reception_service
from gridsvc.outreach.visit_routes import Id

router = APIRouter(prefix="/api/receptions", tags=["receptions"])

_SLIDES = MEDIA_TYPES[Format.PPTX]
_PHOTOS_EACH = 2


@router.get(
    "/{reception_id}/deck",
    response_class=Response,
    responses=file_answers(_SLIDES),
    dependencies=[may(Permission.DIRECT_RECEPTIONS)],
)
async def slides(session: Session, reception_id: Id) -> Response:
    """The deck of a reception day (PPTX): who must come, the agenda, a slide for each matter."""
    month = await reception_service.show(session, reception_id)
    photos = {item.event: await _photos(session, item.event) for item in month.items if item.photos}
    content = await asyncio.to_thread(deck, month, photos)
    name = f"reception-{month.month:%Y-%m}.pptx"
    saved = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=_SLIDES, headers=saved)


async def _photos(session: AsyncSession, event_id: int) -> list[bytes]:
    """The first photos of an event."""
    found = []
    for row in (await events.photos(session, event_id))[:_PHOTOS_EACH]:
        content = await events.photo_content(session, event_id, row["id"])
        if content:
            found.append(content)
    return found

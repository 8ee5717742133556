"""HTTP doors of briefings: order, watch, fetch, cancel."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.briefing import ordering
from gridsvc.briefing.schemas import BriefingIn, BriefingOut, BriefingPage, file_answers
from gridsvc.briefing.writing import MEDIA_TYPES

router = APIRouter(prefix="/api/briefings", tags=["briefings"])

BriefingId = Annotated[int, Path(ge=1, le=2**63 - 1, description="Number of an order")]
#: A page is to be saved; opened from here it may do nothing in our name.
_HEADERS = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}


@router.post("", status_code=202, dependencies=[may(Permission.VIEW_MAP)])
async def order(
    request: Request, session: Session, caller: Caller, wanted: BriefingIn
) -> BriefingOut:
    """Have a page or an atlas drawn; the answer tells where to ask how far it is."""
    settings = request.app.state.settings
    return await ordering.order(session, caller.account_id, wanted, settings)


@router.get("", dependencies=[may(Permission.VIEW_MAP)])
async def listed(session: Session, caller: Caller) -> BriefingPage:
    """The caller's newest orders."""
    return BriefingPage(briefings=await ordering.listed(session, caller.account_id))


@router.get("/{briefing_id}", dependencies=[may(Permission.VIEW_MAP)])
async def told(session: Session, caller: Caller, briefing_id: BriefingId) -> BriefingOut:
    """An order of the caller's: its state, and how much is drawn."""
    return await ordering.told(session, caller.account_id, briefing_id)


@router.get(
    "/{briefing_id}/file",
    response_class=Response,
    responses=file_answers(*MEDIA_TYPES.values()),
    dependencies=[may(Permission.VIEW_MAP)],
)
async def file(session: Session, caller: Caller, briefing_id: BriefingId) -> Response:
    """The file, once it is done and until it expires."""
    order, content = await ordering.file_of(session, caller.account_id, briefing_id)
    asked = order.asked
    name = f"briefing-{asked.division}-{asked.kind}.{asked.format}"
    saved = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=MEDIA_TYPES[asked.format], headers=_HEADERS | saved)


@router.delete("/{briefing_id}", status_code=204, dependencies=[may(Permission.VIEW_MAP)])
async def cancel(session: Session, caller: Caller, briefing_id: BriefingId) -> None:
    """Cancel an order that is not finished; forget one that is, with its file."""
    await ordering.cancel(session, caller.account_id, briefing_id)

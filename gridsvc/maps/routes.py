"""HTTP door of the coverage map."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import checked
from gridsvc.grids.routes import Within
from gridsvc.maps import service

router = APIRouter(tags=["maps"])

#: The page carries its own policy; only what a page cannot say of itself comes as headers.
_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/maps/coverage", response_class=HTMLResponse, dependencies=[may(Permission.VIEW_MAP)])
async def coverage(request: Request, session: Session, division: Within = None) -> HTMLResponse:
    """Coverage map as one page; save it, and it opens without any network."""
    code = checked(division) if division is not None else None
    time_zone = request.app.state.settings.time_zone
    page = await service.coverage_html(session, code, time_zone=time_zone)
    return HTMLResponse(page, headers=_HEADERS)

"""HTTP doors of the coverage map and of plans' reports."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.maps import service
from gridsvc.maps.schemas import CoverageQuery

router = APIRouter(tags=["maps"])

#: The page carries its own policy; only what a page cannot say of itself comes as headers.
_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/maps/coverage", response_class=HTMLResponse, dependencies=[may(Permission.VIEW_MAP)])
async def coverage(
    request: Request, session: Session, asked: Annotated[CoverageQuery, Query()]
) -> HTMLResponse:
    """Coverage map as one page; save it, and it opens without any network."""
    settings = request.app.state.settings
    page = await service.coverage_html(
        session,
        asked.code,
        time_zone=settings.time_zone,
        asked=asked.as_asked(),
        basemap=settings.basemap,
        tianditu_key=settings.tianditu_key,
    )
    return HTMLResponse(page, headers=_HEADERS)


PlanId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a plan")]


@router.get("/api/plans/{plan_id}/report", dependencies=[may(Permission.VIEW_MAP)])
async def plan_report(session: Session, plan_id: PlanId) -> dict[str, Any]:
    """Figures of a plan against their aims, checks, and why every cell outside is so."""
    return await service.plan_report(session, plan_id)


@router.get(
    "/plans/{plan_id}/report", response_class=HTMLResponse, dependencies=[may(Permission.VIEW_MAP)]
)
async def plan_report_page(request: Request, session: Session, plan_id: PlanId) -> HTMLResponse:
    """The report as one page with maps; save it, and it opens without any network."""
    time_zone = request.app.state.settings.time_zone
    page = await service.plan_report_html(session, plan_id, time_zone=time_zone)
    return HTMLResponse(page, headers=_HEADERS)

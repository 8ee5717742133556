"""HTTP doors of a field worker's own visits and work: answers that a phone keeps."""

from __future__ import annotations

from fastapi import APIRouter, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.outreach import field_service
from gridsvc.outreach.field_schemas import FieldFigures, FieldVisits
from gridsvc.outreach.visit_routes import zone_of

router = APIRouter(
    prefix="/api/field", tags=["field"], dependencies=[may(Permission.VISIT_HOUSEHOLDS)]
)


@router.get("/visits")
async def visits(request: Request, session: Session, caller: Caller) -> FieldVisits:
    """Households that are the caller's to visit, in the order of the shortest way."""
    return await field_service.visits(session, caller, zone_of(request))


@router.get("/figures")
async def figures(request: Request, session: Session, caller: Caller) -> FieldFigures:
    """The caller's own work, week by week: hours in the grid, visits, events."""
    gap_s = request.app.state.settings.track_gap_s
    return await field_service.figures(session, caller, zone_of(request), gap_s=gap_s)

"""HTTP doors of mediation and deliberation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.schemas import PurposeIn
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.registers import sitting_service
from gridsvc.registers.group_routes import KEEP, VIEW, Id, Limit, on_day
from gridsvc.registers.sitting_schemas import (
    DeliberationIn,
    DeliberationOut,
    DeliberationPage,
    Key,
    MediationFigures,
    MediationIn,
    MediationInFull,
    MediationPage,
    MediationResultIn,
    MediationState,
    MediationWithHistory,
)

router = APIRouter(prefix="/api", tags=["sittings"])

_UNMASK = may(Permission.UNMASK)


@router.post("/mediations", status_code=201, dependencies=[KEEP])
async def open_mediation(
    request: Request, session: Session, caller: Caller, told: MediationIn
) -> MediationWithHistory:
    """Take in a dispute for a group; names and what it is about are sealed."""
    return await sitting_service.open_mediation(
        session, told, caller, request.app.state.keyring, today=on_day(request)
    )


@router.get("/mediations", dependencies=[KEEP])
async def mediations(
    session: Session,
    division: Within = None,
    state: MediationState | None = None,
    limit: Limit = 100,
) -> MediationPage:
    """Mediations of the caller's areas, newest first; nobody is named."""
    low, high = range_within(division)
    return await sitting_service.page(session, low=low, high=high, state=state, limit=limit)


@router.get("/mediations/figures", dependencies=[may(Permission.VIEW_FIGURES)])
async def figures(
    session: Session,
    since: Annotated[AwareDatetime, Query(examples=["2026-01-01T00:00:00+08:00"])],
    until: Annotated[AwareDatetime, Query(examples=["2027-01-01T00:00:00+08:00"])],
    division: Within = None,
) -> MediationFigures:
    """Disputes of a span: how many are settled, how many where they began, and at which level."""
    low, high = range_within(division)
    return await sitting_service.figures(session, low, high, since, until)


@router.get("/mediations/{mediation_id}", dependencies=[KEEP])
async def show(session: Session, mediation_id: Id) -> MediationWithHistory:
    """A mediation with all that was done; nobody is named."""
    return await sitting_service.show(session, mediation_id)


@router.post("/mediations/{mediation_id}/reading", dependencies=[_UNMASK])
async def read(
    request: Request, session: Session, mediation_id: Id, wanted: PurposeIn
) -> MediationInFull:
    """A mediation in full, for a purpose; every reading is recorded."""
    return await sitting_service.read(
        session, mediation_id, request.app.state.keyring, purpose=wanted.purpose
    )


@router.post("/mediations/{mediation_id}/passing-up", dependencies=[KEEP])
async def pass_up(request: Request, session: Session, mediation_id: Id) -> MediationWithHistory:
    """Give a dispute to the group above the one that has it."""
    return await sitting_service.pass_up(session, mediation_id, today=on_day(request))


@router.post("/mediations/{mediation_id}/result", dependencies=[KEEP])
async def close(
    request: Request, session: Session, mediation_id: Id, told: MediationResultIn
) -> MediationWithHistory:
    """Say how a dispute ended."""
    return await sitting_service.close(session, mediation_id, told, request.app.state.keyring)


@router.post("/deliberations", status_code=201, dependencies=[KEEP])
async def hold(
    request: Request, session: Session, caller: Caller, told: DeliberationIn
) -> DeliberationOut:
    """Write a meeting with its motions and votes."""
    return await sitting_service.hold(session, told, caller, today=on_day(request))


@router.get("/deliberations", dependencies=[VIEW])
async def meetings(
    session: Session,
    division: Within = None,
    group: Annotated[Key | None, Query()] = None,
    limit: Limit = 100,
) -> DeliberationPage:
    """Meetings of the caller's areas, latest first."""
    low, high = range_within(division)
    return await sitting_service.meetings(session, low=low, high=high, group=group, limit=limit)


@router.get("/deliberations/{deliberation_id}", dependencies=[VIEW])
async def meeting(session: Session, deliberation_id: Id) -> DeliberationOut:
    """A meeting with its motions."""
    return await sitting_service.meeting(session, deliberation_id)

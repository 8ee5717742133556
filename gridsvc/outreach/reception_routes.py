"""HTTP doors of reception cycles: agenda, months, milestones, decisions, inspections."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.outreach import reception_service
from gridsvc.outreach.reception_schemas import (
    Agenda,
    CycleIn,
    CycleOut,
    HoldingIn,
    InspectionIn,
    ReceptionIn,
    ReceptionInFull,
    ReceptionOut,
    ResolutionIn,
    SatisfactionIn,
)
from gridsvc.outreach.visit_routes import Id

router = APIRouter(prefix="/api", tags=["receptions"])

_DIRECT = may(Permission.DIRECT_RECEPTIONS)


@router.put("/reception-cycles", dependencies=[_DIRECT])
async def set_cycle(session: Session, caller: Caller, told: CycleIn) -> CycleOut:
    """Begin a cycle, or change the one of that code; days that some month lacks are refused."""
    return await reception_service.set_cycle(session, told, caller)


@router.get("/reception-cycles", dependencies=[_DIRECT])
async def cycles(session: Session, division: Within = None) -> list[CycleOut]:
    """Cycles of the caller's areas."""
    low, high = range_within(division)
    return await reception_service.cycles(session, low, high)


@router.get("/reception-cycles/{cycle_id}/agenda", dependencies=[_DIRECT])
async def agenda(
    session: Session, cycle_id: Id, most: Annotated[int, Query(ge=1, le=1000)] = 100
) -> Agenda:
    """What is open, most urgent first by the cycle's formula, and its villages."""
    return await reception_service.agenda(session, cycle_id, most=most)


@router.post("/reception-cycles/{cycle_id}/receptions", status_code=201, dependencies=[_DIRECT])
async def begin(
    session: Session, caller: Caller, cycle_id: Id, told: ReceptionIn
) -> ReceptionInFull:
    """Begin a month: its days, its theme village, and its agenda as it is now."""
    return await reception_service.open_month(session, cycle_id, told, caller)


@router.get("/receptions", dependencies=[_DIRECT])
async def receptions(
    session: Session, division: Within = None, limit: Annotated[int, Query(ge=1, le=200)] = 24
) -> list[ReceptionOut]:
    """Months of the cycles of the caller's areas, latest first."""
    low, high = range_within(division)
    return await reception_service.listed(session, low, high, limit=limit)


@router.get("/receptions/{reception_id}", dependencies=[_DIRECT])
async def show(session: Session, reception_id: Id) -> ReceptionInFull:
    """A month with milestones, agenda and all that was done: what the day's deck holds."""
    return await reception_service.show(session, reception_id)


@router.post("/receptions/{reception_id}/milestones/{planned_on}", dependencies=[_DIRECT])
async def hold(
    session: Session, reception_id: Id, planned_on: date, told: HoldingIn
) -> ReceptionInFull:
    """Write that a milestone was held, when, and who came."""
    return await reception_service.hold(session, reception_id, planned_on, told)


@router.put("/receptions/{reception_id}/items/{event_id}/decision", dependencies=[_DIRECT])
async def decide(
    session: Session, reception_id: Id, event_id: Id, told: ResolutionIn
) -> ReceptionInFull:
    """Write what was decided, by how many votes, with which money, under whose lead."""
    return await reception_service.decide(session, reception_id, event_id, told)


@router.put("/receptions/{reception_id}/items/{event_id}/inspection", dependencies=[_DIRECT])
async def inspect(
    session: Session, reception_id: Id, event_id: Id, told: InspectionIn
) -> ReceptionInFull:
    """Write what was found when somebody looked back at it."""
    return await reception_service.inspect(session, reception_id, event_id, told)


@router.put("/receptions/{reception_id}/items/{event_id}/satisfaction", dependencies=[_DIRECT])
async def rate(
    session: Session, reception_id: Id, event_id: Id, told: SatisfactionIn
) -> ReceptionInFull:
    """Write what the people it is about think of it, from 1 to 5."""
    return await reception_service.rate(session, reception_id, event_id, told)

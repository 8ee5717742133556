"""HTTP doors of standards."""

from __future__ import annotations

from fastapi import APIRouter, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.registers import standard_service
from gridsvc.registers.group_routes import KEEP, VIEW, Id, Limit, OnDay, on_day
from gridsvc.registers.schemas import HowMany
from gridsvc.registers.standard_schemas import (
    FindingsIn,
    StandardIn,
    StandardOut,
    StandardResult,
)

router = APIRouter(prefix="/api/standards", tags=["standards"])


@router.put("", dependencies=[KEEP])
async def put(session: Session, caller: Caller, told: StandardIn) -> StandardOut:
    """Lay down a standard, or change the one of that code."""
    return await standard_service.put(session, told, caller)


@router.get("", dependencies=[VIEW])
async def standards(session: Session, division: Within = None) -> list[StandardOut]:
    """Standards of the caller's areas."""
    low, high = range_within(division)
    return await standard_service.standards(session, low, high)


@router.post(
    "/{standard_id}/findings",
    status_code=201,
    dependencies=[may(Permission.KEEP_REGISTERS, Permission.APPRAISE)],
)
async def add(
    request: Request, session: Session, caller: Caller, standard_id: Id, told: FindingsIn
) -> HowMany:
    """Tell what was found on a day, all or none."""
    return HowMany(
        how_many=await standard_service.add(
            session, standard_id, told, caller, today=on_day(request)
        )
    )


@router.get("/{standard_id}/result", dependencies=[VIEW])
async def result(
    session: Session, standard_id: Id, on: OnDay, division: Within = None, limit: Limit = 100
) -> StandardResult:
    """How many of all the subjects met all of it on a day, each item, and who is short of it."""
    low, high = range_within(division)
    return await standard_service.result(
        session, standard_id, low=low, high=high, on=on, limit=limit
    )

"""HTTP doors to shifts and the history of duty."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.people import shifts
from gridsvc.people.routes import PersonCode
from gridsvc.people.schemas import CapturedAt, DutyChangeOut, ShiftIn, ShiftOut

router = APIRouter(prefix="/api", tags=["shifts"])

ShiftId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.post(
    "/people/{code}/shifts", status_code=201, dependencies=[may(Permission.SET_DUTY_OF_OTHERS)]
)
async def plan_shift(session: Session, code: PersonCode, shift: ShiftIn) -> ShiftOut:
    """Plan a shift; they go on duty when it begins and off duty when it ends."""
    return await shifts.plan(session, code, shift)


@router.get("/people/{code}/shifts", dependencies=[may(Permission.VIEW_PEOPLE)])
async def shifts_of(
    session: Session,
    code: PersonCode,
    begins: Annotated[CapturedAt | None, Query(description="none = now")] = None,
) -> list[ShiftOut]:
    """Shifts within two months of a time, earliest first."""
    return await shifts.of_person(session, code, begins or datetime.now(UTC))


@router.delete(
    "/shifts/{shift_id}", status_code=204, dependencies=[may(Permission.SET_DUTY_OF_OTHERS)]
)
async def cancel_shift(session: Session, shift_id: ShiftId) -> Response:
    """Take away a shift that has not begun."""
    await shifts.cancel(session, shift_id)
    return Response(status_code=204)


@router.get("/people/{code}/duty-changes", dependencies=[may(Permission.VIEW_PEOPLE)])
async def duty_changes(session: Session, code: PersonCode) -> list[DutyChangeOut]:
    """When and by what somebody went on and off duty, newest first."""
    return await shifts.duty_changes(session, code)

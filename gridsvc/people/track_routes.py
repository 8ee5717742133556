"""HTTP doors to tracks, hours in the grid, and the phones that tell positions."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import checked
from gridsvc.people import devices, tracking
from gridsvc.people.routes import PersonCode
from gridsvc.people.track_schemas import (
    DeviceIn,
    DeviceOut,
    HoursOut,
    NewDevice,
    TrackAsked,
    TrackOut,
)
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api", tags=["positions"])

DeviceId = Annotated[int, Path(ge=1, le=2**63 - 1)]
_KEEPER = may(Permission.MANAGE_ACCOUNTS)


@router.post("/people/{code}/track", dependencies=[may(Permission.UNMASK)])
async def track(session: Session, code: PersonCode, asked: TrackAsked) -> TrackOut:
    """Where somebody was within a time, for a purpose; who read it is recorded."""
    return await tracking.track(session, code, asked)


@router.get("/hours-in-grid", dependencies=[may(Permission.VIEW_PEOPLE)])
async def hours_in_grid(
    request: Request,
    session: Session,
    division: Annotated[PlainText, Query(description="12-digit code of a division")],
    day: Annotated[date, Query(ge=date(2000, 1, 1), le=date(2099, 12, 31))],
) -> HoursOut:
    """How long those who answer for a cell of a division were in their own cells on a day."""
    settings = request.app.state.settings
    return await tracking.hours_in_grid(
        session,
        checked(division),
        day,
        zone=ZoneInfo(settings.time_zone),
        gap_s=settings.track_gap_s,
    )


@router.post("/devices", status_code=201, dependencies=[_KEEPER])
async def register_device(session: Session, device: DeviceIn) -> NewDevice:
    """Register a phone that tells where somebody is; its key is shown this once."""
    return await devices.register(session, device)


@router.get("/people/{code}/devices", dependencies=[_KEEPER])
async def devices_of(session: Session, code: PersonCode) -> list[DeviceOut]:
    """Phones of a person, newest first, without their keys."""
    return await devices.of_person(session, code)


@router.post("/devices/{device_id}/revocation", dependencies=[_KEEPER])
async def revoke_device(session: Session, device_id: DeviceId) -> DeviceOut:
    """Let a phone tell nothing any more."""
    return await devices.revoke(session, device_id)

"""HTTP doors of devices at places: their alarms, video links, and broadcasts to cells."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request

from gridsvc.accounts.access import Caller, RawSession, Session, address_of, may, public
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.errors import Unauthenticated
from gridsvc.events.routes import EventId
from gridsvc.geo import Datum, to_wgs84
from gridsvc.grids.routes import Lat, Lon, Within
from gridsvc.outreach import broadcasting, device_service
from gridsvc.outreach.device_schemas import (
    AlarmIn,
    AlarmLine,
    AlarmOut,
    BroadcastIn,
    BroadcastOut,
    DeviceKind,
    PlaceDeviceIn,
    PlaceDeviceOut,
    PlaceDeviceSet,
    VideoLink,
)

router = APIRouter(prefix="/api", tags=["devices"])

_KEEPER = may(Permission.MANAGE_ACCOUNTS)
_LOOK = may(Permission.HANDLE_EVENTS, Permission.DIRECT_EVENTS)
DeviceKey = Annotated[str | None, Header(max_length=200, description="of a device that alarms")]
PlaceDeviceId = Annotated[int, Path(ge=1, le=2**63 - 1)]
RadiusM = Annotated[float, Query(ge=0, le=5000, allow_inf_nan=False)]


@router.put("/place-devices", dependencies=[_KEEPER])
async def set_device(session: Session, caller: Caller, told: PlaceDeviceIn) -> PlaceDeviceSet:
    """Set a device up or change it; the key of one that alarms is shown this once."""
    return await device_service.set_device(session, told, caller)


@router.get("/place-devices", dependencies=[may(Permission.MANAGE_ACCOUNTS, Permission.VIEW_MAP)])
async def devices(
    session: Session, division: Within = None, kind: DeviceKind | None = None
) -> list[PlaceDeviceOut]:
    """Devices of the caller's areas, without their keys."""
    low, high = range_within(division)
    return await device_service.devices(session, low, high, kind=kind)


@router.post("/place-devices/{place_device_id}/revocation", dependencies=[_KEEPER])
async def revoke(session: Session, place_device_id: PlaceDeviceId) -> PlaceDeviceOut:
    """Let a device do nothing any more, until it is set up again."""
    return await device_service.revoke(session, place_device_id)


@router.post(
    "/alarms",
    status_code=201,
    dependencies=[public("devices prove themselves by their key, which opens nothing else")],
)
async def raise_alarm(
    request: Request, session: RawSession, told: AlarmIn, x_device_key: DeviceKey = None
) -> AlarmOut:
    """Raise an alarm: an event at the device's place; shortly one after another they are one."""
    rates, address = request.app.state.rates, address_of(request)
    try:
        if not x_device_key:
            raise Unauthenticated("give the device's key as X-Device-Key")
        device = await device_service.enter_by_key(session, x_device_key, address)
    except Unauthenticated:
        await rates.count_public(address)
        raise
    await rates.count_place_device(device["id"])
    return await device_service.raise_alarm(session, device, told, request.app.state.keyring)


@router.get("/alarms", dependencies=[may(Permission.DIRECT_EVENTS)])
async def alarms(
    session: Session,
    division: Within = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[AlarmLine]:
    """What devices of the caller's areas raised, the latest first, and the events it became."""
    low, high = range_within(division)
    return await device_service.alarms(session, low, high, limit=limit)


@router.get("/video-links", dependencies=[_LOOK])
async def links(
    session: Session, lon: Lon, lat: Lat, datum: Datum, radius_m: RadiusM = 300.0
) -> list[VideoLink]:
    """What shows something in the micro-grid of a place, or so near it; the nearest first."""
    x, y = to_wgs84(lon, lat, datum)
    return await device_service.links_near(session, lon=x, lat=y, radius_m=radius_m)


@router.get("/events/{event_id}/video-links", dependencies=[_LOOK])
async def links_of_event(
    session: Session, event_id: EventId, radius_m: RadiusM = 300.0
) -> list[VideoLink]:
    """What shows something in the micro-grid of an event, or so near it."""
    return await device_service.links_of_event(session, event_id, radius_m=radius_m)


@router.post("/broadcasts", status_code=201, dependencies=[may(Permission.BROADCAST)])
async def send(session: Session, caller: Caller, told: BroadcastIn) -> BroadcastOut:
    """Say something to whoever answers for cells, and over the loudspeakers there; once a key."""
    return await broadcasting.send(session, told, caller)


@router.get("/broadcasts", dependencies=[may(Permission.DIRECT_EVENTS)])
async def broadcasts(
    session: Session,
    division: Within = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[BroadcastOut]:
    """What was said, to how many, and how far it got."""
    low, high = range_within(division)
    return await broadcasting.broadcasts(session, low, high, limit=limit)

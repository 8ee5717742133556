"""What the office does with devices at places: set them up, take their alarms, link their video."""

from __future__ import annotations

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.digests import digest_of, new_secret
from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import Actor
from gridsvc.codes import code_range
from gridsvc.db import EVERYWHERE, Scope, enter, widened
from gridsvc.dispatch import service as dispatch
from gridsvc.errors import BadInput, Conflict, NotFound, Unauthenticated
from gridsvc.events.schemas import EventIn
from gridsvc.geo import Datum, to_wgs84
from gridsvc.grids.own_areas import check_area
from gridsvc.grids.queries import cell_at
from gridsvc.keyring import Keyring
from gridsvc.mandates.service import reportable_matter
from gridsvc.outreach import device_queries
from gridsvc.outreach.device_schemas import (
    AlarmIn,
    AlarmLine,
    AlarmOut,
    PlaceDeviceIn,
    PlaceDeviceOut,
    PlaceDeviceSet,
    VideoLink,
)

KEY_BEGINS = "gsa_"
#: Seconds within which what a device raises again belongs to the same event.
JOIN_S = 600.0
_MOST_LINKS = 50


async def set_device(
    session: AsyncSession, told: PlaceDeviceIn, caller: Identity
) -> PlaceDeviceSet:
    """Set a device up, or change the one of its code; an alarm that has no key gets one.

    Raises
    ------
    BadInput
        If no published grid covers its place, or its alarms could not be reported.
    Forbidden
        If it stands, or stood, outside the caller's areas.
    Conflict
        If another place uses the code.
    """
    lon, lat = to_wgs84(told.lon, told.lat, told.datum)
    cell = await cell_at(session, lon=lon, lat=lat)
    if cell is None:
        raise BadInput("the place lies outside every published grid; check the datum")
    check_area(cell.division_code, caller)
    if told.matter is not None:
        await reportable_matter(session, told.matter)
    async with widened(session, EVERYWHERE):
        before = await device_queries.known(session, told.code)
    if before is not None and not caller.answers_for(before["division_code"]):
        raise Conflict(f"the code {told.code} is used elsewhere; choose another one")
    key, digest = None, None
    if told.matter is not None:
        digest = before["digest"] if before and before["revoked_at"] is None else None
        if digest is None:
            key = KEY_BEGINS + new_secret()
            digest = digest_of(key)
    found = await device_queries.set_device(
        session,
        told.model_dump(exclude={"datum"})
        | {"lon": lon, "lat": lat, "division": cell.division_code, "digest": digest},
    )
    device = await _shown(session, found)
    await _note(session, Action.DEVICE_REGISTERED, device)
    return PlaceDeviceSet(device=device, key=key)


async def _shown(session: AsyncSession, device_id: int) -> PlaceDeviceOut:
    row = await device_queries.device(session, device_id)
    if row is None:
        raise NotFound(f"there is no device {device_id} in your areas")
    return PlaceDeviceOut(**row)


async def _note(session: AsyncSession, action: Action, device: PlaceDeviceOut) -> None:
    await audit.record(
        session,
        action,
        "place_device",
        device.code,
        division_code=device.division_code,
        after={"kind": device.kind, "matter": device.matter},
    )


async def devices(
    session: AsyncSession, low: str, high: str, *, kind: str | None
) -> list[PlaceDeviceOut]:
    """Devices of a range of division codes."""
    rows = await device_queries.devices(session, low, high, kind=kind)
    return [PlaceDeviceOut(**row) for row in rows]


async def revoke(session: AsyncSession, device_id: int) -> PlaceDeviceOut:
    """Let a device raise, show and say nothing any more, until it is set up again.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    device = await _shown(session, device_id)
    await device_queries.revoke(session, device_id)
    await _note(session, Action.DEVICE_REVOKED, device)
    return await _shown(session, device_id)


async def enter_by_key(session: AsyncSession, key: str, address: str | None) -> RowMapping:
    """The device of a key; from here on the transaction sees its division alone.

    Parameters
    ----------
    address
        Network address it asks from.

    Raises
    ------
    Unauthenticated
        If no device has this key, or it was revoked.
    """
    await enter(session, EVERYWHERE)
    device = await device_queries.by_digest(session, digest_of(key))
    if device is None:
        raise Unauthenticated("no device has this key; set the device up or check its settings")
    await enter(session, Scope((code_range(device["division_code"]),)))
    session.info["actor"] = Actor(None, f"device {device['code']}", via="device", address=address)
    return device


async def raise_alarm(
    session: AsyncSession, device: RowMapping, told: AlarmIn, keyring: Keyring
) -> AlarmOut:
    """Take an alarm: an event at the device's place, or one more of the event that is open.

    Parameters
    ----------
    device
        As `enter_by_key` gives it.

    Raises
    ------
    BadInput
        If the client key was used with another body, or the event cannot be reported.
    """
    await device_queries.touch(session, device["id"])
    digest = client_keys.digest_of(told)
    before = await device_queries.alarm(session, device["id"], told.client_key)
    if before is not None:
        client_keys.check_same(
            told.client_key, before["body_sha256"], digest, used="with another body"
        )
        return AlarmOut(event=before["event_id"], joined=before["joined"])
    event = await device_queries.open_event(session, device["id"], within_s=JOIN_S)
    joined = event is not None
    if event is None:
        reported = EventIn(
            matter=device["matter"],
            **{"lon": device["lon"], "lat": device["lat"], "datum": Datum.WGS84},
            description=f"{device['name']}：{told.note}",
            client_key=f"alarm {device['id']} {told.client_key}",
            captured_at=told.captured_at,
        )
        event = (await dispatch.report(session, reported, keyring)).id
    await device_queries.add_alarm(
        session,
        {
            **{"device": device["id"], "event": event, "division": device["division_code"]},
            **{"client_key": told.client_key, "digest": digest},
        },
    )
    return AlarmOut(event=event, joined=joined)


async def alarms(session: AsyncSession, low: str, high: str, *, limit: int) -> list[AlarmLine]:
    """What was raised in a range of division codes, the latest first."""
    rows = await device_queries.alarms(session, low, high, limit=limit)
    return [AlarmLine(**row) for row in rows]


async def links_near(
    session: AsyncSession, *, lon: float, lat: float, radius_m: float
) -> list[VideoLink]:
    """What shows something in the cell of a place (degrees, WGS-84) or near it, nearest first."""
    rows = await device_queries.links(
        session, lon=lon, lat=lat, radius_m=radius_m, limit=_MOST_LINKS
    )
    return [VideoLink(**row) for row in rows]


async def links_of_event(
    session: AsyncSession, event_id: int, *, radius_m: float
) -> list[VideoLink]:
    """What shows something in the cell of an event or near it.

    Raises
    ------
    NotFound
        If there is no such event in the caller's areas.
    """
    place = await device_queries.event_place(session, event_id)
    if place is None:
        raise NotFound(f"there is no event {event_id}")
    return await links_near(session, lon=place[0], lat=place[1], radius_m=radius_m)

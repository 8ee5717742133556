"""HTTP doors for positioning apps: OsmAnd and Traccar Client, Traccar servers, OwnTracks.

Phones have no account: they prove themselves by their device key, which opens these doors only.
Answers are those the apps expect, so that none of them sends the same thing for ever.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.access import RawSession, address_of, public
from gridsvc.dispatch import positions
from gridsvc.errors import BadInput, Unauthenticated
from gridsvc.exchange import phones
from gridsvc.people import devices, tracking
from gridsvc.people.pings import Ping, Source
from gridsvc.people.tracking import Told

router = APIRouter(prefix="/api/phones", tags=["phones"])

_BY_KEY = public("phones prove themselves by their device key, which opens nothing else")


class UnknownDevice(BadInput):
    """A device that is not registered here or was revoked; Traccar's clients expect 400."""

    status = 400
    title = "Unknown device"


@router.get("/osmand", dependencies=[_BY_KEY], response_class=Response)
async def osmand_query(request: Request, session: RawSession) -> Response:
    """A position by the OsmAnd protocol: ``?id=KEY&lat=…&lon=…&timestamp=…`` and more."""
    return await _from_osmand(request, session)


@router.post("/osmand", dependencies=[_BY_KEY], response_class=Response)
async def osmand_body(request: Request, session: RawSession) -> Response:
    """The same as a form or in the query, or as the JSON of Traccar Client from version 9 on."""
    return await _from_osmand(request, session)


@router.post("/traccar", dependencies=[_BY_KEY], response_class=Response)
async def traccar(request: Request, session: RawSession) -> Response:
    """A position that a Traccar server forwards as JSON; ``device.uniqueId`` is the key."""
    message = phones.from_traccar_server(await request.body())
    return await _take(request, session, message, Source.TRACCAR)


@router.post("/owntracks", dependencies=[_BY_KEY])
async def owntracks(request: Request, session: RawSession) -> list[str]:
    """A message of OwnTracks in HTTP mode; the key is the password of Basic authentication.

    Whatever a known phone sends is answered with 200, lest its queue wait for ever: a message
    that is no position, or none that can be read, is dropped. The answer has no messages for it.
    """
    key = phones.key_of_basic(request.headers.get("authorization"))
    device = await _known(request, session, key)
    try:
        ping = phones.from_owntracks(await request.body())
    except phones.Unreadable:
        ping = None
    if ping is not None:
        await _keep(request, session, device, ping, Source.OWNTRACKS)
    return []


async def _from_osmand(request: Request, session: AsyncSession) -> Response:
    message = phones.from_osmand(request.url.query, await request.body())
    return await _take(request, session, message, Source.OSMAND)


async def _take(
    request: Request, session: AsyncSession, message: phones.Message, source: Source
) -> Response:
    try:
        device = await _known(request, session, message.key)
    except Unauthenticated as failure:
        raise UnknownDevice(failure.detail) from failure
    if message.ping is not None:
        await _keep(request, session, device, message.ping, source)
    return Response()


async def _known(request: Request, session: AsyncSession, key: str | None) -> devices.Device:
    """The phone of a key; strangers are counted by their address, phones each by itself."""
    rates, address = request.app.state.rates, address_of(request)
    try:
        if not key:
            raise Unauthenticated("give the device's key")
        device = await devices.enter_by_key(session, key, address)
    except Unauthenticated:
        await rates.count_public(address)
        raise
    await rates.count_device(device.id)
    return device


async def _keep(
    request: Request, session: AsyncSession, device: devices.Device, ping: Ping, source: Source
) -> None:
    limits = tracking.limits_of(request.app.state.settings)
    told = [Told(device.person, ping, device.datum)]
    await positions.record(session, told, source=source, limits=limits)

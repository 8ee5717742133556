"""HTTP doors for people without an account: report, follow, see how it goes, rate, reopen.

They are known by their tracking number alone, and counted by their network address.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

from asgi_correlation_id import correlation_id
from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.access import RawSession, address_of, public
from gridsvc.audit.actor import Actor
from gridsvc.db import EVERYWHERE, enter
from gridsvc.dispatch import service
from gridsvc.errors import Conflict
from gridsvc.events import citizens
from gridsvc.events.citizen_schemas import (
    FollowIn,
    NearbyEvents,
    RatingIn,
    ReopeningIn,
    ReportIn,
    ReportProgress,
)
from gridsvc.events.photos import FORMATS, PhotoLimits, clean_photo
from gridsvc.events.schemas import MoveIn
from gridsvc.events.states import State
from gridsvc.events.voices import MEDIA_TYPES
from gridsvc.geo import Datum
from gridsvc.grids.routes import Lat, Lon

router = APIRouter(prefix="/api/public", tags=["public"])

_ANYBODY = public("whoever sees something may report it; the tracking number is the proof")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_PICTURES = {f"image/{kind.lower()}": _BINARY for kind in FORMATS}
_RECORDINGS = dict.fromkeys(MEDIA_TYPES, _BINARY)

Number = Annotated[
    str, Path(pattern=r"^[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}$", alias="number")
]


async def _citizen(request: Request, session: RawSession) -> AsyncSession:
    """The transaction of somebody without an account: what they do, not what they may read."""
    await request.app.state.rates.count_public(address_of(request))
    await enter(session, EVERYWHERE)
    session.info["actor"] = Actor(
        None,
        "citizen",
        via="public",
        address=address_of(request),
        request_id=correlation_id.get(),
    )
    return session


async def _reporter(request: Request) -> None:
    await request.app.state.rates.count_report(address_of(request))


Citizen = Annotated[AsyncSession, Depends(_citizen, scope="function")]
_COUNTED = Depends(_reporter)


@router.post("/reports", status_code=201, dependencies=[_ANYBODY, _COUNTED])
async def report(request: Request, session: Citizen, told: ReportIn) -> ReportProgress:
    """Report something; the answer has the tracking number. The same key is the same report."""
    event = await service.report(session, told.as_event(), request.app.state.keyring)
    return await citizens.keep(session, event.id, told.client_key, kind=told.kind)


@router.get("/nearby", dependencies=[_ANYBODY])
async def nearby(session: Citizen, lon: Lon, lat: Lat, datum: Datum) -> NearbyEvents:
    """What is open near a place: perhaps it was reported already."""
    return await citizens.nearby(session, lon=lon, lat=lat, datum=datum)


@router.post("/follows", status_code=201, dependencies=[_ANYBODY, _COUNTED])
async def follow(session: Citizen, wish: FollowIn) -> ReportProgress:
    """Follow what was reported near by; the answer has a tracking number of one's own."""
    return await citizens.follow(session, wish)


@router.get("/reports/{number}", dependencies=[_ANYBODY])
async def progress(session: Citizen, number: Number) -> ReportProgress:
    """How a report goes."""
    return await citizens.progress(session, number)


@router.post(
    "/reports/{number}/photos",
    status_code=201,
    dependencies=[_ANYBODY, _COUNTED],
    openapi_extra={"requestBody": {"required": True, "content": _PICTURES}},
)
async def add_photo(request: Request, session: Citizen, number: Number) -> ReportProgress:
    """Add a photo (JPEG, PNG or WebP as the body) to a report; it is drawn anew."""
    await citizens.known(session, number)  # before anything is decoded
    settings = request.app.state.settings
    limits = PhotoLimits(settings.max_photo_bytes, settings.max_photo_pixels)
    photo = await asyncio.to_thread(clean_photo, await request.body(), limits)
    return await citizens.add_photo(session, number, photo)


@router.post(
    "/reports/{number}/voice",
    status_code=201,
    dependencies=[_ANYBODY, _COUNTED],
    openapi_extra={"requestBody": {"required": True, "content": _RECORDINGS}},
)
async def add_voice(request: Request, session: Citizen, number: Number) -> ReportProgress:
    """Add a voice note (WebM, Ogg or MP4 as the body) to a report; it is kept sealed."""
    keyring = request.app.state.keyring
    return await citizens.add_voice(session, number, await request.body(), keyring)


@router.post("/reports/{number}/rating", dependencies=[_ANYBODY])
async def rate(session: Citizen, number: Number, rating: RatingIn) -> ReportProgress:
    """Say how content one is with what was done; the later rating counts."""
    return await citizens.rate(session, number, rating)


@router.post("/reports/{number}/reopening", dependencies=[_ANYBODY, _COUNTED])
async def reopen(session: Citizen, number: Number, why: ReopeningIn) -> ReportProgress:
    """Say that what was closed is not done: it is given to somebody again."""
    row = await citizens.known(session, number)
    if not row["may_reopen"]:
        raise Conflict(
            "only whoever reported it may reopen what was closed, within a month; report it anew"
        )
    change = MoveIn(to_state=State.REOPENED, note=why.note)
    await service.move(session, row["event_id"], change)
    return await citizens.progress(session, number)

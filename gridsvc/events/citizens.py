"""What the office does for people without an account: their number, progress, rating, following."""

from __future__ import annotations

import hashlib
from base64 import b32encode, b64decode, b64encode

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.errors import Conflict, NotFound
from gridsvc.events import citizen_queries, queries, service, voices
from gridsvc.events.citizen_schemas import (
    FollowIn,
    NearbyEvent,
    NearbyEvents,
    RatingIn,
    ReportProgress,
    Step,
)
from gridsvc.events.photos import Photo
from gridsvc.events.states import State
from gridsvc.geo import Datum, to_wgs84
from gridsvc.keyring import Keyring

#: Metres within which, and days since, something is offered as "reported already".
NEARBY_M, NEARBY_DAYS = 150.0, 30
MOST_NEARBY = 8
#: Days after which what was closed is reported anew instead of being reopened.
REOPEN_DAYS = 30
MOST_VOICES = 3
_RATED = frozenset({State.HANDLED, State.VERIFIED, State.CLOSED})
_LETTERS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_MISREAD = str.maketrans("OIL", "011", "- ")


def number_of(client_key: str) -> str:
    """Tracking number of a report: sixty bits that come of the client's random key alone.

    So the same report has the same number however often it is sent, and none needs to be kept.

    Examples
    --------
    >>> number_of("6f1c2f5e-7a58-4f0e-9a53-1f2f6f4a9c11")
    'BZGH-8EEE-7QS0'
    """
    digest = hashlib.sha256(f"gridsvc tracking {client_key}".encode()).digest()
    letters = b32encode(digest).decode().translate(_LETTERS)
    return f"{letters[:4]}-{letters[4:8]}-{letters[8:12]}"


def digest_of(number: str) -> bytes:
    """What is kept of a tracking number; letters that are easily misread are the same."""
    return hashlib.sha256(number.upper().translate(_MISREAD).encode()).digest()


async def keep(
    session: AsyncSession, event_id: int, client_key: str, *, kind: str, follows: bool = False
) -> ReportProgress:
    """Give a report its tracking number, once; how it goes."""
    number = number_of(client_key)
    await citizen_queries.add(
        session, event_id, number_sha256=digest_of(number), kind=kind, follows=follows
    )
    return await progress(session, number)


async def known(session: AsyncSession, number: str) -> RowMapping:
    """The report of a tracking number.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = await citizen_queries.by_number(session, digest_of(number), reopen_days=REOPEN_DAYS)
    if row is None:
        raise NotFound("no report has this tracking number; check it letter by letter")
    return row


async def progress(session: AsyncSession, number: str) -> ReportProgress:
    """How a report goes; raises as `known`."""
    row = await known(session, number)
    steps = [Step(**step) for step in await citizen_queries.steps(session, row["event_id"])]
    shown = {name: row[name] for name in ReportProgress.model_fields if name in row}
    return ReportProgress(
        number=number.upper(), steps=steps, may_rate=State(row["state"]) in _RATED, **shown
    )


async def nearby(session: AsyncSession, *, lon: float, lat: float, datum: Datum) -> NearbyEvents:
    """Open events near a place, nearest first."""
    x, y = to_wgs84(lon, lat, datum)
    rows = await _around(session, x, y)
    return NearbyEvents(events=[NearbyEvent(**row) for row in rows])


async def _around(
    session: AsyncSession, x: float, y: float, event: int | None = None
) -> list[RowMapping]:
    return await citizen_queries.nearby(
        session,
        event=event,
        lon=x,
        lat=y,
        radius_m=NEARBY_M,
        days=NEARBY_DAYS,
        limit=MOST_NEARBY,
    )


async def follow(session: AsyncSession, wish: FollowIn) -> ReportProgress:
    """Follow what was reported near by; sent again it is the same following.

    Raises
    ------
    NotFound
        If that event is not open near by: whoever follows it must have been told of it there.
    """
    number = number_of(wish.client_key)
    if await citizen_queries.by_number(session, digest_of(number), reopen_days=REOPEN_DAYS):
        return await progress(session, number)
    x, y = to_wgs84(wish.lon, wish.lat, wish.datum)
    if not await _around(session, x, y, wish.event):
        raise NotFound("this was closed meanwhile or is not near by; report it anew")
    return await keep(session, wish.event, wish.client_key, kind="problem", follows=True)


async def rate(session: AsyncSession, number: str, rating: RatingIn) -> ReportProgress:
    """Say how content one is with what was done; again, and the later counts.

    Raises
    ------
    NotFound
        If nothing has this number.
    Conflict
        If nothing was done yet.
    """
    row = await known(session, number)
    if State(row["state"]) not in _RATED:
        raise Conflict("this is rated when it was handled; wait until then")
    await citizen_queries.rate(session, row["id"], score=rating.score, comment=rating.comment)
    await audit.record(
        session,
        Action.EVENT_RATED,
        "event",
        row["event_id"],
        division_code=row["division_code"],
        after={"score": rating.score},
    )
    return await progress(session, number)


async def add_photo(session: AsyncSession, number: str, photo: Photo) -> ReportProgress:
    """Add a photo to one's own report; the same one again is kept once.

    Raises
    ------
    NotFound
        If nothing has this number.
    Conflict
        If it is somebody else's report, was closed, or has as many as it may have.
    """
    row = await _own(session, number)
    await service.keep_photo(session, row["event_id"], photo, purpose="report", added_by=None)
    return await progress(session, number)


async def add_voice(
    session: AsyncSession, number: str, content: bytes, keyring: Keyring
) -> ReportProgress:
    """Add a voice note to one's own report, sealed; raises as `add_photo` and `media_type_of`."""
    media_type = voices.media_type_of(content)
    row = await _own(session, number)
    if await citizen_queries.count_voices(session, row["event_id"]) >= MOST_VOICES:
        raise Conflict(f"a report has at most {MOST_VOICES} voice notes")
    await citizen_queries.add_voice(
        session,
        event_id=row["event_id"],
        media_type=media_type,
        sha256=hashlib.sha256(content).digest(),
        content_sealed=keyring.seal(b64encode(content).decode()),
    )
    return await progress(session, number)


async def _own(session: AsyncSession, number: str) -> RowMapping:
    row = await known(session, number)
    await queries.lock(session, row["event_id"])
    if row["follows"] or State(row["state"]) in {State.CLOSED, State.REJECTED}:
        raise Conflict("photos and voice notes belong to an open report of one's own")
    return row


async def voice(
    session: AsyncSession, event_id: int, keyring: Keyring, *, purpose: str
) -> tuple[bytes, str]:
    """The newest voice note of an event and its media type, for a purpose; reading is recorded.

    Raises
    ------
    NotFound
        If the event has none.
    """
    row = await citizen_queries.voice(session, event_id)
    if row is None:
        raise NotFound(f"event {event_id} has no voice note")
    await audit.record(
        session,
        Action.UNMASKED,
        "event",
        event_id,
        division_code=row["division_code"],
        purpose=purpose,
    )
    return b64decode(keyring.open(row["content"])), row["media_type"]

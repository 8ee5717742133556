"""HTTP door of the live stream: server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from gridsvc.accounts.access import Bearer, Caller, Cookie, Key, Session, may, proven
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.codes import range_within
from gridsvc.db import NOWHERE, transaction
from gridsvc.errors import BadInput, Forbidden, Unauthenticated
from gridsvc.feed import queries
from gridsvc.feed.cursor import MOST_LENGTH, Cursor
from gridsvc.feed.hub import Hub
from gridsvc.feed.schemas import OF_EVENTS, Kind
from gridsvc.feed.streams import Stream, Wish
from gridsvc.grids.routes import Within
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api", tags=["live"])


def _kinds(identity: Identity, asked: list[Kind] | None) -> frozenset[Kind]:
    """What may be told of what was asked for; everything that may be, if nothing was."""
    allowed: frozenset[Kind] = frozenset()
    if identity.may(Permission.VIEW_EVENTS):
        allowed |= OF_EVENTS
    if identity.may(Permission.VIEW_PEOPLE):
        allowed |= {"position"}
    if not asked:
        return allowed
    if beyond := sorted(set(asked) - allowed):
        raise Forbidden(f"you may not be told of {beyond[0]}; leave it out")
    return frozenset(asked)


async def wish(
    session: Session,
    caller: Caller,
    kind: Annotated[list[Kind] | None, Query(description="none = every one you may see")] = None,
    division: Within = None,
    matter: Annotated[PlainText | None, Query(min_length=1, max_length=64)] = None,
    purpose: Annotated[
        PlainText | None,
        Query(
            min_length=2,
            max_length=200,
            description="what the exact places of people are needed for; recorded. Without one "
            "they are told by micro-grid",
        ),
    ] = None,
) -> Wish:
    """What is asked for, as far as the caller may see it."""
    low, high = range_within(division)
    kinds = _kinds(caller, kind)
    if purpose is not None:
        await _note_reading(session, caller, kinds, division, purpose)
    matters = None if matter is None else await queries.matter_and_below(session, matter)
    if matters is not None and not matters:
        raise BadInput(f"unknown matter {matter!r}; use a code of the loaded list of matters")
    return Wish(kinds, low, high, matters, exact=purpose is not None)


async def _note_reading(
    session: Session, caller: Caller, kinds: frozenset[Kind], division: str | None, purpose: str
) -> None:
    """Write into the audit trail that somebody watches where people are, and what for."""
    if "position" not in kinds or not caller.may(Permission.UNMASK):
        raise Forbidden(
            "you may not see where people stand; leave the purpose out to see their micro-grids"
        )
    for area in (division,) if division is not None else caller.areas:
        await audit.record(
            session,
            Action.WHEREABOUTS_READ,
            "live",
            "positions",
            division_code=area,
            purpose=purpose,
        )


async def opened(
    request: Request,
    caller: Caller,
    wish: Annotated[Wish, Depends(wish)],
    last_event_id: Annotated[str | None, Header(max_length=MOST_LENGTH)] = None,
) -> Stream:
    """The stream that is to be opened, from where its client has read."""
    hub: Hub = request.app.state.live
    hub.admit(caller.account_id)
    cursor = Cursor.read(last_event_id) if last_event_id else None
    return Stream(caller.account_id, caller.scope, wish, cursor)


@router.get(
    "/live",
    response_class=EventSourceResponse,
    dependencies=[may(Permission.VIEW_EVENTS, Permission.VIEW_PEOPLE)],
)
async def live(
    request: Request,
    caller: Caller,
    bearer: Bearer,
    key: Key,
    cookie: Cookie,
    stream: Annotated[Stream, Depends(opened)],
    for_s: Annotated[
        float | None, Query(ge=0, le=86400, description="seconds until it ends; none = stays open")
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Be told what happens, as server-sent events: `event`, `assignment`, `move`, `position`.

    `ready` comes when everything up to now was told. A client that comes back with
    `Last-Event-ID` is told what it missed, nothing twice; `reset` says that this was too much:
    read everything anew. People on duty are told by micro-grid, once a second at most, or by
    place for a purpose that is recorded. `ended` comes when the session or the rights ended.
    """
    hub: Hub = request.app.state.live

    async def still() -> bool:
        async with transaction(request.app.state.engine, NOWHERE) as session:
            try:
                again = await proven(request, session, bearer, key, cookie, touch=False)
            except (Unauthenticated, Forbidden):
                return False
        return again.scope == caller.scope and again.permissions == caller.permissions

    async for event in hub.follow(stream, still, for_s=for_s):
        yield event

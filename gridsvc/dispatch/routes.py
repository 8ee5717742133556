"""HTTP doors that may give an event to somebody: reports, moves, positions, duty, nearest."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.dispatch import overriding, positions, service
from gridsvc.dispatch.schemas import Nearest, OverrideIn
from gridsvc.events.routes import EventId
from gridsvc.events.schemas import DecisionIn, EventIn, EventWithHistory, MoveIn
from gridsvc.geo import Datum
from gridsvc.grids.routes import Lat, Lon
from gridsvc.people import tracking
from gridsvc.people.routes import PersonCode
from gridsvc.people.schemas import DutyIn, DutyOut, PositionIn, PositionOut
from gridsvc.people.track_schemas import PositionBatchIn, PositionBatchOut
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api", tags=["dispatch"])


@router.post("/events", status_code=201, dependencies=[may(Permission.REPORT_EVENTS)])
async def report(request: Request, session: Session, event: EventIn) -> EventWithHistory:
    """Report an event; it is located, filed and given to the nearest eligible person.

    Without anybody eligible it waits, with the reason, and is taken up by itself.
    """
    return await service.report(session, event, request.app.state.keyring)


@router.post(
    "/events/{event_id}/moves",
    dependencies=[may(Permission.HANDLE_EVENTS, Permission.DIRECT_EVENTS)],
)
async def move(
    session: Session, caller: Caller, event_id: EventId, change: MoveIn
) -> EventWithHistory:
    """Move an event on: ACCEPTED, ON_SITE, HANDLED, VERIFIED, CLOSED, or RETURNED.

    With a client key a phone may send the same move again.
    """
    return await service.move(session, event_id, change, caller)


@router.post(
    "/events/{event_id}/suspensions/decision",
    dependencies=[may(Permission.APPROVE_SUSPENSIONS)],
)
async def decide_suspension(
    session: Session, event_id: EventId, decision: DecisionIn
) -> EventWithHistory:
    """Approve or refuse to put an event off; whoever asked does not decide."""
    return await service.decide_suspension(session, event_id, decision)


@router.post("/events/{event_id}/assignment", dependencies=[may(Permission.DIRECT_EVENTS)])
async def override(session: Session, event_id: EventId, order: OverrideIn) -> EventWithHistory:
    """Give an event to somebody of one's own choice, with the reason; the history stays.

    `instead_of` is who has it as the dispatcher sees it: of two at once the second is told.
    """
    return await overriding.override(session, event_id, order)


@router.get("/nearest", dependencies=[may(Permission.FIND_NEAREST)])
async def nearest(
    session: Session,
    lon: Lon,
    lat: Lat,
    datum: Datum,
    matter: Annotated[PlainText, Query(min_length=1, max_length=64, examples=["E0401"])],
    k: Annotated[int, Query(ge=1, le=50)] = 5,
) -> Nearest:
    """Who would take a matter at this point: ranked, with distance and reason."""
    return await service.nearest(session, lon=lon, lat=lat, datum=datum, matter_code=matter, k=k)


@router.post(
    "/positions",
    dependencies=[may(Permission.TELL_POSITION, Permission.TELL_POSITIONS_OF_OTHERS)],
)
async def position(
    request: Request, session: Session, caller: Caller, position: PositionIn
) -> PositionOut:
    """Tell where a person is; what cannot be, or is older than what is known, is not used."""
    limits = tracking.limits_of(request.app.state.settings)
    return await positions.record_position(session, position, caller, limits)


@router.post(
    "/positions/batch",
    dependencies=[may(Permission.TELL_POSITION, Permission.TELL_POSITIONS_OF_OTHERS)],
)
async def position_batch(
    request: Request, session: Session, caller: Caller, batch: PositionBatchIn
) -> PositionBatchOut:
    """Tell where people were; the same batch sent again gets the same answer and changes nothing.

    Positions that cannot be used are kept with the reason. A person unknown here refuses all.
    """
    limits = tracking.limits_of(request.app.state.settings)
    return await positions.record_batch(session, batch, caller, limits)


@router.post(
    "/people/{code}/duty",
    dependencies=[may(Permission.SET_DUTY, Permission.SET_DUTY_OF_OTHERS)],
)
async def duty(session: Session, caller: Caller, code: PersonCode, change: DutyIn) -> DutyOut:
    """Put a person on or off duty."""
    return await service.set_duty(session, code, on_duty=change.on_duty, setter=caller)

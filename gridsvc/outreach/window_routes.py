"""HTTP doors of village windows and work orders."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.events.states import State
from gridsvc.grids.routes import Within
from gridsvc.outreach import window_service
from gridsvc.outreach.orders import OrderState
from gridsvc.outreach.visit_routes import Id
from gridsvc.outreach.window_schemas import (
    CompletionIn,
    OrderIn,
    OrderPage,
    OrderPlanIn,
    OrderVerificationIn,
    OrderWithHistory,
    RegisteredPage,
    RegistrationIn,
    RegistrationOut,
    WindowFigures,
    WindowIn,
    WindowOut,
)
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api", tags=["windows"])

_DESK = may(Permission.DIRECT_EVENTS)
_AT_WINDOW = may(Permission.REGISTER_AT_WINDOW)
_ORDERS = may(Permission.DIRECT_EVENTS, Permission.ANSWER_CALLS)
_UNIT = may(Permission.ANSWER_CALLS)
AtDoor = Annotated[bool | None, Query(description="done at the door or not; none = all")]
Choice = Annotated[PlainText | None, Query(min_length=1, max_length=64)]


@router.put("/windows", dependencies=[_DESK])
async def set_window(session: Session, caller: Caller, told: WindowIn) -> WindowOut:
    """Open a window, or change the one of that code."""
    return await window_service.set_window(session, told, caller)


@router.get("/windows", dependencies=[_AT_WINDOW])
async def windows(session: Session, division: Within = None) -> list[WindowOut]:
    """Windows of the caller's areas."""
    low, high = range_within(division)
    return await window_service.windows(session, low, high)


@router.post("/windows/{window_id}/registrations", status_code=201, dependencies=[_AT_WINDOW])
async def register(
    request: Request, session: Session, window_id: Id, told: RegistrationIn
) -> RegistrationOut:
    """Register what somebody came with; the same key and body are the same registration."""
    return await window_service.register(session, window_id, told, request.app.state.keyring)


@router.get("/windows/{window_id}/registrations", dependencies=[_AT_WINDOW])
async def registered(
    session: Session,
    window_id: Id,
    state: State | None = None,
    class_code: Choice = None,
    at_door: AtDoor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> RegisteredPage:
    """What was registered, newest first, with number (销号) and work order."""
    return await window_service.registered(
        session,
        window_id,
        state=state,
        class_code=class_code,
        at_door=at_door,
        limit=limit,
        offset=offset,
    )


@router.get("/windows/{window_id}/figures", dependencies=[may(Permission.VIEW_FIGURES)])
async def figures(
    session: Session,
    window_id: Id,
    since: Annotated[AwareDatetime, Query(examples=["2026-01-01T00:00:00+08:00"])],
    until: Annotated[AwareDatetime, Query(examples=["2026-06-01T00:00:00+08:00"])],
) -> WindowFigures:
    """Registered within a span and closed at its end; every rate with its parts."""
    return await window_service.figures(session, window_id, since, until)


@router.post("/work-orders", status_code=201, dependencies=[_DESK])
async def issue(session: Session, told: OrderIn) -> OrderWithHistory:
    """Pass an event up to a unit."""
    return await window_service.issue(session, told)


@router.get("/work-orders", dependencies=[_ORDERS])
async def orders(
    session: Session,
    division: Within = None,
    state: OrderState | None = None,
    unit: Choice = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> OrderPage:
    """Work orders of the caller's areas, newest first."""
    low, high = range_within(division)
    return await window_service.page(
        session, low=low, high=high, state=state, unit=unit, limit=limit
    )


@router.get("/work-orders/{order_id}", dependencies=[_ORDERS])
async def show(session: Session, order_id: Id) -> OrderWithHistory:
    """A work order with all that was done."""
    return await window_service.show(session, order_id)


@router.put("/work-orders/{order_id}/plan", dependencies=[_UNIT])
async def plan(
    request: Request, session: Session, caller: Caller, order_id: Id, told: OrderPlanIn
) -> OrderWithHistory:
    """Say how the unit will do it: measures, deadline, who answers for it."""
    return await window_service.plan(session, order_id, told, request.app.state.keyring, caller)


@router.post("/work-orders/{order_id}/completion", dependencies=[_UNIT])
async def complete(
    session: Session, caller: Caller, order_id: Id, told: CompletionIn
) -> OrderWithHistory:
    """Say that it is done."""
    return await window_service.complete(session, order_id, told, caller)


@router.post("/work-orders/{order_id}/verification", dependencies=[_DESK])
async def verify(
    session: Session, caller: Caller, order_id: Id, told: OrderVerificationIn
) -> OrderWithHistory:
    """Say whether it is done; its event is then closed, gets its number and is published."""
    return await window_service.verify(session, order_id, told, caller)

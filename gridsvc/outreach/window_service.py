"""What the office does at village windows, and with what is passed up from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.codes import within
from gridsvc.dispatch import service as dispatch
from gridsvc.dispatch import whistle_queries
from gridsvc.dispatch.whistling import check_own
from gridsvc.errors import BadInput, Conflict, Forbidden, NotFound
from gridsvc.events.figures import rate
from gridsvc.events.life_schemas import Rate
from gridsvc.events.life_schemas import Window as Span
from gridsvc.events.schemas import MoveIn
from gridsvc.events.states import State
from gridsvc.events.suspensions import MOST
from gridsvc.grids.own_areas import check_own_area
from gridsvc.grids.queries import existing_divisions
from gridsvc.keyring import Keyring
from gridsvc.mandates import offices
from gridsvc.masking import masked
from gridsvc.outreach import orders, window_queries
from gridsvc.outreach.orders import OrderState
from gridsvc.outreach.window_schemas import (
    ClassFigures,
    CompletionIn,
    OrderDeed,
    OrderEscalationOut,
    OrderIn,
    OrderOut,
    OrderPage,
    OrderPlanIn,
    OrderVerificationIn,
    OrderWithHistory,
    Registered,
    RegisteredPage,
    RegistrationIn,
    RegistrationOut,
    WindowFigures,
    WindowIn,
    WindowOut,
)


async def set_window(
    session: AsyncSession, told: WindowIn, caller: Identity | None = None
) -> WindowOut:
    """Open a window, or change the one of that code in that division.

    Raises
    ------
    Forbidden, BadInput
        If the division is none, or not among the caller's areas.
    """
    await check_own_area(session, told.division, caller)
    if unknown := set(told.serves) - await existing_divisions(session, told.serves):
        raise BadInput(f"there is no division {min(unknown)} in your areas; leave it out of serves")
    found = await window_queries.set_window(session, told.model_dump())
    await audit.record(session, Action.OUTREACH_SET, "window", found, division_code=told.division)
    shown = told.model_dump(exclude={"division"})
    return WindowOut(id=found, division_code=told.division, **shown)


async def windows(session: AsyncSession, low: str, high: str) -> list[WindowOut]:
    """Windows of a range of division codes."""
    return [WindowOut(**row) for row in await window_queries.windows(session, low, high)]


async def _window(session: AsyncSession, window_id: int) -> RowMapping:
    found = await window_queries.window(session, window_id)
    if found is None:
        raise NotFound(f"there is no window {window_id} in your areas")
    return found


async def register(
    session: AsyncSession, window_id: int, told: RegistrationIn, keyring: Keyring
) -> RegistrationOut:
    """Take in what somebody came with: an event like any other, with its class.

    Raises
    ------
    NotFound
        If there is no such window.
    BadInput
        If the class is none of the window's, the place lies outside what it serves, the item is
        not on the list there, the time at the door is past or more than a year ahead, the event
        cannot be reported, or was registered otherwise under the same key.
    """
    found = await _window(session, window_id)
    if told.class_code not in {one["code"] for one in found["classes"]}:
        listed = ", ".join(f"{one['code']} ({one['name']})" for one in found["classes"])
        raise BadInput(f"{told.class_code} is no class of {found['name']}; choose one of {listed}")
    lead = timedelta(hours=found["door_lead_h"])
    event = await dispatch.report(
        session, told.event, keyring, not_before=told.at_door and told.at_door - lead
    )
    served = (found["division_code"], *found["serves"])
    if not any(within(event.division_code, division) for division in served):
        raise BadInput(
            f"the place lies outside what {found['name']} serves; register it at its own window"
        )
    if told.item is not None:
        await offices.known_item(session, told.item, event.division_code)
    asked = {"window_id": window_id} | told.model_dump(include={"class_code", "item", "at_door"})
    row = await window_queries.register(session, event.id, asked)
    if {name: row[name] for name in asked} != asked:
        raise BadInput(
            f"client_key {told.event.client_key!r} was used for a registration in another class "
            "or window, or of another item or time; choose a new key"
        )
    if told.at_door is not None:
        _check_to_come(told.at_door, row["registered_at"])
    return RegistrationOut(
        window=window_id, event=event, **{name: row[name] for name in row if name != "window_id"}
    )


def _check_to_come(at_door: datetime, registered_at: datetime) -> None:
    if at_door <= registered_at:
        raise BadInput("the time at the door is past; give one to come")
    if at_door > registered_at + MOST:
        raise BadInput(f"the time at the door lies more than {MOST.days} days ahead; book it later")


async def registered(
    session: AsyncSession,
    window_id: int,
    *,
    state: str | None = None,
    class_code: str | None = None,
    at_door: bool | None = None,
    limit: int,
    offset: int = 0,
) -> RegisteredPage:
    """What was registered at a window, newest first."""
    await _window(session, window_id)
    asked = {"window_id": window_id, "state": state, "class_code": class_code, "at_door": at_door}
    rows, total = await window_queries.registered(session, asked, limit=limit, offset=offset)
    return RegisteredPage(registrations=[Registered(**row) for row in rows], total=total)


async def figures(
    session: AsyncSession, window_id: int, since: datetime, until: datetime
) -> WindowFigures:
    """Registered within a span and closed at its end, in all and by class.

    Raises
    ------
    NotFound
        If there is no such window.
    BadInput
        If the span ends before it begins.
    """
    if until <= since:
        raise BadInput("the span ends before it begins; give since before until")
    found = await _window(session, window_id)
    counts = {
        row["class_code"]: (row["solved"], row["registered"])
        for row in await window_queries.figures(session, window_id, since, until)
    }
    names = {one["code"]: one["name"] for one in found["classes"]}
    return WindowFigures(
        window=window_id,
        span=Span(since=since, until=until),
        rate=_solved(*(sum(part) for part in zip(*counts.values(), strict=True))),
        classes=[
            ClassFigures(class_code=code, name=names.get(code, code), rate=_solved(*parts))
            for code, parts in sorted((dict.fromkeys(names, (0, 0)) | counts).items())
        ],
    )


def _solved(solved: int = 0, registered: int = 0) -> Rate:
    return rate("solved", "办结率", solved, registered)


async def issue(session: AsyncSession, told: OrderIn) -> OrderWithHistory:
    """Pass an event up to a unit.

    Raises
    ------
    NotFound
        If there is no such event.
    BadInput
        If the unit is unknown, or not on the list today.
    Conflict
        If the event is over, or another work order of it is open.
    """
    event = await window_queries.event(session, told.event)
    if event is None:
        raise NotFound(f"there is no event {told.event}")
    if event["state"] in {State.CLOSED, State.REJECTED}:
        raise Conflict(f"event {told.event} is {event['state']}; nothing is left to pass up")
    units = await whistle_queries.units_now(session, [told.unit], at=datetime.now(UTC))
    if not units:
        raise BadInput(f"unit {told.unit!r} is not on the list today, or not in your areas")
    added = await window_queries.issue(
        session,
        told.model_dump(include={"event", "unit", "level"})
        | {"division_code": event["division_code"]},
    )
    if added is None:
        raise Conflict(f"another work order of event {told.event} is open; verify it first")
    return await _done(session, added, None, told.note)


async def plan(
    session: AsyncSession, order_id: int, told: OrderPlanIn, keyring: Keyring, caller: Identity
) -> OrderWithHistory:
    """Say how the unit will do it: measures, deadline, who answers for it.

    Raises
    ------
    NotFound
        If there is no such work order.
    Forbidden
        If it is another unit's.
    Conflict
        If its state does not allow it.
    BadInput
        If the deadline is past.
    """
    row = await _own(session, order_id, OrderState.PLANNED, caller)
    if told.due_at <= datetime.now(UTC):
        raise BadInput("the deadline is past; give one to come")
    await window_queries.plan(
        session,
        order_id,
        {
            **{"measures": told.measures, "due_at": told.due_at},
            "responsible_sealed": keyring.seal(told.responsible),
            "responsible_masked": masked(told.responsible),
        },
    )
    return await _done(session, order_id, row["state"], told.measures)


async def complete(
    session: AsyncSession, order_id: int, told: CompletionIn, caller: Identity
) -> OrderWithHistory:
    """Say that it is done.

    Raises
    ------
    NotFound, Forbidden, Conflict
        As `plan`.
    """
    row = await _own(session, order_id, OrderState.DONE, caller)
    await window_queries.move(session, order_id, OrderState.DONE)
    return await _done(session, order_id, row["state"], told.note)


async def verify(
    session: AsyncSession, order_id: int, told: OrderVerificationIn, caller: Identity
) -> OrderWithHistory:
    """Say whether it is done; then its event is closed, gets its number and is published.

    Raises
    ------
    NotFound
        If there is no such work order.
    Forbidden
        If the caller acts for the unit that did it.
    Conflict
        If the order is not done, or its event cannot be closed.
    """
    row = await _locked(session, order_id)
    then = OrderState.VERIFIED if told.passed else OrderState.PLANNED
    if OrderState(row["state"]) is not OrderState.DONE:
        raise Conflict(f"work order {order_id} is {row['state']}; only what is DONE is verified")
    if caller.unit == row["unit"]:
        raise Forbidden("your unit's own work is verified by somebody else")
    await window_queries.move(session, order_id, then)
    if told.passed:
        event = await window_queries.event(session, row["event"])
        if event is None:
            raise Conflict("its event belongs to matters that you do not see; ask the desk")
        for state in orders.way_to_closing(State(event["state"])):
            await dispatch.move(session, row["event"], MoveIn(to_state=state, note=told.note))
    return await _done(session, order_id, row["state"], told.note)


async def _own(
    session: AsyncSession, order_id: int, then: OrderState, caller: Identity
) -> RowMapping:
    """A work order that the caller's own unit has, and that may become `then`."""
    row = await _locked(session, order_id)
    check_own(caller, row["unit"], row["unit_division"])
    orders.check(OrderState(row["state"]), then)
    return row


async def _locked(session: AsyncSession, order_id: int) -> RowMapping:
    row = await window_queries.order(session, order_id, lock=True)
    if row is None:
        raise NotFound(f"there is no work order {order_id} in your areas")
    return row


async def _done(
    session: AsyncSession, order_id: int, before: str | None, note: str
) -> OrderWithHistory:
    """Write a deed with its line of history and its entry in the audit trail."""
    actor = actor_of(session).shown
    await window_queries.note(session, order_id, from_state=before, actor=actor, note=note)
    shown = await show(session, order_id)
    await audit.record(
        session,
        Action.ORDER_MOVED,
        "work_order",
        order_id,
        division_code=shown.division_code,
        before={"state": before},
        after={"state": shown.state, "event": shown.event},
    )
    return shown


async def show(session: AsyncSession, order_id: int) -> OrderWithHistory:
    """A work order with all that was done.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await window_queries.order(session, order_id)
    if row is None:
        raise NotFound(f"there is no work order {order_id} in your areas")
    deeds = await window_queries.history(session, order_id)
    rungs = await window_queries.escalations(session, order_id)
    return OrderWithHistory(
        **row,
        history=[OrderDeed(**line) for line in deeds],
        escalations=[OrderEscalationOut(**rung) for rung in rungs],
    )


async def page(
    session: AsyncSession,
    *,
    low: str,
    high: str,
    state: str | None = None,
    unit: str | None = None,
    limit: int,
) -> OrderPage:
    """Work orders of a range of division codes, newest first; none = whatever state or unit."""
    rows, total = await window_queries.orders(
        session, low=low, high=high, state=state, unit=unit, limit=limit
    )
    return OrderPage(orders=[OrderOut(**row) for row in rows], total=total)

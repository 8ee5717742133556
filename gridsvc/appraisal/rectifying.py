"""Orders to put right what a survey showed (限期整改): measures, result, publication."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.appraisal import rectification_queries, survey_queries
from gridsvc.appraisal.survey_schemas import (
    RectificationIn,
    RectificationMove,
    RectificationOut,
)
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.grids.own_areas import check_own_area

#: From each state the one that follows.
NEXT = {"ORDERED": "UNDER_WAY", "UNDER_WAY": "DONE", "DONE": "PUBLISHED"}


async def order(
    session: AsyncSession, new: RectificationIn, caller: Identity, today: date
) -> RectificationOut:
    """Order something to be put right by a day.

    Raises
    ------
    BadInput
        If the deadline is over, or the wave or its indicator is none.
    Forbidden
        If the division lies outside the caller's areas.
    """
    await check_own_area(session, new.division, caller, or_whole=True)
    if new.deadline < today:
        raise BadInput(f"the deadline {new.deadline} is over; give a day to come")
    await _check_reason(session, new)
    row = new.model_dump() | {"actor": actor_of(session).login}
    order_id = await rectification_queries.add(session, row)
    await audit.record(
        session, Action.RECTIFICATION_MOVED, "rectification", order_id, division_code=new.division
    )
    return await _shown(session, order_id, today)


async def _check_reason(session: AsyncSession, new: RectificationIn) -> None:
    if new.wave is None:
        if new.indicator is not None:
            raise BadInput(f"say of which wave the indicator {new.indicator} is")
        return
    wave = await survey_queries.wave(session, new.wave)
    if wave is None:
        raise BadInput(f"there is no wave {new.wave} in your areas")
    asked = {one["code"] for side in wave["dimensions"] for one in side["indicators"]}
    if new.indicator is not None and new.indicator not in asked:
        raise BadInput(f"wave {new.wave} did not ask {new.indicator}")


async def move(
    session: AsyncSession, order_id: int, told: RectificationMove, today: date
) -> RectificationOut:
    """Tell the measures, then the result, then publish both.

    Raises
    ------
    NotFound
        If there is no such order in the caller's areas.
    Conflict
        If it is not this one's turn, or somebody else moved it at this moment.
    BadInput
        If measures or result are not said.
    """
    now = await _shown(session, order_id, today)
    if NEXT.get(now.state) != told.to_state:
        follows = NEXT.get(now.state, "nothing")
        raise Conflict(f"an order that is {now.state} becomes {follows}, not {told.to_state}")
    if told.to_state != "PUBLISHED" and not told.note.strip():
        raise BadInput("say in the note what is being done, or what came of it: it is published")
    moved = await rectification_queries.move(
        session,
        order_id,
        now=now.state,
        then=told.to_state,
        note=told.note,
        actor=actor_of(session).login,
        today=today,
    )
    if not moved:
        raise Conflict("somebody moved this order at this moment; look again")
    await audit.record(
        session,
        Action.RECTIFICATION_MOVED,
        "rectification",
        order_id,
        division_code=now.division,
        before={"state": now.state},
        after={"state": told.to_state},
    )
    return await _shown(session, order_id, today)


async def _shown(session: AsyncSession, order_id: int, today: date) -> RectificationOut:
    row = await rectification_queries.order(session, order_id, today)
    if row is None:
        raise NotFound(f"there is no order {order_id} in your areas")
    return RectificationOut(**row)


async def orders(
    session: AsyncSession, low: str, high: str, today: date, *, limit: int
) -> list[RectificationOut]:
    """Orders of a range of divisions, what is due first first."""
    rows = await rectification_queries.orders(session, low, high, today, limit=limit)
    return [RectificationOut(**row) for row in rows]

"""HTTP doors of whistle calls (吹哨报到): call, sign, check in, judge, score, close; figures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.dispatch import calling, whistle_figures, whistling
from gridsvc.dispatch.calls import CallState
from gridsvc.dispatch.whistle_schemas import (
    CheckInIn,
    ClosingIn,
    JudgementIn,
    SignatureIn,
    WhistleFigures,
    WhistleIn,
    WhistleNoteIn,
    WhistlePage,
    WhistleWithdrawalIn,
    WhistleWithHistory,
)
from gridsvc.grids.routes import Within
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api/whistles", tags=["whistles"])

WhistleId = Annotated[int, Path(ge=1, le=2**63 - 1)]
_LOOK = may(Permission.CALL_UNITS, Permission.ANSWER_CALLS)
_CALL = may(Permission.CALL_UNITS)


@router.post("", status_code=201, dependencies=[_CALL])
async def call(
    request: Request, session: Session, caller: Caller, new: WhistleIn
) -> WhistleWithHistory:
    """Call units about an event or a place; the same key and body are the same call."""
    usual_h = request.app.state.settings.whistle_h
    return await calling.call(session, new, caller, usual_h=usual_h)


@router.get("", dependencies=[_LOOK])
async def whistles(
    session: Session,
    division: Within = None,
    state: CallState | None = None,
    event: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    unit: Annotated[
        PlainText | None, Query(min_length=1, max_length=64, description="calls or is called")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> WhistlePage:
    """Calls of the caller's areas, newest first."""
    low, high = range_within(division)
    return await whistling.page(
        session, low=low, high=high, state=state, event=event, unit=unit, limit=limit, offset=offset
    )


@router.get("/figures", dependencies=[may(Permission.VIEW_FIGURES)])
async def figures(
    session: Session,
    since: Annotated[AwareDatetime, Query(examples=["2026-11-01T00:00:00+08:00"])],
    until: Annotated[AwareDatetime, Query(examples=["2026-12-01T00:00:00+08:00"])],
    division: Within = None,
) -> WhistleFigures:
    """Calls of a window: answered in time, resolved, scored; every rate with its parts.

    Calls count where they were made, called units where their time to check in runs out; nothing
    done after the window is looked at.
    """
    return await whistle_figures.figures(session, division=division, since=since, until=until)


@router.get("/{whistle_id}", dependencies=[_LOOK])
async def show(session: Session, whistle_id: WhistleId) -> WhistleWithHistory:
    """A call with its units and all that was done."""
    return await whistling.show(session, whistle_id)


@router.post(
    "/{whistle_id}/signatures", dependencies=[may(Permission.SIGN_CALLS, Permission.ANSWER_CALLS)]
)
async def sign(
    session: Session, caller: Caller, whistle_id: WhistleId, signature: SignatureIn
) -> WhistleWithHistory:
    """Sign a tackling call: the caller's leader and the leader of the unit that leads."""
    return await whistling.sign(session, whistle_id, signature, caller)


@router.post("/{whistle_id}/check-ins", dependencies=[may(Permission.ANSWER_CALLS)])
async def check_in(
    session: Session, caller: Caller, whistle_id: WhistleId, arrival: CheckInIn
) -> WhistleWithHistory:
    """Check a called unit in; the same key and body are the same check-in."""
    return await whistling.check_in(session, whistle_id, arrival, caller)


@router.post("/{whistle_id}/notes", dependencies=[_LOOK])
async def note(
    session: Session, caller: Caller, whistle_id: WhistleId, line: WhistleNoteIn
) -> WhistleWithHistory:
    """Write down what a unit does in the joint handling."""
    return await whistling.note(session, whistle_id, line, caller)


@router.post("/{whistle_id}/judgement", dependencies=[_CALL])
async def judge(
    session: Session, caller: Caller, whistle_id: WhistleId, word: JudgementIn
) -> WhistleWithHistory:
    """Say whether it is resolved: the calling unit's word alone."""
    return await whistling.judge(session, whistle_id, word, caller)


@router.post("/{whistle_id}/closing", dependencies=[_CALL])
async def close(
    session: Session, caller: Caller, whistle_id: WhistleId, closing: ClosingIn
) -> WhistleWithHistory:
    """Close a judged call with a score for each called unit."""
    return await whistling.close(session, whistle_id, closing, caller)


@router.post("/{whistle_id}/withdrawal", dependencies=[_CALL])
async def withdraw(
    session: Session, caller: Caller, whistle_id: WhistleId, withdrawal: WhistleWithdrawalIn
) -> WhistleWithHistory:
    """Take a call back before anybody came."""
    return await whistling.withdraw(session, whistle_id, withdrawal.note, caller)

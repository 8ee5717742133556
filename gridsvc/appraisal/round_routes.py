"""HTTP doors of rounds in which units judge each other."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.appraisal import judging
from gridsvc.appraisal.round_schemas import (
    AppraisalSchemeIn,
    AppraisalSchemeOut,
    RoundIn,
    RoundOut,
    RoundResults,
    ScoresIn,
)
from gridsvc.grids.routes import Within

router = APIRouter(prefix="/api", tags=["rounds"])
_APPRAISE = may(Permission.APPRAISE)
_LOOK = may(Permission.VIEW_FIGURES)

RoundId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.put("/appraisal-schemes", dependencies=[_APPRAISE])
async def set_scheme(
    session: Session, caller: Caller, told: AppraisalSchemeIn
) -> AppraisalSchemeOut:
    """Lay down who scores whom, or lay it down anew for rounds to come."""
    return await judging.set_scheme(session, told, caller)


@router.get("/appraisal-schemes", dependencies=[_LOOK])
async def schemes(session: Session, division: Within = None) -> list[AppraisalSchemeOut]:
    """Schemes that hold for a division, its own and those from above."""
    return await judging.schemes(session, division)


@router.post("/appraisal-rounds", status_code=201, dependencies=[_APPRAISE])
async def open_round(session: Session, caller: Caller, told: RoundIn) -> RoundOut:
    """Apply a scheme to some days, with the units there are today."""
    return await judging.open_round(session, told, caller)


@router.get("/appraisal-rounds", dependencies=[_LOOK])
async def rounds(session: Session, division: Within = None) -> list[RoundOut]:
    """Rounds of a division and of those above it, the newest first."""
    return await judging.rounds(session, division)


@router.get("/appraisal-rounds/{round_id}", dependencies=[_LOOK])
async def show(session: Session, round_id: RoundId) -> RoundOut:
    """A round, and how many scores were given of all there can be."""
    return await judging.show(session, round_id)


@router.put(
    "/appraisal-rounds/{round_id}/scores",
    dependencies=[may(Permission.CALL_UNITS, Permission.ANSWER_CALLS)],
)
async def score(session: Session, caller: Caller, round_id: RoundId, told: ScoresIn) -> RoundOut:
    """Score other units for one's own, until the round is closed."""
    return await judging.score(session, round_id, told, caller)


@router.post("/appraisal-rounds/{round_id}/closing", dependencies=[_APPRAISE])
async def close(
    request: Request, session: Session, caller: Caller, round_id: RoundId
) -> RoundResults:
    """Close a round: its results are final, and nothing of it changes any more."""
    zone = request.app.state.settings.time_zone
    return await judging.close(session, round_id, caller, zone=zone)


@router.get("/appraisal-rounds/{round_id}/results", dependencies=[_LOOK])
async def results(
    request: Request, session: Session, caller: Caller, round_id: RoundId
) -> RoundResults:
    """Points and places, with how sure they are; before it is closed for who appraises alone."""
    zone = request.app.state.settings.time_zone
    return await judging.results(session, round_id, caller, zone=zone)

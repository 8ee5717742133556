"""HTTP doors of rewards."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.appraisal import reward_queries, rewarding
from gridsvc.appraisal.reward_schemas import (
    GrantedOut,
    PaymentIn,
    RewardOut,
    RewardRuleIn,
    RewardRuleOut,
)
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within

router = APIRouter(prefix="/api", tags=["rewards"])
_APPRAISE = may(Permission.APPRAISE)
_SEES = may(Permission.APPRAISE, Permission.KEEP_LEDGER)

RewardId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.post("/reward-rules", status_code=201, dependencies=[_APPRAISE])
async def lay_down(session: Session, caller: Caller, new: RewardRuleIn) -> RewardRuleOut:
    """Lay down what reports of citizens earn from now on."""
    return await rewarding.lay_down(session, new, caller)


@router.get("/reward-rules", dependencies=[_SEES])
async def rules(session: Session, division: Within = None) -> list[RewardRuleOut]:
    """Rules of a division and those in it."""
    low, high = range_within(division)
    return [RewardRuleOut(**row) for row in await reward_queries.rules(session, low, high)]


@router.post("/rewards/granting", dependencies=[_APPRAISE])
async def grant(request: Request, session: Session, division: Within = None) -> GrantedOut:
    """Decide now what reports earned; the service does it every hour."""
    low, high = range_within(division)
    return await rewarding.grant(session, low, high, request.app.state.settings.time_zone)


@router.get("/rewards", dependencies=[_SEES])
async def rewards(session: Session, division: Within = None, limit: Limit = 100) -> list[RewardOut]:
    """Rewards given and refused, newest first; who earned them is not told."""
    low, high = range_within(division)
    return await rewarding.rewards(session, low, high, limit=limit)


@router.get("/rewards/own", dependencies=[may(Permission.REPORT_EVENTS)])
async def own(session: Session, caller: Caller, limit: Limit = 100) -> list[RewardOut]:
    """What the caller's own reports earned."""
    return await rewarding.own(session, caller, limit=limit)


@router.post("/rewards/{reward_id}/payment", dependencies=[may(Permission.KEEP_LEDGER)])
async def pay(session: Session, reward_id: RewardId, told: PaymentIn) -> RewardOut:
    """Tell that a red packet was paid by the payment service, with its number."""
    return await rewarding.pay(session, reward_id, told)

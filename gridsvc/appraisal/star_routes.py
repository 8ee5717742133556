"""HTTP doors of spot checks and stars."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.appraisal import rating, spot_queries, spotting, star_queries
from gridsvc.appraisal.star_schemas import (
    FoundOut,
    SearchIn,
    SpotCheckOut,
    StarRatingIn,
    StarRuleIn,
    StarRuleOut,
    StarsOut,
    VerdictIn,
)
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within

router = APIRouter(prefix="/api", tags=["stars"])
_FIGURES = may(Permission.VIEW_FIGURES)
_APPRAISE = may(Permission.APPRAISE)

CheckId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.post("/spot-checks/search", dependencies=[_APPRAISE])
async def search(session: Session, caller: Caller, wish: SearchIn) -> FoundOut:
    """Look for sham work: no track at the place, done too soon, photos seen before."""
    return await spotting.search(session, wish, caller)


@router.get("/spot-checks", dependencies=[_APPRAISE])
async def checks(
    session: Session,
    division: Within = None,
    judged: Annotated[bool | None, Query(description="none = all")] = None,
    limit: Limit = 100,
) -> list[SpotCheckOut]:
    """What was found, newest first."""
    low, high = range_within(division)
    rows = await spot_queries.checks(session, low, high, judged=judged, limit=limit)
    return [SpotCheckOut(**row) for row in rows]


@router.post("/spot-checks/{check_id}/verdict", dependencies=[_APPRAISE])
async def judge(session: Session, check_id: CheckId, told: VerdictIn) -> SpotCheckOut:
    """Say whether it is sham work, after looking."""
    return await spotting.judge(session, check_id, told)


@router.post("/star-rules", status_code=201, dependencies=[_APPRAISE])
async def lay_down(session: Session, caller: Caller, new: StarRuleIn) -> StarRuleOut:
    """Lay down how grids earn stars."""
    return await rating.lay_down(session, new, caller)


@router.get("/star-rules", dependencies=[_FIGURES])
async def rules(session: Session, division: Within = None) -> list[StarRuleOut]:
    """Rules that hold for a division, its own and those from above."""
    return await rating.rules(session, division)


@router.post("/star-ratings", dependencies=[_APPRAISE])
async def rate_grids(
    request: Request, session: Session, caller: Caller, wish: StarRatingIn
) -> list[StarsOut]:
    """Rate the grids of a division over days; most points first."""
    return await rating.rate_grids(session, wish, caller, request.app.state.settings.time_zone)


@router.get("/star-ratings", dependencies=[_FIGURES])
async def ratings(
    session: Session,
    division: Within = None,
    since: Annotated[date | None, Query(description="first day of the window")] = None,
    limit: Limit = 100,
) -> list[StarsOut]:
    """Stars of grids, the newest window first."""
    low, high = range_within(division)
    rows = await star_queries.ratings(session, low, high, since=since, limit=limit)
    return [StarsOut(**row) for row in rows]

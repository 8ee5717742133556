"""HTTP doors of indicators, counters and declared figures."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.appraisal import counting, service, trending
from gridsvc.appraisal.schemas import (
    CountersOut,
    DeclarationIn,
    DeclarationOut,
    Group,
    IndicatorIn,
    IndicatorOut,
    RefreshedOut,
    ValuesOut,
)
from gridsvc.appraisal.trend_queries import By as TrendBy
from gridsvc.appraisal.trend_schemas import TrendsOut
from gridsvc.appraisal.trending import Days
from gridsvc.grids.routes import Within
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api", tags=["appraisal"])
_FIGURES = may(Permission.VIEW_FIGURES)
_APPRAISE = may(Permission.APPRAISE)

IndicatorCode = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Since = Annotated[date, Query(examples=["2026-11-01"])]
Until = Annotated[date, Query(examples=["2026-12-01"], description="not included")]
By = Annotated[Group, Query(description="what to tell apart; area = the divisions right below")]


@router.get("/indicators", dependencies=[_FIGURES])
async def indicators(session: Session, division: Within = None) -> list[IndicatorOut]:
    """Indicators that hold for a division, its own and those from above."""
    return await service.indicators(session, division)


@router.put("/indicators/{indicator}", dependencies=[_APPRAISE])
async def put_indicator(
    session: Session, caller: Caller, indicator: IndicatorCode, new: IndicatorIn
) -> IndicatorOut:
    """Lay down an indicator for a division and all in it; nearer ones go before it."""
    return await service.put_indicator(session, indicator, new, caller)


@router.delete("/indicators/{indicator}", status_code=204, dependencies=[_APPRAISE])
async def remove_indicator(
    session: Session,
    caller: Caller,
    indicator: IndicatorCode,
    division: Annotated[str, Query(pattern=r"^[0-9]{12}$")],
) -> Response:
    """Take away what was laid down for a division; what holds above it holds again."""
    await service.remove_indicator(session, indicator, division, caller)
    return Response(status_code=204)


@router.get("/indicators/{indicator}/values", dependencies=[_FIGURES])
async def values(
    session: Session,
    indicator: IndicatorCode,
    since: Since,
    until: Until,
    division: Within = None,
    by: By = "none",
) -> ValuesOut:
    """An indicator over days, with numerator, denominator and how sure it is."""
    return await service.values(
        session, indicator, division=division, since=since, until=until, by=by
    )


@router.get("/counters", dependencies=[_FIGURES])
async def counters(
    session: Session, since: Since, until: Until, division: Within = None, by: By = "none"
) -> CountersOut:
    """Every counter of every stage over days, as history was counted last."""
    return await service.counters(session, division=division, since=since, until=until, by=by)


def _earlier(
    before_since: Annotated[date, Query(examples=["2025-11-01"])],
    before_until: Annotated[date, Query(examples=["2025-12-01"], description="not included")],
) -> Days:
    """The period that is compared with."""
    return Days(before_since, before_until)


@router.get("/trends", dependencies=[_FIGURES])
async def trends(
    request: Request,
    session: Session,
    since: Since,
    until: Until,
    before: Annotated[Days, Depends(_earlier)],
    division: Within = None,
    matter: Annotated[
        PlainText | None, Query(min_length=1, max_length=64, description="with all that is in it")
    ] = None,
    by: Annotated[TrendBy, Query(description="area = the divisions right below")] = "matter",
) -> TrendsOut:
    """Whether there are more or fewer reports than before, by matter or area, or it is chance."""
    return await trending.trends(
        session,
        before,
        Days(since, until),
        division=division,
        matter=matter,
        by=by,
        zone=request.app.state.settings.time_zone,
    )


@router.post("/counters/refresh", dependencies=[_APPRAISE])
async def refresh(request: Request, session: Session) -> RefreshedOut:
    """Count now what changed since the last time; the service does it every five minutes."""
    counted = await counting.count(session, request.app.state.settings.time_zone)
    return RefreshedOut(**vars(counted))


@router.post("/declarations", status_code=201, dependencies=[_APPRAISE])
async def declare(session: Session, caller: Caller, new: DeclarationIn) -> DeclarationOut:
    """Keep figures a place gives of itself; those that cannot be are refused with every reason."""
    return await service.declare(session, new, caller)


@router.get("/declarations", dependencies=[_FIGURES])
async def declarations(
    session: Session, division: Within = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[DeclarationOut]:
    """Figures that were declared for a division and those in it, newest first."""
    return await service.declarations(session, division, limit=limit)

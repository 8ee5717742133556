"""The appraisal page: indicators, declared figures, survey waves, stars, rounds, trends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.appraisal import (
    judging,
    rating,
    service,
    spot_queries,
    star_queries,
    surveying,
    trending,
)
from gridsvc.appraisal.star_schemas import SpotCheckOut, StarsOut
from gridsvc.appraisal.trend_queries import By as TrendBy
from gridsvc.appraisal.trending import Days
from gridsvc.codes import WHOLE, code_range
from gridsvc.errors import BadInput, Conflict
from gridsvc.maps.queries import widest_division
from gridsvc.web import appraisal_words
from gridsvc.web.drawing import page

router = APIRouter(include_in_schema=False, dependencies=[may(Permission.VIEW_FIGURES)])

View = Literal["indicators", "declared", "surveys", "stars", "rounds", "trends"]
#: Rows of a list that the page shows.
MOST_ROWS = 100
#: Days that are looked at where nobody chose others.
DAYS = 30
#: Indicator whose league is shown where nobody chose one.
FIRST = "on_time_handle"


class _Wish(BaseModel):
    """What the page is asked for, by its address."""

    view: View = "indicators"
    division: Annotated[str | None, Field(pattern=r"^[0-9]{12}$")] = None
    since: date | None = None
    until: date | None = None
    indicator: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")] = FIRST
    wave: Annotated[int | None, Field(ge=1, le=2**62)] = None
    chosen: Annotated[int | None, Field(ge=1, le=2**62)] = None
    by: TrendBy = "matter"


@dataclass(frozen=True)
class _Asked:
    """The same, with what was left open filled in."""

    division: str | None
    since: date
    until: date
    indicator: str
    wave: int | None
    appraiser: bool
    caller: Identity
    zone: str
    chosen: int | None
    by: TrendBy


@router.get("/appraisal", response_class=HTMLResponse)
async def appraisal(
    request: Request, session: Session, caller: Caller, wish: Annotated[_Wish, Query()]
) -> HTMLResponse:
    """One of the page's registers; what it shows its address says."""
    zone = ZoneInfo(request.app.state.settings.time_zone)
    today = datetime.now(zone).date()
    own = next((area for area in caller.areas if area != WHOLE), None)
    asked = _Asked(
        division=wish.division or own or await widest_division(session),
        since=wish.since or today - timedelta(days=DAYS),
        until=wish.until or today + timedelta(days=1),
        indicator=wish.indicator,
        wave=wish.wave,
        appraiser=caller.may(Permission.APPRAISE),
        caller=caller,
        zone=zone.key,
        chosen=wish.chosen,
        by=wish.by,
    )
    told = await _READ[wish.view](session, asked)
    return page(
        request,
        f"appraisal_{wish.view}.html",
        visitor=caller,
        view=wish.view,
        asked=asked,
        zone=zone,
        words_of=appraisal_words,
        most=MOST_ROWS,
        **told,
    )


async def _indicators(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    window = {"division": asked.division, "since": asked.since, "until": asked.until}
    lines = await service.summary(session, **window)  # type: ignore[arg-type] # as they are named
    league, refused = None, None
    if any(one.indicator.code == asked.indicator for one in lines):
        try:
            league = await service.values(
                session,
                asked.indicator,
                by="area",
                **window,  # type: ignore[arg-type]
            )
        except Conflict as failure:
            refused = failure.detail
    return {"lines": lines, "league": league, "refused": refused}


async def _declared(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    return {"declared": await service.declarations(session, asked.division, limit=MOST_ROWS)}


async def _surveys(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    waves = await surveying.waves(session, *code_range(asked.division or WHOLE), limit=MOST_ROWS)
    if not waves:
        return {"waves": [], "results": None, "before": None}
    shown = next((one for one in waves if one.id == asked.wave), waves[0])
    before = surveying.before(shown, waves)
    return {
        "waves": waves,
        "results": await surveying.results(session, shown.id, before.id if before else None),
        "before": before,
    }


async def _stars(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    low, high = code_range(asked.division or WHOLE)
    stars = await star_queries.ratings(session, low, high, since=None, limit=MOST_ROWS)
    checks = []
    if asked.appraiser:  # they name whoever is suspected
        rows = await spot_queries.checks(session, low, high, judged=None, limit=MOST_ROWS)
        checks = [SpotCheckOut(**row) for row in rows]
    return {
        "stars": [StarsOut(**row) for row in stars],
        "checks": checks,
        "rules": await rating.rules(session, asked.division),
        "month": asked.until.replace(day=1),
    }


async def _rounds(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    rounds = await judging.rounds(session, asked.division)
    shown = next((one for one in rounds if one.id == asked.chosen), rounds[0] if rounds else None)
    results = None
    if shown and judging.may_see_results(asked.caller, shown.state, shown.division):
        results = await judging.results(session, shown.id, asked.caller, zone=asked.zone)
    permissions = (Permission.CALL_UNITS, Permission.ANSWER_CALLS)
    return {
        "rounds": rounds,
        "round": shown,
        "rankings": {one.code: one.ranking for one in results.sides} if results else {},
        "final": results.final if results else None,
        "schemes": await judging.schemes(session, asked.division) if asked.appraiser else [],
        "may_score": any(map(asked.caller.may, permissions)),
        "unit": asked.caller.unit,
    }


async def _trends(session: AsyncSession, asked: _Asked) -> dict[str, Any]:
    after = Days(asked.since, asked.until)
    days = max(after.until - after.since, timedelta(days=1))
    told, refused = None, None
    try:
        told = await trending.trends(
            session,
            Days(after.since - days, after.since),
            after,
            division=asked.division,
            matter=None,
            by=asked.by,
            zone=asked.zone,
        )
    except BadInput as failure:
        refused = failure.detail
    return {"told": told, "refused": refused}


_READ = {
    "indicators": _indicators,
    "declared": _declared,
    "surveys": _surveys,
    "stars": _stars,
    "rounds": _rounds,
    "trends": _trends,
}

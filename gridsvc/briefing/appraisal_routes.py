"""HTTP door to the appraisal of a division as a workbook."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.appraisal import judging, service, star_queries, surveying
from gridsvc.appraisal.round_schemas import RoundOut, RoundResults
from gridsvc.appraisal.routes import Since, Until
from gridsvc.appraisal.star_schemas import StarsOut
from gridsvc.briefing.appraisal_book import Appraisal, book
from gridsvc.briefing.schemas import file_answers
from gridsvc.briefing.writing import MEDIA_TYPES, Format
from gridsvc.codes import range_within
from gridsvc.grids.queries import division_name
from gridsvc.grids.routes import Within

router = APIRouter(prefix="/api/appraisal", tags=["appraisal"])

_BOOK = MEDIA_TYPES[Format.XLSX]
#: Rounds, each with a worksheet of every side.
_MOST_ROUNDS = 5
#: Rows of a worksheet: a county has some thousand grids.
_MOST = 5000


@router.get(
    "/workbook",
    response_class=Response,
    responses=file_answers(_BOOK),
    dependencies=[may(Permission.VIEW_FIGURES)],
)
async def workbook(
    request: Request,
    session: Session,
    caller: Caller,
    since: Since,
    until: Until,
    division: Within = None,
) -> Response:
    """Indicators, stars, the latest survey, declared figures and rounds of a division (XLSX)."""
    low, high = range_within(division)
    lines = await service.summary(session, division=division, since=since, until=until)
    stars = await star_queries.ratings(session, low, high, since=None, limit=_MOST)
    waves = await surveying.waves(session, low, high, limit=200)
    survey = None
    if waves:
        before = surveying.before(waves[0], waves)
        survey = await surveying.results(session, waves[0].id, before.id if before else None)
    told = Appraisal(
        place=(await division_name(session, division) if division else None) or "",
        since=since,
        until=until,
        lines=lines,
        stars=[StarsOut(**row) for row in stars],
        survey=survey,
        declared=await service.declarations(session, division, limit=_MOST),
        rounds=await _rounds(session, caller, division, request.app.state.settings.time_zone),
    )
    content = await asyncio.to_thread(book, told)
    saved = {"Content-Disposition": f'attachment; filename="appraisal-{since}-{until}.xlsx"'}
    return Response(content, media_type=_BOOK, headers=saved)


async def _rounds(
    session: AsyncSession, caller: Identity, division: str | None, zone: str
) -> list[tuple[RoundOut, RoundResults]]:
    """The newest rounds whose results the caller may see."""
    listed = await judging.rounds(session, division)
    told = [one for one in listed if judging.may_see_results(caller, one.state, one.division)]
    return [
        (one, await judging.results(session, one.id, caller, zone=zone))
        for one in told[:_MOST_ROUNDS]
    ]

"""HTTP doors of surveys and orders to put right; those who answer need no account."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request

from gridsvc.accounts.access import Caller, RawSession, Session, address_of, may, public
from gridsvc.accounts.roles import Permission
from gridsvc.appraisal import rectification_queries, rectifying, surveying
from gridsvc.appraisal.survey_schemas import (
    AnsweredOut,
    AnswerIn,
    PhoneAnswerIn,
    PublicRectification,
    QuestionsOut,
    RectificationIn,
    RectificationMove,
    RectificationOut,
    ResultsOut,
    SchemeIn,
    SchemeOut,
    SurveyLinksIn,
    SurveyLinksOut,
    WaveIn,
    WaveOut,
)
from gridsvc.codes import range_within
from gridsvc.db import EVERYWHERE, enter
from gridsvc.grids.routes import Within

router = APIRouter(prefix="/api", tags=["surveys"])
_FIGURES = may(Permission.VIEW_FIGURES)
_APPRAISE = may(Permission.APPRAISE)
_ANYBODY = public("a link is the right to answer once; results of orders are published")

WaveId = Annotated[int, Path(ge=1, le=2**63 - 1)]
RectificationId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Secret = Annotated[str, Path(pattern=r"^[0-9A-Za-z_-]{43}$")]
Limit = Annotated[int, Query(ge=1, le=200)]


def _zone(request: Request) -> str:
    zone: str = request.app.state.settings.time_zone
    return zone


def _today(request: Request) -> date:
    return datetime.now(ZoneInfo(_zone(request))).date()


@router.post("/survey-schemes", status_code=201, dependencies=[_APPRAISE])
async def lay_down(session: Session, caller: Caller, new: SchemeIn) -> SchemeOut:
    """Lay down a survey: dimensions and indicators whose weights sum to one."""
    return await surveying.lay_down(session, new, caller)


@router.get("/survey-schemes", dependencies=[_FIGURES])
async def schemes(session: Session, division: Within = None) -> list[SchemeOut]:
    """Surveys that can be asked in a division."""
    return await surveying.schemes(session, division)


@router.post("/survey-waves", status_code=201, dependencies=[_APPRAISE])
async def begin(session: Session, caller: Caller, new: WaveIn) -> WaveOut:
    """Begin a wave; how many households of each street to ask is worked out."""
    return await surveying.start(session, new, caller)


@router.get("/survey-waves", dependencies=[_FIGURES])
async def waves(session: Session, division: Within = None, limit: Limit = 50) -> list[WaveOut]:
    """Waves, newest first, with how many answered in each street."""
    low, high = range_within(division)
    return await surveying.waves(session, low, high, limit=limit)


@router.post("/survey-waves/{wave_id}/links", status_code=201, dependencies=[_APPRAISE])
async def make_links(
    session: Session, caller: Caller, wave_id: WaveId, wish: SurveyLinksIn
) -> SurveyLinksOut:
    """Links for households of a street; each answers once, and nobody can tell which answer."""
    secrets = await surveying.make_links(session, wave_id, wish.division, wish.count, caller)
    return SurveyLinksOut(paths=[f"/api/public/surveys/{one}" for one in secrets])


@router.post("/survey-waves/{wave_id}/phone-answers", status_code=201, dependencies=[_APPRAISE])
async def answer_by_phone(
    request: Request, session: Session, wave_id: WaveId, told: PhoneAnswerIn
) -> AnsweredOut:
    """Take what somebody said on the phone; a number is asked once in a wave, and not kept."""
    keyring = request.app.state.keyring
    await surveying.answer_by_phone(session, wave_id, told, keyring, _zone(request))
    return AnsweredOut()


@router.get("/survey-waves/{wave_id}/results", dependencies=[_FIGURES])
async def results(
    session: Session,
    wave_id: WaveId,
    against: Annotated[int | None, Query(alias="other_wave", ge=1, le=2**63 - 1)] = None,
) -> ResultsOut:
    """Scores with confidence intervals, and what changed since another wave, if by no chance."""
    return await surveying.results(session, wave_id, against)


@router.get("/public/surveys/{secret}", dependencies=[_ANYBODY])
async def questions(request: Request, session: RawSession, secret: Secret) -> QuestionsOut:
    """What a link asks."""
    await request.app.state.rates.count_public(address_of(request))
    await enter(session, EVERYWHERE)
    return await surveying.questions(session, secret)


@router.post("/public/surveys/{secret}", status_code=201, dependencies=[_ANYBODY])
async def answer(
    request: Request, session: RawSession, secret: Secret, told: AnswerIn
) -> AnsweredOut:
    """Answer a survey, once."""
    await request.app.state.rates.count_public(address_of(request))
    await enter(session, EVERYWHERE)
    await surveying.answer(session, secret, told, _zone(request))
    return AnsweredOut()


@router.post("/rectifications", status_code=201, dependencies=[_APPRAISE])
async def order(
    request: Request, session: Session, caller: Caller, new: RectificationIn
) -> RectificationOut:
    """Order something to be put right by a day."""
    return await rectifying.order(session, new, caller, _today(request))


@router.post("/rectifications/{rectification_id}/moves", dependencies=[_APPRAISE])
async def move(
    request: Request, session: Session, rectification_id: RectificationId, told: RectificationMove
) -> RectificationOut:
    """Tell the measures, then the result, then publish."""
    return await rectifying.move(session, rectification_id, told, _today(request))


@router.get("/rectifications", dependencies=[_FIGURES])
async def orders(
    request: Request, session: Session, division: Within = None, limit: Limit = 50
) -> list[RectificationOut]:
    """Orders of a division, what is due first first."""
    low, high = range_within(division)
    return await rectifying.orders(session, low, high, _today(request), limit=limit)


@router.get("/public/rectifications", dependencies=[_ANYBODY])
async def published(
    request: Request, session: RawSession, division: Within = None, limit: Limit = 50
) -> list[PublicRectification]:
    """What was ordered, done and published, newest first."""
    await request.app.state.rates.count_public(address_of(request))
    await enter(session, EVERYWHERE)
    low, high = range_within(division)
    rows = await rectification_queries.published(session, low, high, limit=limit)
    return [PublicRectification(**row) for row in rows]

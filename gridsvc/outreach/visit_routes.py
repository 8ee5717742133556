"""HTTP doors of visits: programmes, links, what is due, rounds, visits made and judged."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.schemas import PurposeIn
from gridsvc.codes import range_within
from gridsvc.errors import BadInput
from gridsvc.grids.routes import Within
from gridsvc.outreach import linking, visiting, walking
from gridsvc.outreach.schemas import (
    Coverage,
    DuePage,
    LinkReason,
    LinksIn,
    LinksOut,
    ProgrammeIn,
    ProgrammeOut,
    Round,
    VisitIn,
    VisitJudgementIn,
    VisitOut,
    VisitPage,
)
from gridsvc.people.routes import PersonCode
from gridsvc.plain_text import PlainText
from gridsvc.roads.modes import Mode

router = APIRouter(prefix="/api", tags=["visits"])

#: Of one round: more doors than anybody opens in a day.
MOST_STOPS = 120
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Worker = Annotated[
    PlainText | None,
    Query(min_length=1, max_length=64, description="code of who visits; none = the caller, or all"),
]
AheadDays = Annotated[int, Query(ge=0, le=3660, description="days that are looked ahead")]
_LOOK = may(Permission.VISIT_HOUSEHOLDS, Permission.DIRECT_VISITS)
_DIRECT = may(Permission.DIRECT_VISITS)


def zone_of(request: Request) -> ZoneInfo:
    """Zone in which days begin."""
    return ZoneInfo(request.app.state.settings.time_zone)


@router.get("/visit-programmes", dependencies=[_LOOK])
async def programmes(session: Session, division: Within = None) -> list[ProgrammeOut]:
    """Programmes of the caller's areas."""
    low, high = range_within(division)
    return await visiting.programmes(session, low, high)


@router.put("/visit-programmes", dependencies=[_DIRECT])
async def set_programme(session: Session, caller: Caller, told: ProgrammeIn) -> ProgrammeOut:
    """Begin a programme, or change the one of that code."""
    return await visiting.set_programme(session, told, caller)


@router.put("/visit-programmes/{programme_id}/links/{code}", dependencies=[_DIRECT])
async def link(
    request: Request, session: Session, programme_id: Id, code: PersonCode, links: LinksIn
) -> LinksOut:
    """Link somebody to all the households they visit, in place of those before."""
    return await linking.link(session, programme_id, code, links, request.app.state.keyring)


@router.post(
    "/visit-programmes/{programme_id}/households/{household_id}/reason", dependencies=[_LOOK]
)
async def reason(
    request: Request,
    session: Session,
    caller: Caller,
    programme_id: Id,
    household_id: Id,
    wanted: PurposeIn,
) -> LinkReason:
    """Why somebody is linked to a household, for who visits it and who directs; recorded."""
    return await linking.reason(
        session,
        programme_id,
        household_id,
        caller,
        request.app.state.keyring,
        purpose=wanted.purpose,
    )


@router.get("/visit-programmes/{programme_id}/due", dependencies=[_LOOK])
async def due(
    request: Request,
    session: Session,
    caller: Caller,
    programme_id: Id,
    worker: Worker = None,
    ahead_days: AheadDays = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> DuePage:
    """Households that are overdue, or due within some days; who visits sees their own."""
    person_id = await visiting.person_id_for(session, caller, worker)
    return await visiting.due(
        session,
        programme_id,
        zone=zone_of(request),
        person_id=person_id,
        ahead_days=ahead_days,
        limit=limit,
        offset=offset,
    )


@router.get(
    "/visit-programmes/{programme_id}/coverage", dependencies=[may(Permission.VIEW_FIGURES)]
)
async def coverage(request: Request, session: Session, programme_id: Id) -> Coverage:
    """Households visited within the last period, by micro-grid, of how many."""
    return await visiting.coverage(session, programme_id, zone_of(request))


@router.get("/visit-programmes/{programme_id}/round", dependencies=[_LOOK])
async def walk(
    request: Request,
    session: Session,
    caller: Caller,
    programme_id: Id,
    worker: Worker = None,
    mode: Mode = Mode.WALK,
    ahead_days: AheadDays = 0,
    most: Annotated[int, Query(ge=1, le=MOST_STOPS, description="households")] = 40,
) -> Round:
    """The shortest way past what is due for somebody, and what it saves."""
    code = worker or caller.person_code
    person_id = await visiting.person_id_for(session, caller, code)
    if person_id is None or code is None:
        raise BadInput("tell whose round it is; give their code as worker")
    return await walking.plan(
        session,
        programme_id,
        person=(person_id, code),
        zone=zone_of(request),
        mode=mode,
        ahead_days=ahead_days,
        most=most,
    )


@router.post("/visits", status_code=201, dependencies=[may(Permission.VISIT_HOUSEHOLDS)])
async def visit(request: Request, session: Session, caller: Caller, told: VisitIn) -> VisitOut:
    """Tell of a visit; the same key and body are the same visit.

    A visit outside the household's micro-grid, or too soon after one far away, is refused with
    what speaks against it; explained, it is kept and waits for a judgement.
    """
    return await visiting.visit(session, told, caller, request.app.state.keyring, zone_of(request))


@router.get("/visits", dependencies=[_LOOK])
async def visits(
    session: Session,
    caller: Caller,
    division: Within = None,
    worker: Worker = None,
    state: Literal["counted", "doubted", "accepted", "refused"] | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> VisitPage:
    """Visits that were made, latest first; who visits sees their own."""
    person_id = await visiting.person_id_for(session, caller, worker)
    low, high = range_within(division)
    return await visiting.page(
        session, low=low, high=high, state=state, person_id=person_id, limit=limit
    )


@router.post("/visits/{visit_id}/judgement", dependencies=[_DIRECT])
async def judge(session: Session, caller: Caller, visit_id: Id, word: VisitJudgementIn) -> VisitOut:
    """Say whether a doubted visit counts."""
    return await visiting.judge(session, visit_id, word, caller)

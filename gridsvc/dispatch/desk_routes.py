"""HTTP doors of the dispatcher's desk: list, people, cells, the wall's figures, handing over."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.dispatch import desk, desk_queries, handing_over
from gridsvc.dispatch.desk_queries import Wanted
from gridsvc.dispatch.desk_schemas import (
    CellPoint,
    DeskFigures,
    DeskPage,
    HandoverIn,
    HandoverOut,
    HandoverTakingIn,
)
from gridsvc.events.states import State
from gridsvc.feed.schemas import Seen
from gridsvc.grids.routes import Within
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api/desk", tags=["desk"])

MOST_EVENTS = 2000
MOST_IDS = 500
MOST_CELLS = 50_000
_DESK = may(Permission.DIRECT_EVENTS)


@router.get("/events", dependencies=[_DESK])
async def events(
    session: Session,
    division: Within = None,
    matter: Annotated[
        PlainText | None, Query(min_length=1, max_length=64, description="with all below it")
    ] = None,
    state: Annotated[
        list[State] | None, Query(max_length=len(State), description="none = all that is open")
    ] = None,
    overdue: bool = False,
    ids: Annotated[
        list[Annotated[int, Query(ge=1, le=2**63 - 1)]] | None,
        Query(
            alias="id", max_length=MOST_IDS, description="only these, as far as they fit the rest"
        ),
    ] = None,
    order: Literal["newest", "due"] = "newest",
    limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = MOST_EVENTS,
) -> DeskPage:
    """What is open, with what is due next; newest first, or first due first."""
    low, high = range_within(division)
    states = None if not state else [one.value for one in state]
    wanted = Wanted(low, high, matter, states, overdue, ids or None)
    return await desk.page(session, wanted, by_due=order == "due", limit=limit)


@router.get("/people", dependencies=[may(Permission.VIEW_PEOPLE)])
async def people(
    session: Session,
    caller: Caller,
    division: Within = None,
    purpose: Annotated[
        PlainText | None,
        Query(
            min_length=2,
            max_length=200,
            description="what exact places are needed for; recorded. Without one, micro-grids",
        ),
    ] = None,
) -> list[Seen]:
    """Where people on duty were seen last; `/api/live` tells how they move."""
    return await desk.people(session, caller, division=division, purpose=purpose)


@router.get("/cells", dependencies=[may(Permission.VIEW_CELLS)])
async def cells(session: Session, division: Within = None) -> list[CellPoint]:
    """A point inside every micro-grid in force: where somebody is drawn who is told by cell."""
    low, high = range_within(division)
    rows = await desk_queries.cells(session, low, high, limit=MOST_CELLS)
    return [CellPoint(**row) for row in rows]


@router.get("/figures", dependencies=[may(Permission.VIEW_FIGURES)])
async def figures(request: Request, session: Session, division: Within = None) -> DeskFigures:
    """What is open now and what was done since midnight, for the wall."""
    zone = ZoneInfo(request.app.state.settings.time_zone)
    return await desk.figures(session, division=division, zone=zone)


HandoverId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/handovers", dependencies=[_DESK])
async def handovers(
    session: Session,
    division: Within = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[HandoverOut]:
    """Shifts that were handed over, newest first."""
    low, high = range_within(division)
    return await handing_over.listed(session, low, high, limit=limit)


@router.post("/handovers", status_code=201, dependencies=[_DESK])
async def hand_over(session: Session, caller: Caller, new: HandoverIn) -> HandoverOut:
    """Hand a shift over: what is open is counted and what is urgent listed by the service."""
    return await handing_over.hand_over(session, new, caller)


@router.post("/handovers/{handover_id}/taking", dependencies=[_DESK])
async def take_over(
    session: Session, handover_id: HandoverId, taking: HandoverTakingIn
) -> HandoverOut:
    """Take a shift over by name; of two at once the second is told."""
    return await handing_over.take_over(session, handover_id, taking.name)

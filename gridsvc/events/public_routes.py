"""HTTP door for everybody: what was reported, verified and published, at coarse places."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from gridsvc.accounts.access import RawSession, address_of, public
from gridsvc.codes import range_within
from gridsvc.db import EVERYWHERE, enter
from gridsvc.events import closing_queries
from gridsvc.events.schemas import PublicEvent, PublicEvents
from gridsvc.grids.routes import Within

router = APIRouter(prefix="/api/public", tags=["public"])

#: Days a published event stays public.
PUBLIC_DAYS = 90


@router.get(
    "/events",
    dependencies=[public("handled matters are published; places are those of whole grids")],
)
async def closed_events(
    request: Request,
    session: RawSession,
    division: Within = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PublicEvents:
    """What was published within the last 90 days: the matter, the days, and the grid it was in.

    That is what was verified and closed, but for repetitions of others and what was withdrawn.
    """
    await request.app.state.rates.count_public(address_of(request))
    low, high = range_within(division)
    await enter(session, EVERYWHERE)
    rows = await closing_queries.published(
        session, low=low, high=high, days=PUBLIC_DAYS, limit=limit
    )
    return PublicEvents(events=[PublicEvent(**row) for row in rows])

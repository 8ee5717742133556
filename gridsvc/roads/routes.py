"""HTTP doors of road graphs, closures and slow hours."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.roads import queries, service
from gridsvc.roads.schemas import (
    ConditionChange,
    ConditionHistory,
    ConditionIn,
    ConditionOut,
    ConditionPage,
    GraphOut,
    Graphs,
    LiftIn,
)

router = APIRouter(prefix="/api/roads", tags=["roads"])

_LOOK = may(Permission.FIND_NEAREST, Permission.CLOSE_ROADS)
_CLOSE = may(Permission.CLOSE_ROADS)


@router.get("/graphs", dependencies=[_LOOK])
async def graphs(session: Session, division: Within = None) -> Graphs:
    """Road graphs in force: what they were made of and what was left out."""
    low, high = range_within(division)
    rows = await queries.graphs(session, low=low, high=high)
    return Graphs(graphs=[GraphOut(**row) for row in rows])


@router.get("/conditions", dependencies=[_LOOK])
async def conditions(
    session: Session,
    division: Within = None,
    only_open: bool = True,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> ConditionPage:
    """Closures and slow hours of the caller's areas, the newest first; over ones on demand."""
    low, high = range_within(division)
    rows = await queries.page(
        session, low=low, high=high, only_open=only_open, limit=limit, offset=offset
    )
    return ConditionPage(conditions=[service.condition_out(row) for row in rows])


@router.post("/conditions", status_code=201, dependencies=[_CLOSE])
async def add_condition(session: Session, condition: ConditionIn) -> ConditionOut:
    """Close roads, or slow them; the next question for the nearest person reckons with it."""
    return await service.add_condition(session, condition)


@router.post("/conditions/{condition_id}/lift", dependencies=[_CLOSE])
async def lift_condition(session: Session, condition_id: UUID, lift: LiftIn) -> ConditionOut:
    """Open the roads again now."""
    return await service.lift_condition(session, condition_id, lift.note)


@router.get("/conditions/{condition_id}/history", dependencies=[_LOOK])
async def history(session: Session, condition_id: UUID) -> ConditionHistory:
    """Who closed the roads and who opened them, when and why."""
    await service.show_condition(session, condition_id)
    rows = await queries.history(session, condition_id)
    return ConditionHistory(changes=[ConditionChange(**row) for row in rows])

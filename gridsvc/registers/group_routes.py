"""HTTP doors of the register of groups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.registers import group_service
from gridsvc.registers.schemas import (
    Code,
    Day,
    GroupCoverage,
    GroupInFull,
    GroupPage,
    GroupsIn,
    RegisterSet,
)

router = APIRouter(prefix="/api/groups", tags=["groups"])

KEEP = may(Permission.KEEP_REGISTERS)
VIEW = may(Permission.VIEW_REGISTERS)
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


def on_day(
    request: Request,
    on: Annotated[Day | None, Query(description="as it was on that day; none = today")] = None,
) -> date:
    """The day that is asked for, or today where the service is."""
    return on or datetime.now(ZoneInfo(request.app.state.settings.time_zone)).date()


OnDay = Annotated[date, Depends(on_day)]
Sort = Literal["province", "city", "county", "street", "community", "grid", "micro_grid"]


@router.put("", dependencies=[KEEP])
async def put(session: Session, caller: Caller, told: GroupsIn) -> RegisterSet:
    """Set groups, all or none; one with a later first day takes the place of the one before."""
    return RegisterSet(ids=await group_service.put(session, told.groups, caller))


@router.get("", dependencies=[VIEW])
async def groups(
    session: Session,
    on: OnDay,
    division: Within = None,
    kind: Annotated[Code | None, Query()] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> GroupPage:
    """Groups of the caller's areas on a day, and how many on each level."""
    low, high = range_within(division)
    return await group_service.page(
        session, low=low, high=high, kind=kind, on=on, limit=limit, offset=offset
    )


@router.get("/coverage", dependencies=[VIEW])
async def coverage(
    session: Session,
    on: OnDay,
    kind: Annotated[Code, Query(examples=["centre"])],
    of: Sort = "community",
    division: Within = None,
) -> GroupCoverage:
    """Which divisions of a level, or cells, groups of a kind serve, and which none does."""
    low, high = range_within(division)
    return await group_service.coverage(session, kind=kind, of=of, low=low, high=high, on=on)


@router.get("/{group_id}", dependencies=[VIEW])
async def show(session: Session, group_id: Id, on: OnDay) -> GroupInFull:
    """A group with who is in it on the day, and what was done."""
    return await group_service.show(session, group_id, on=on)

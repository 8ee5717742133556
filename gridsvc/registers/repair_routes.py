"""HTTP doors of small repairs."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.registers import repair_service
from gridsvc.registers.group_routes import KEEP, VIEW, Id, Limit, Offset
from gridsvc.registers.repair_schemas import (
    BuildingCareOut,
    BuildingCaresIn,
    Care,
    Key,
    PackFigures,
    RepairBookingIn,
    RepairCancelIn,
    RepairCostIn,
    RepairDoneIn,
    RepairIn,
    RepairPackIn,
    RepairPackOut,
    RepairPage,
    RepairSurveyIn,
    RepairWithHistory,
)
from gridsvc.registers.repairs import RepairState
from gridsvc.registers.schemas import HowMany

router = APIRouter(prefix="/api", tags=["repairs"])

_CALL = may(Permission.KEEP_REGISTERS, Permission.REGISTER_AT_WINDOW)
_PAY = may(Permission.KEEP_LEDGER)


def _zone(request: Request) -> ZoneInfo:
    return ZoneInfo(request.app.state.settings.time_zone)


@router.put("/building-care", dependencies=[KEEP])
async def put_care(session: Session, caller: Caller, told: BuildingCaresIn) -> HowMany:
    """Say who looks after buildings, all or none: nobody owns, nobody manages, or somebody does."""
    return HowMany(how_many=await repair_service.put_care(session, told, caller))


@router.get("/building-care", dependencies=[VIEW])
async def cares(
    session: Session,
    division: Within = None,
    care: Care | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> list[BuildingCareOut]:
    """Buildings and who looks after them, with their places."""
    low, high = range_within(division)
    return await repair_service.cares(
        session, low=low, high=high, care=care, limit=limit, offset=offset
    )


@router.put("/repair-packs", dependencies=[_PAY])
async def put_pack(session: Session, caller: Caller, told: RepairPackIn) -> RepairPackOut:
    """Open a pack of small repairs with its accounts, or change the one of that code."""
    return await repair_service.put_pack(session, told, caller)


@router.get("/repair-packs", dependencies=[VIEW])
async def packs(session: Session, division: Within = None) -> list[RepairPackOut]:
    """Packs of the caller's areas."""
    low, high = range_within(division)
    return await repair_service.packs(session, low, high)


@router.get("/repair-packs/{pack_id}/figures", dependencies=[may(Permission.VIEW_FIGURES)])
async def figures(
    session: Session,
    pack_id: Id,
    since: Annotated[AwareDatetime, Query(examples=["2026-01-01T00:00:00+08:00"])],
    until: Annotated[AwareDatetime, Query(examples=["2027-01-01T00:00:00+08:00"])],
) -> PackFigures:
    """A pack within a span: called, mended, how fast, and how much of its fund was used."""
    return await repair_service.figures(session, pack_id, since, until)


@router.post("/repairs", status_code=201, dependencies=[_CALL])
async def call(request: Request, session: Session, told: RepairIn) -> RepairWithHistory:
    """Tell that something is broken; the same key and body are the same repair."""
    return await repair_service.call(session, told, _zone(request))


@router.get("/repairs", dependencies=[VIEW])
async def repairs(
    session: Session,
    division: Within = None,
    pack: Annotated[Key | None, Query()] = None,
    state: RepairState | None = None,
    limit: Limit = 100,
) -> RepairPage:
    """Repairs of the caller's areas, newest first, with who is booked when."""
    low, high = range_within(division)
    return await repair_service.page(
        session, low=low, high=high, pack=pack, state=state, limit=limit
    )


@router.get("/repairs/{repair_id}", dependencies=[VIEW])
async def show(session: Session, repair_id: Id) -> RepairWithHistory:
    """A repair with all that was done."""
    return await repair_service.show(session, repair_id)


@router.put("/repairs/{repair_id}/survey", dependencies=[_CALL])
async def survey(session: Session, repair_id: Id, told: RepairSurveyIn) -> RepairWithHistory:
    """Tell what was found on the spot, by the pack's form."""
    return await repair_service.survey(session, repair_id, told)


@router.put("/repairs/{repair_id}/booking", dependencies=[KEEP])
async def book(
    request: Request, session: Session, repair_id: Id, told: RepairBookingIn
) -> RepairWithHistory:
    """Book a crew with everybody in it; nobody is booked twice at a time."""
    return await repair_service.book(session, repair_id, told, _zone(request))


@router.post("/repairs/{repair_id}/completion", dependencies=[_CALL])
async def finish(session: Session, repair_id: Id, told: RepairDoneIn) -> RepairWithHistory:
    """Tell that it is mended."""
    return await repair_service.finish(session, repair_id, told)


@router.post("/repairs/{repair_id}/settlement", dependencies=[_PAY])
async def settle(session: Session, repair_id: Id, told: RepairCostIn) -> RepairWithHistory:
    """Pay what it cost from the pack's fund in the ledger."""
    return await repair_service.settle(session, repair_id, told)


@router.post("/repairs/{repair_id}/cancellation", dependencies=[KEEP])
async def cancel(session: Session, repair_id: Id, told: RepairCancelIn) -> RepairWithHistory:
    """Say why nothing is mended; the crew is free again."""
    return await repair_service.cancel(session, repair_id, told)

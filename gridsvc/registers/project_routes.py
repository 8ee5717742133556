"""HTTP doors of projects."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.schemas import PurposeIn
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.registers import project_service
from gridsvc.registers.group_routes import KEEP, VIEW, Id, Limit, Offset, OnDay, on_day
from gridsvc.registers.project_schemas import (
    HolderNames,
    Key,
    ProgrammeFigures,
    ProjectEntryIn,
    ProjectInFull,
    ProjectPage,
    ProjectProgrammeIn,
    ProjectProgrammeOut,
    ProjectScoreIn,
    ProjectsIn,
    Year,
)
from gridsvc.registers.schemas import RegisterSet

router = APIRouter(prefix="/api", tags=["projects"])


@router.put("/project-programmes", dependencies=[KEEP])
async def put_programme(
    session: Session, caller: Caller, told: ProjectProgrammeIn
) -> ProjectProgrammeOut:
    """Begin a programme of projects, or change the one of that code."""
    return await project_service.put_programme(session, told, caller)


@router.get("/project-programmes", dependencies=[VIEW])
async def programmes(session: Session, division: Within = None) -> list[ProjectProgrammeOut]:
    """Programmes of the caller's areas."""
    low, high = range_within(division)
    return await project_service.programmes(session, low, high)


@router.get("/project-programmes/{project_programme_id}/figures", dependencies=[VIEW])
async def figures(
    request: Request,
    session: Session,
    project_programme_id: Id,
    year: Annotated[Year, Query()],
    division: Within = None,
) -> ProgrammeFigures:
    """A programme in a year: who takes part, what is complete, what is reached, what it scored."""
    low, high = range_within(division)
    return await project_service.figures(
        session, project_programme_id, low=low, high=high, year=year, today=on_day(request)
    )


@router.put("/projects", dependencies=[KEEP])
async def put(request: Request, session: Session, caller: Caller, told: ProjectsIn) -> RegisterSet:
    """Set projects with who answers for them, all or none."""
    keyring = request.app.state.keyring
    return RegisterSet(ids=await project_service.put(session, told.projects, caller, keyring))


@router.get("/projects", dependencies=[VIEW])
async def projects(
    session: Session,
    on: OnDay,
    division: Within = None,
    programme: Annotated[Key | None, Query()] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> ProjectPage:
    """Projects of the caller's areas on a day, with their grounds."""
    low, high = range_within(division)
    return await project_service.page(
        session, low=low, high=high, programme=programme, on=on, limit=limit, offset=offset
    )


@router.get("/projects/{project_id}", dependencies=[VIEW])
async def show(session: Session, project_id: Id, on: OnDay) -> ProjectInFull:
    """A project with who answers for it on a day, its entries, and what that year owes."""
    return await project_service.show(session, project_id, on=on)


@router.post("/projects/{project_id}/entries", status_code=201, dependencies=[KEEP])
async def enter(
    request: Request, session: Session, project_id: Id, told: ProjectEntryIn
) -> ProjectInFull:
    """Enter what was done; the same key and body are the same entry."""
    return await project_service.enter(session, project_id, told, today=on_day(request))


@router.put("/projects/{project_id}/scores", dependencies=[KEEP])
async def score(
    request: Request, session: Session, caller: Caller, project_id: Id, told: ProjectScoreIn
) -> ProjectInFull:
    """Write what the place thinks of a unit's part in a year."""
    return await project_service.score(session, project_id, told, caller, today=on_day(request))


@router.post("/projects/{project_id}/reading", dependencies=[may(Permission.UNMASK)])
async def read(
    request: Request, session: Session, project_id: Id, on: OnDay, wanted: PurposeIn
) -> HolderNames:
    """Full names of those in it, for a purpose; every reading is recorded."""
    return await project_service.read(
        session, project_id, request.app.state.keyring, purpose=wanted.purpose, on=on
    )

"""HTTP doors of the planner's drafts."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.audit.actor import actor_of
from gridsvc.codes import checked, range_within
from gridsvc.drafts import publishing, queries, schemas, service, starting, task_queries, tasks
from gridsvc.drafts.service import Kept
from gridsvc.errors import NotFound
from gridsvc.grids.routes import Within
from gridsvc.jobs import queries as jobs
from gridsvc.jobs.queue import WAITED_FOR

router = APIRouter(prefix="/api/drafts", tags=["drafts"])

_SEE = may(Permission.VIEW_DRAFTS)
_EDIT = may(Permission.EDIT_DRAFTS)
_APPROVE = may(Permission.APPROVE_DRAFTS)

DraftId = Annotated[int, Path(ge=1, le=2**62)]
TaskId = Annotated[int, Path(ge=1, le=2**62)]
MOST_TOLD = 500


def _kept(request: Request) -> Kept:
    kept: Kept = request.app.state.grounds
    return kept


@router.get("", dependencies=[_SEE])
async def drafts(
    session: Session,
    division: Within = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[schemas.DraftListed]:
    """Drafts of an area, those changed last first."""
    low, high = range_within(division)
    rows = await queries.listed(session, low, high, limit=limit)
    return [schemas.DraftListed(**service.told_row(row)) for row in rows]


@router.post("", dependencies=[_EDIT], status_code=201)
async def start(request: Request, session: Session, asked: schemas.DraftIn) -> schemas.DraftRow:
    """Begin a draft from the plan in force, another plan or draft, or one cell."""
    draft_id = await starting.start(session, asked, _kept(request))
    return schemas.DraftRow(**service.told_row(await service.required(session, draft_id)))


@router.get("/plans", dependencies=[_SEE])
async def plans(
    session: Session, division: Annotated[str, Query(max_length=12)]
) -> list[schemas.PlanRow]:
    """Plans a community has or had, newest first; each can be the origin of a new draft."""
    rows = await queries.plans(session, checked(division), limit=service.MOST_LISTED)
    return [schemas.PlanRow(**row) for row in rows]


@router.get("/{draft_id}", dependencies=[_SEE])
async def draft(request: Request, session: Session, draft_id: DraftId) -> schemas.DraftOut:
    """A draft with all its cells and their figures."""
    return await service.opened(session, draft_id, _kept(request))


@router.get("/{draft_id}/ground", dependencies=[_SEE])
async def ground(request: Request, session: Session, draft_id: DraftId) -> schemas.GroundOut:
    """Buildings with their households, streets and sites that a draft is drawn on."""
    return schemas.GroundOut(**await service.drawn_on(session, draft_id, _kept(request)))


@router.post("/{draft_id}/operations", dependencies=[_EDIT])
async def operate(
    request: Request, session: Session, draft_id: DraftId, asked: schemas.OperationIn
) -> schemas.Changed:
    """Do one operation, also undo and redo; refused where the draft would be no proper coverage.

    409 tells that somebody else changed the draft meanwhile, with the version it has now.
    """
    return await service.operate(session, draft_id, asked, _kept(request))


@router.get("/{draft_id}/problems", dependencies=[_SEE])
async def problems(request: Request, session: Session, draft_id: DraftId) -> schemas.ProblemsOut:
    """What is wrong with a draft, each with its cells and its place."""
    return await service.problems(session, draft_id, _kept(request))


@router.get("/{draft_id}/history", dependencies=[_SEE])
async def history(session: Session, draft_id: DraftId) -> list[schemas.RevisionOut]:
    """Changes of a draft, newest first."""
    await service.required(session, draft_id)
    rows = await queries.revisions(session, draft_id, limit=MOST_TOLD)
    return [schemas.RevisionOut(**row) for row in rows]


@router.get("/{draft_id}/comments", dependencies=[_SEE])
async def comments(session: Session, draft_id: DraftId) -> list[schemas.CommentOut]:
    """What was said of a draft, newest first."""
    await service.required(session, draft_id)
    rows = await queries.comments(session, draft_id, limit=MOST_TOLD)
    return [schemas.CommentOut(**row) for row in rows]


@router.post("/{draft_id}/comments", dependencies=[_SEE], status_code=201)
async def comment(
    session: Session, draft_id: DraftId, asked: schemas.CommentIn
) -> list[schemas.CommentOut]:
    """Say something of a draft or of one of its cells."""
    await service.comment(session, draft_id, asked)
    return await comments(session, draft_id)


@router.post("/{draft_id}/name", dependencies=[_EDIT])
async def rename(session: Session, draft_id: DraftId, asked: schemas.NameIn) -> schemas.DraftRow:
    """Give a draft another name."""
    await service.rename(session, draft_id, asked.name)
    return schemas.DraftRow(**service.told_row(await service.required(session, draft_id)))


@router.get("/{draft_id}/comparison", dependencies=[_SEE])
async def comparison(
    request: Request,
    session: Session,
    draft_id: DraftId,
    against: Literal["draft", "plan"],
    other: Annotated[int, Query(ge=1, le=2**62)],
) -> schemas.ComparisonOut:
    """How a draft differs from another draft or a plan of the same community."""
    return await service.compare(session, draft_id, (against, other), _kept(request))


@router.delete("/{draft_id}", dependencies=[_EDIT], status_code=204)
async def discard(
    session: Session, draft_id: DraftId, version: Annotated[int, Query(ge=0, le=2_000_000_000)]
) -> None:
    """Put a draft away."""
    await service.discard(session, draft_id, version)


@router.post("/{draft_id}/submission", dependencies=[_EDIT])
async def submit(
    request: Request, session: Session, draft_id: DraftId, asked: schemas.SubmissionIn
) -> schemas.DraftRow:
    """Say that a draft is ready; refused while a check fails."""
    zone = request.app.state.settings.time_zone
    await publishing.submit(session, draft_id, asked, _kept(request), zone)
    return schemas.DraftRow(**service.told_row(await service.required(session, draft_id)))


@router.post("/{draft_id}/withdrawal", dependencies=[_EDIT])
async def withdraw(
    session: Session, draft_id: DraftId, asked: schemas.WithdrawnIn
) -> schemas.DraftRow:
    """Take a submitted or approved draft back, to change it."""
    await publishing.withdraw(session, draft_id, asked.version)
    return schemas.DraftRow(**service.told_row(await service.required(session, draft_id)))


@router.post("/{draft_id}/decision", dependencies=[_APPROVE])
async def decide(
    request: Request, session: Session, draft_id: DraftId, asked: schemas.DraftDecisionIn
) -> schemas.DraftRow:
    """Approve a draft, which then takes effect at once or on its day, or send it back.

    Only a second person may: not whoever submitted it.
    """
    zone = request.app.state.settings.time_zone
    await publishing.decide(session, draft_id, asked, _kept(request), zone)
    return schemas.DraftRow(**service.told_row(await service.required(session, draft_id)))


@router.post("/{draft_id}/tasks", dependencies=[_EDIT], status_code=202)
async def begin_task(
    session: Session, draft_id: DraftId, asked: schemas.DraftTaskIn
) -> schemas.TaskOut:
    """Divide cells anew into cells of about the target, by the job queue; it can be stopped."""
    row = await service.to_change(session, draft_id, asked.version)
    task_id = await task_queries.add(
        session,
        draft_id=draft_id,
        division_code=row["division_code"],
        version=asked.version,
        asked={"cells": asked.cells, "target": asked.target or row["target"]},
        actor=actor_of(session).login,
    )
    await jobs.defer(session, tasks.DIVIDE, queue=WAITED_FOR, task_id=task_id)
    return await task(session, draft_id, task_id)


@router.get("/{draft_id}/tasks/{task_id}", dependencies=[_SEE])
async def task(session: Session, draft_id: DraftId, task_id: TaskId) -> schemas.TaskOut:
    """How far a task is."""
    row = await task_queries.one(session, draft_id, task_id)
    if row is None:
        raise NotFound(f"draft {draft_id} has no task {task_id}")
    return schemas.TaskOut(**row)


@router.post("/{draft_id}/tasks/{task_id}/stop", dependencies=[_EDIT])
async def stop_task(session: Session, draft_id: DraftId, task_id: TaskId) -> schemas.TaskOut:
    """Have a task stop at its next step; the draft stays as it was."""
    await task(session, draft_id, task_id)
    await task_queries.ask_to_stop(session, task_id)
    return await task(session, draft_id, task_id)

"""HTTP doors of the leader's page: an area beside its children, its course, the cases behind."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.errors import BadInput
from gridsvc.events import overview
from gridsvc.events.overview import Asked
from gridsvc.events.overview_schemas import Cases, Course, Overview
from gridsvc.events.stages import Stage
from gridsvc.grids.routes import Within
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api/overview", tags=["overview"])
_FIGURES = may(Permission.VIEW_FIGURES)


def _asked(
    since: Annotated[AwareDatetime, Query(examples=["2026-11-01T00:00:00+08:00"])],
    until: Annotated[AwareDatetime, Query(examples=["2026-12-01T00:00:00+08:00"])],
    division: Within = None,
    matter: Annotated[PlainText | None, Query(min_length=1, max_length=64)] = None,
) -> Asked:
    if until <= since:
        raise BadInput("the window ends before it begins; give since before until")
    return Asked(division, matter, since, until)


Wish = Annotated[Asked, Depends(_asked)]


@router.get("", dependencies=[_FIGURES])
async def show(session: Session, asked: Wish) -> Overview:
    """Figures of a division beside those of the ones right below it, with their borders."""
    if asked.division is None:
        raise BadInput("say which division, by its code of 12 digits")
    return await overview.overview(session, asked.division, asked)


@router.get("/course", dependencies=[_FIGURES])
async def show_course(
    session: Session,
    asked: Wish,
    days: Annotated[int, Query(ge=1, le=366, description="of each window")] = 1,
) -> Course:
    """Figures of windows that follow each other, for the trend."""
    return await overview.course(session, asked, days=days)


@router.get("/cases", dependencies=[_FIGURES])
async def show_cases(
    session: Session,
    asked: Wish,
    figure: Annotated[PlainText, Query(max_length=64, examples=["late"])],
    stage: Annotated[Stage | None, Query(description="none = a figure of events")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Cases:
    """The cases that a figure counted: by the same filter, so many as it says."""
    return await overview.cases(
        session, asked, figure=figure, stage=stage, limit=limit, offset=offset
    )

"""HTTP doors that show people; those that change them are with dispatch."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.schemas import PurposeIn
from gridsvc.codes import range_within
from gridsvc.errors import NotFound
from gridsvc.grids.routes import Within
from gridsvc.people import queries, service
from gridsvc.people.schemas import (
    PeoplePage,
    PersonOut,
    UnmaskedPerson,
    Whereabouts,
)
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api/people", tags=["people"])

PersonCode = Annotated[PlainText, Path(min_length=1, max_length=64, examples=["WG00001"])]
_UNMASK = may(Permission.UNMASK)


@router.get("", dependencies=[may(Permission.VIEW_PEOPLE)])
async def people(
    session: Session,
    division: Within = None,
    role: Literal["grid_worker", "liaison", "officer"] | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> PeoplePage:
    """People of the caller's areas, by code; names are masked, numbers not shown."""
    low, high = range_within(division)
    rows, total = await queries.page(
        session, low=low, high=high, role=role, limit=limit, offset=offset
    )
    return PeoplePage(people=[PersonOut(**row) for row in rows], total=total)


@router.get("/{code}", dependencies=[may(Permission.VIEW_PEOPLE)])
async def person(session: Session, code: PersonCode) -> PersonOut:
    """A grid worker, liaison or officer; the name is masked."""
    row = await queries.shown(session, code)
    if row is None:
        raise NotFound(f"nobody has the code {code!r}")
    return PersonOut(**row)


@router.post("/{code}/unmask", dependencies=[_UNMASK])
async def unmask(
    request: Request, session: Session, code: PersonCode, reason: PurposeIn
) -> UnmaskedPerson:
    """Name and phone in full, for a purpose; who read them is recorded."""
    return await service.unmask(session, code, request.app.state.keyring, purpose=reason.purpose)


@router.post("/{code}/whereabouts", dependencies=[_UNMASK])
async def whereabouts(session: Session, code: PersonCode, reason: PurposeIn) -> Whereabouts:
    """Where somebody was last seen, for a purpose; who read it is recorded."""
    return await service.whereabouts(session, code, purpose=reason.purpose)

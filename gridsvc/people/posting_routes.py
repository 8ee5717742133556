"""HTTP doors to postings: to which unit somebody belongs, and which one commands them."""

from __future__ import annotations

from fastapi import APIRouter

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.people import postings
from gridsvc.people.routes import PersonCode
from gridsvc.people.schemas import PostingIn, PostingOut

router = APIRouter(prefix="/api/people", tags=["people"])


@router.post("/{code}/postings", status_code=201, dependencies=[may(Permission.MANAGE_ACCOUNTS)])
async def post(session: Session, code: PersonCode, posting: PostingIn) -> PostingOut:
    """Post somebody to a unit that commands them; the posting before ends on that day."""
    return await postings.post(session, code, posting)


@router.get("/{code}/postings", dependencies=[may(Permission.VIEW_PEOPLE)])
async def postings_of(session: Session, code: PersonCode) -> list[PostingOut]:
    """Where somebody belonged and who commanded them, latest first."""
    return await postings.of_person(session, code)

"""HTTP doors for one person's data."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.routes import LoginPath
from gridsvc.accounts.schemas import PurposeIn
from gridsvc.people.routes import PersonCode
from gridsvc.privacy import subjects

router = APIRouter(prefix="/api", tags=["privacy"])

_EXPORT, _ERASE = may(Permission.EXPORT_PERSON), may(Permission.ERASE_PERSON)


@router.post("/people/{code}/export", dependencies=[_EXPORT])
async def export_person(
    request: Request, session: Session, code: PersonCode, reason: PurposeIn
) -> dict[str, Any]:
    """Everything that is kept of a grid worker, liaison or officer; recorded."""
    keyring = request.app.state.keyring
    return await subjects.export_person(session, code, keyring, purpose=reason.purpose)


@router.post("/people/{code}/erasure", status_code=204, dependencies=[_ERASE])
async def erase_person(
    request: Request, session: Session, code: PersonCode, reason: PurposeIn
) -> Response:
    """Take from somebody who left, and from their account, what names them; recorded."""
    keyring = request.app.state.keyring
    await subjects.erase_person(session, code, keyring, purpose=reason.purpose)
    return Response(status_code=204)


@router.post("/accounts/{login}/export", dependencies=[_EXPORT])
async def export_account(
    request: Request, session: Session, login: LoginPath, reason: PurposeIn
) -> dict[str, Any]:
    """Everything that is kept of an account, its reports included; recorded."""
    keyring = request.app.state.keyring
    return await subjects.export_account(session, login, keyring, purpose=reason.purpose)


@router.post("/accounts/{login}/erasure", status_code=204, dependencies=[_ERASE])
async def erase_account(
    request: Request, session: Session, caller: Caller, login: LoginPath, reason: PurposeIn
) -> Response:
    """Close an account and take from it, and its reports, what leads to somebody; recorded."""
    await subjects.erase_account(
        session,
        login,
        request.app.state.keyring,
        purpose=reason.purpose,
        by=caller.account_id,
    )
    return Response(status_code=204)

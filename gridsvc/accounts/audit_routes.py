"""HTTP door of the audit trail."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.audit import service
from gridsvc.audit.actions import Action
from gridsvc.audit.schemas import FILTERS, AuditPage, AuditQuestion, BreakOut

router = APIRouter(prefix="/api/audit", tags=["audit"], dependencies=[may(Permission.VIEW_AUDIT)])


@router.get("")
async def entries(
    session: Session, caller: Caller, asked: Annotated[AuditQuestion, Query()]
) -> AuditPage:
    """Who did what in the auditor's areas, newest first. Reading it is itself recorded."""
    filters = asked.model_dump(include=FILTERS)
    page = await service.search(
        session, division_code=asked.division, cursor=asked.cursor, limit=asked.limit, **filters
    )
    await service.record(
        session,
        Action.AUDIT_READ,
        "audit_entry",
        asked.division,
        division_code=caller.areas[0],
        after={name: str(value) for name, value in filters.items() if value is not None},
    )
    return page


@router.get("/breaks")
async def breaks(session: Session) -> list[BreakOut]:
    """Where the chains do not hold; an empty list when nothing was removed or changed."""
    return await service.verify(session)

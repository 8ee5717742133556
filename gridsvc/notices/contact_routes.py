"""HTTP doors of the phones on which households agreed to be told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.accounts.schemas import PurposeIn
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.notices import contacts
from gridsvc.notices.routes import RowId
from gridsvc.notices.schemas import (
    HouseholdContactIn,
    HouseholdContactOut,
    HouseholdContactPage,
    HouseholdPhone,
)

router = APIRouter(prefix="/api/household-contacts", tags=["notices"])

#: Whoever stands at the door hears whether somebody agrees, or no longer does.
_AT_DOORS = may(Permission.VISIT_HOUSEHOLDS, Permission.DIRECT_VISITS)
_DESK = may(Permission.DIRECT_VISITS)


@router.put("", dependencies=[_AT_DOORS])
async def agree(
    request: Request, session: Session, told: HouseholdContactIn
) -> HouseholdContactOut:
    """Keep a phone of a household that agreed; the same phone again agrees anew."""
    return await contacts.agree(session, told, request.app.state.keyring)


@router.get("", dependencies=[_DESK])
async def contacts_of(
    session: Session,
    division: Within = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> HouseholdContactPage:
    """Phones of households of the caller's areas, masked."""
    low, high = range_within(division)
    return await contacts.contacts(session, low, high, limit=limit)


@router.post("/{contact_id}/reading", dependencies=[may(Permission.UNMASK)])
async def read(
    request: Request, session: Session, contact_id: RowId, reason: PurposeIn
) -> HouseholdPhone:
    """The number of a phone, for a purpose; recorded."""
    keyring = request.app.state.keyring
    return await contacts.read(session, contact_id, keyring, purpose=reason.purpose)


@router.delete("/{contact_id}", status_code=204, dependencies=[_AT_DOORS])
async def withdraw(session: Session, contact_id: RowId) -> Response:
    """Forget a phone whose household no longer agrees; what waits for it is not sent."""
    await contacts.withdraw(session, contact_id)
    return Response(status_code=204)

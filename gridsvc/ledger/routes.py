"""HTTP doors of the ledger."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import range_within
from gridsvc.grids.routes import Within
from gridsvc.ledger import queries, service
from gridsvc.ledger.schemas import (
    AccountCode,
    LedgerAccountIn,
    LedgerAccountOut,
    ReversalIn,
    TransactionIn,
    TransactionOut,
)

router = APIRouter(prefix="/api/ledger", tags=["ledger"])
_LEDGER = may(Permission.KEEP_LEDGER)

TransactionId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.post("/accounts", status_code=201, dependencies=[_LEDGER])
async def open_account(session: Session, caller: Caller, new: LedgerAccountIn) -> LedgerAccountOut:
    """Open an account of a division, in fen or points."""
    return await service.open_account(session, new, caller)


@router.get("/accounts", dependencies=[_LEDGER])
async def accounts(
    session: Session, division: Within = None, limit: Limit = 100
) -> list[LedgerAccountOut]:
    """Accounts of a division and those in it, with what is on them."""
    low, high = range_within(division)
    rows = await queries.accounts(session, low, high, limit=limit)
    return [LedgerAccountOut(**row) for row in rows]


@router.post("/transactions", status_code=201, dependencies=[_LEDGER])
async def post(session: Session, caller: Caller, new: TransactionIn) -> TransactionOut:
    """Book entries that sum to nothing; the same key is the same booking."""
    return await service.post(session, new, caller)


@router.get("/transactions", dependencies=[_LEDGER])
async def transactions(
    session: Session,
    division: Within = None,
    account: Annotated[AccountCode | None, Query()] = None,
    limit: Limit = 100,
) -> list[TransactionOut]:
    """What was booked, newest first."""
    low, high = range_within(division)
    rows = await queries.transactions(session, low, high, account, limit=limit)
    return [TransactionOut(**{k: row[k] for k in row if k != "body_sha256"}) for row in rows]


@router.post("/transactions/{transaction_id}/reversal", status_code=201, dependencies=[_LEDGER])
async def reverse(
    session: Session, transaction_id: TransactionId, why: ReversalIn
) -> TransactionOut:
    """Take a transaction back by booking its reverse."""
    return await service.reverse(session, transaction_id, why)

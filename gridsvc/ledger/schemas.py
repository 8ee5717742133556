"""What the ledger takes and sends over HTTP; amounts are whole fen or points, debits above zero."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from gridsvc.plain_text import PlainText

Division = Annotated[PlainText, Field(pattern=r"^[0-9]{12}$", examples=["990101000000"])]
AccountCode = Annotated[PlainText, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}$")]
Unit = Literal["fen", "point"]
Memo = Annotated[PlainText, Field(min_length=1, max_length=200)]
ClientKey = Annotated[PlainText, Field(min_length=1, max_length=100)]
_MOST = 10**15


class LedgerAccountIn(BaseModel):
    """An account to open."""

    division: Division
    code: AccountCode
    name: Annotated[PlainText, Field(min_length=1, max_length=100)]
    kind: Literal["asset", "liability", "income", "expense"]
    unit: Unit


class LedgerAccountOut(LedgerAccountIn):
    """An account and what is on it."""

    id: int
    balance: int = Field(description="debits above zero: what is owed stands below")


class EntryIn(BaseModel):
    """So much into an account, or out of it."""

    account: AccountCode
    amount: int = Field(ge=-_MOST, le=_MOST, description="debits above zero, credits below")


class TransactionIn(BaseModel):
    """Entries that sum to nothing."""

    division: Division
    memo: Memo
    entries: list[EntryIn] = Field(min_length=2, max_length=100)
    client_key: ClientKey


class ReversalIn(BaseModel):
    """Why a transaction is taken back."""

    memo: Memo


class EntryOut(BaseModel):
    """An entry of a transaction."""

    account: str
    amount: int


class TransactionOut(BaseModel):
    """What was booked."""

    id: int
    division: str
    memo: str
    reverses: int | None
    made_by: str
    made_at: datetime
    unit: Unit
    entries: list[EntryOut]

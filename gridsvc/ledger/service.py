"""What the office does with the ledger: open accounts, book, take back.

Nothing booked is ever changed. The database refuses what does not balance and what would spend
more than there is; here it is said before, in words.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc import client_keys
from gridsvc.accounts.identity import Identity
from gridsvc.audit import service as audit
from gridsvc.audit.actions import Action
from gridsvc.audit.actor import actor_of
from gridsvc.errors import BadInput, Conflict, NotFound
from gridsvc.grids.own_areas import check_area, check_own_area
from gridsvc.ledger import queries
from gridsvc.ledger.schemas import (
    LedgerAccountIn,
    LedgerAccountOut,
    ReversalIn,
    TransactionIn,
    TransactionOut,
)


@dataclass(frozen=True)
class Booking:
    """Entries to book: by code of account, debits above zero; the same key is the same booking."""

    division: str
    memo: str
    entries: Sequence[tuple[str, int]]
    client_key: str
    reverses: int | None = None

    @property
    def digest(self) -> bytes:
        """What tells one booking from another."""
        told = repr((self.division, self.memo, sorted(self.entries), self.reverses))
        return hashlib.sha256(told.encode()).digest()


async def open_account(
    session: AsyncSession, new: LedgerAccountIn, caller: Identity
) -> LedgerAccountOut:
    """Open an account of a division.

    Raises
    ------
    Conflict
        If it has one of this code.
    BadInput, Forbidden
        If there is no such division, or it lies outside the caller's areas.
    """
    await check_own_area(session, new.division, caller)
    if not await queries.open_account(session, new.model_dump()):
        raise Conflict(f"{new.division} has an account {new.code} already; choose another code")
    await audit.record(
        session, Action.ACCOUNT_BOOKED, "ledger_account", new.code, division_code=new.division
    )
    (row,) = (await queries.accounts_of(session, new.division, [new.code])).values()
    return LedgerAccountOut(**row)


async def ensure(
    session: AsyncSession, division: str, kind: str, unit: str, names: Mapping[str, str]
) -> None:
    """Open accounts that a division does not have yet, by code and name."""
    told = {"division": division, "kind": kind, "unit": unit}
    await queries.open_missing(session, told, list(names), list(names.values()))


async def post(session: AsyncSession, new: TransactionIn, caller: Identity) -> TransactionOut:
    """Book what somebody at a desk wants booked; errors as `book`."""
    check_area(new.division, caller)
    entries = [(one.account, one.amount) for one in new.entries]
    return await book(session, Booking(new.division, new.memo, entries, new.client_key))


async def book(session: AsyncSession, new: Booking) -> TransactionOut:
    """Book entries that sum to nothing.

    Raises
    ------
    BadInput
        If they do not, an account is unknown or comes twice, units differ, or the key was used
        for something else.
    Conflict
        If more would be spent than there is.
    """
    actor = actor_of(session)
    known = await queries.by_key(session, actor.login, new.client_key)
    if known is not None:
        client_keys.check_same(
            new.client_key, known["body_sha256"], new.digest, used="for something else"
        )
        return _shown(known)
    accounts = await queries.accounts_of(session, new.division, [code for code, _ in new.entries])
    _check(new, accounts)
    row = {
        "division": new.division,
        "memo": new.memo,
        "reverses": new.reverses,
        "made_by": actor.login,
        "client_key": new.client_key,
        "body_sha256": new.digest,
    }
    entries = [(accounts[code]["id"], amount) for code, amount in new.entries]
    try:
        async with session.begin_nested():
            added = await queries.book(session, row, entries)
    except IntegrityError as failure:
        if "not_overdrawn" not in str(failure.orig):
            raise
        raise Conflict(_overdrawn(new, accounts)) from failure
    if added is None:  # the same request, at the same moment
        return await book(session, new)
    await audit.record(
        session, Action.ACCOUNT_BOOKED, "transaction", added, division_code=new.division
    )
    return await transaction(session, added)


def _check(new: Booking, accounts: dict[str, RowMapping]) -> None:
    total = sum(amount for _, amount in new.entries)
    if total:
        raise BadInput(f"the entries sum to {total:+}, not to 0; what goes in comes from somewhere")
    if any(not amount for _, amount in new.entries):
        raise BadInput("an entry of 0 says nothing; leave it out")
    unknown = sorted({code for code, _ in new.entries} - accounts.keys())
    if unknown:
        raise BadInput(f"{new.division} has no account {', '.join(unknown)}; open it first")
    twice = [code for code, n in Counter(code for code, _ in new.entries).items() if n > 1]
    if twice:
        raise BadInput(f"{', '.join(twice)} comes twice; say once what it comes to")
    units = sorted({accounts[code]["unit"] for code, _ in new.entries})
    if len(units) > 1:
        raise BadInput(f"{' and '.join(units)} cannot be booked against each other")


def _overdrawn(new: Booking, accounts: dict[str, RowMapping]) -> str:
    short = [
        f"{code} has {abs(accounts[code]['balance'])} and is asked for {abs(amount)}"
        for code, amount in new.entries
        if (accounts[code]["kind"] == "asset" and accounts[code]["balance"] + amount < 0)
        or (accounts[code]["kind"] == "liability" and accounts[code]["balance"] + amount > 0)
    ]
    return "more would be spent than there is: " + ("; ".join(short) or "look again")


async def reverse(session: AsyncSession, transaction_id: int, why: ReversalIn) -> TransactionOut:
    """Take a transaction back by booking its reverse; once.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    Conflict
        If it was taken back, is itself a reversal, or the money is gone.
    """
    old = await transaction(session, transaction_id)
    if old.reverses is not None or await queries.reversal_of(session, transaction_id) is not None:
        raise Conflict(f"transaction {transaction_id} was taken back, or takes one back itself")
    entries = [(one.account, -one.amount) for one in old.entries]
    key = f"reversal of {transaction_id}"
    return await book(session, Booking(old.division, why.memo, entries, key, transaction_id))


async def transaction(session: AsyncSession, transaction_id: int) -> TransactionOut:
    """What was booked.

    Raises
    ------
    NotFound
        If there is none in the caller's areas.
    """
    row = await queries.transaction(session, transaction_id)
    if row is None:
        raise NotFound(f"there is no transaction {transaction_id} in your areas")
    return _shown(row)


def _shown(row: RowMapping) -> TransactionOut:
    return TransactionOut(**{name: row[name] for name in row if name != "body_sha256"})

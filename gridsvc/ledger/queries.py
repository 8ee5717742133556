"""SQL of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

_ACCOUNT = """
SELECT id, division_code AS division, code, name, kind, unit, balance FROM ledger_account
"""
_TRANSACTION = """
SELECT t.id, t.division_code AS division, t.memo, t.reverses, t.made_by, t.made_at, t.body_sha256,
       min(e.unit) AS unit,
       jsonb_agg(jsonb_build_object('account', a.code, 'amount', e.amount) ORDER BY e.id) AS entries
FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
JOIN ledger_account a ON a.id = e.account_id
"""
# In the order of their accounts, so that two that book at once do not wait for each other in turn.
_BOOK = text("""
INSERT INTO ledger_entry (transaction_id, account_id, division_code, unit, amount)
SELECT :transaction, a.id, a.division_code, a.unit, b.amount
FROM unnest(CAST(:accounts AS bigint[]), CAST(:amounts AS bigint[])) AS b (id, amount)
JOIN ledger_account a ON a.id = b.id ORDER BY a.id
""")


async def open_account(session: AsyncSession, row: dict[str, Any]) -> bool:
    """Open an account; false if the division has one of its code."""
    added = await session.scalar(
        text("""
        INSERT INTO ledger_account (division_code, code, name, kind, unit)
        VALUES (:division, :code, :name, :kind, :unit)
        ON CONFLICT (division_code, code) DO NOTHING RETURNING id
        """),
        row,
    )
    return added is not None


async def open_missing(
    session: AsyncSession, told: dict[str, Any], codes: Sequence[str], names: Sequence[str]
) -> None:
    """Open those accounts of a division, kind and unit that are not there."""
    await session.execute(
        text("""
        INSERT INTO ledger_account (division_code, code, name, kind, unit)
        SELECT :division, n.code, n.name, :kind, :unit
        FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[])) AS n (code, name)
        ON CONFLICT (division_code, code) DO NOTHING
        """),
        told | {"codes": codes, "names": names},
    )


async def accounts_of(
    session: AsyncSession, division: str, codes: Iterable[str]
) -> dict[str, RowMapping]:
    """Accounts of a division by their codes, those there are."""
    found = await session.execute(
        text(f"{_ACCOUNT} WHERE division_code = :division AND code = ANY (CAST(:codes AS text[]))"),
        {"division": division, "codes": list(codes)},
    )
    return {row["code"]: row for row in found.mappings()}


async def accounts(
    session: AsyncSession, low: str, high: str, *, limit: int
) -> Sequence[RowMapping]:
    """Accounts of a range of divisions."""
    found = await session.execute(
        text(f"""{_ACCOUNT} WHERE division_code >= :low AND division_code < :high
        ORDER BY division_code, code LIMIT :limit"""),
        {"low": low, "high": high, "limit": limit},
    )
    return found.mappings().all()


async def book(
    session: AsyncSession, row: dict[str, Any], entries: Sequence[tuple[int, int]]
) -> int | None:
    """Book entries of accounts; the transaction's id, or none when its key was used before."""
    transaction: int | None = await session.scalar(
        text("""
        INSERT INTO ledger_transaction (division_code, memo, reverses, made_by, client_key,
                                        body_sha256)
        VALUES (:division, :memo, :reverses, :made_by, :client_key, :body_sha256)
        ON CONFLICT (made_by, client_key) DO NOTHING RETURNING id
        """),
        row,
    )
    if transaction is not None:
        told = {"accounts": [one[0] for one in entries], "amounts": [one[1] for one in entries]}
        await session.execute(_BOOK, told | {"transaction": transaction})
    return transaction


async def transaction(session: AsyncSession, transaction_id: int) -> RowMapping | None:
    """A transaction with its entries, or none."""
    found = await session.execute(
        text(f"{_TRANSACTION} WHERE t.id = :id GROUP BY t.id"), {"id": transaction_id}
    )
    return found.mappings().first()


async def by_key(session: AsyncSession, made_by: str, client_key: str) -> RowMapping | None:
    """What somebody booked under a key of theirs, or none."""
    found = await session.execute(
        text(f"{_TRANSACTION} WHERE t.made_by = :by AND t.client_key = :key GROUP BY t.id"),
        {"by": made_by, "key": client_key},
    )
    return found.mappings().first()


async def reversal_of(session: AsyncSession, transaction_id: int) -> int | None:
    """Which transaction took one back, or none."""
    reversal: int | None = await session.scalar(
        text("SELECT id FROM ledger_transaction WHERE reverses = :id"), {"id": transaction_id}
    )
    return reversal


async def flow(
    session: AsyncSession, account_id: int, since: datetime, until: datetime
) -> tuple[int, int]:
    """What an account had within a span, with what lay in it before, and what left it."""
    row = await session.execute(
        text("""
        SELECT coalesce(sum(e.amount) FILTER (WHERE t.made_at < :since OR e.amount > 0), 0) AS had,
               coalesce(-sum(e.amount) FILTER (WHERE t.made_at >= :since AND e.amount < 0), 0)
                   AS went
        FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
        WHERE e.account_id = :account AND t.made_at < :until
        """),
        {"account": account_id, "since": since, "until": until},
    )
    had, went = row.one()
    return int(had), int(went)


async def transactions(
    session: AsyncSession, low: str, high: str, account: str | None, *, limit: int
) -> Sequence[RowMapping]:
    """Transactions of a range of divisions, newest first; only those of an account if told."""
    found = await session.execute(
        text(f"""{_TRANSACTION} WHERE t.division_code >= :low AND t.division_code < :high
        AND (CAST(:account AS text) IS NULL OR EXISTS (
             SELECT FROM ledger_entry o JOIN ledger_account c ON c.id = o.account_id
             WHERE o.transaction_id = t.id AND c.code = CAST(:account AS text)))
        GROUP BY t.id ORDER BY t.id DESC LIMIT :limit"""),
        {"low": low, "high": high, "account": account, "limit": limit},
    )
    return found.mappings().all()

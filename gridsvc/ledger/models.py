"""Tables of the ledger: accounts, transactions, and the entries each is made of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class LedgerAccount(Base):
    """An account in one unit; its balance follows its entries, debits above zero.

    What is owned is never below zero and what is owed never above: nobody spends what is not there.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("division_code", "code"),
        CheckConstraint("kind IN ('asset', 'liability', 'income', 'expense')", name="kind"),
        CheckConstraint("unit IN ('fen', 'point')", name="unit"),
        CheckConstraint(
            "CASE kind WHEN 'asset' THEN balance >= 0 WHEN 'liability' THEN balance <= 0"
            " ELSE true END",
            name="not_overdrawn",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    balance: Mapped[int] = mapped_column(BigInteger, server_default="0")
    opened_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class LedgerTransaction(Base):
    """Entries that belong together and sum to nothing, which the database sees to."""

    __tablename__ = "ledger_transaction"
    __table_args__ = (
        UniqueConstraint("made_by", "client_key"),
        UniqueConstraint("reverses"),
        Index("ix_ledger_transaction_division_code", "division_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    memo: Mapped[str] = mapped_column(Text)
    reverses: Mapped[int | None] = mapped_column(ForeignKey("ledger_transaction.id"))
    made_by: Mapped[str] = mapped_column(Text)
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class LedgerEntry(Base):
    """So much into an account (above zero, a debit) or out of it; never changed."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="something"),
        Index("ix_ledger_entry_transaction_id", "transaction_id"),
        Index("ix_ledger_entry_account_id", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    transaction_id: Mapped[int] = mapped_column(ForeignKey("ledger_transaction.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"))
    division_code: Mapped[str] = mapped_column(CodeText)
    unit: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)

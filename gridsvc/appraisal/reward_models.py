"""Tables of rewards for people who report: rules, and what each event came to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class RewardRule(Base):
    """What a report earns when it comes to a state, and what sets bounds to it.

    Nobody earns it more than `daily_cap` times a day, nor who reported untruly more than
    `most_untrue` times within thirty days.
    """

    __tablename__ = "reward_rule"
    __table_args__ = (
        UniqueConstraint("division_code", "code"),
        CheckConstraint("at_state IN ('FILED', 'VERIFIED', 'CLOSED')", name="at_state"),
        CheckConstraint("unit IN ('fen', 'point')", name="unit"),
        CheckConstraint("amount > 0 AND daily_cap > 0 AND most_untrue >= 0", name="limits"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    at_state: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    daily_cap: Mapped[int]
    most_untrue: Mapped[int]
    matter_code: Mapped[str | None] = mapped_column(ForeignKey("matter.code"))
    since: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Reward(Base):
    """What a rule gave for an event, or why it gave nothing; decided once."""

    __tablename__ = "reward"
    __table_args__ = (
        UniqueConstraint("rule_id", "event_id"),
        CheckConstraint("state IN ('GRANTED', 'PAID', 'REFUSED')", name="state"),
        CheckConstraint("(state = 'REFUSED') = (refused_because IS NOT NULL)", name="refused"),
        CheckConstraint("(state = 'REFUSED') = (transaction_id IS NULL)", name="booked"),
        CheckConstraint("(state = 'PAID') = (paid_at IS NOT NULL)", name="paid"),
        Index("ix_reward_account_id", "account_id", "decided_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("reward_rule.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    division_code: Mapped[str] = mapped_column(CodeText)
    unit: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    refused_because: Mapped[str | None] = mapped_column(Text)
    transaction_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_transaction.id"))
    reference: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    paid_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

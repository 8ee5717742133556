"""Tables of channels, subscriptions, notices and their deliveries."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    Time,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


def _one_owner(*owners: str) -> CheckConstraint:
    named = ", ".join(("account_id", "unit_code", *owners))
    return CheckConstraint(f"num_nonnulls({named}) = 1", name="one_owner")


class Channel(Base):
    """Where an account or a unit is told, beside the list of notices in the service itself.

    `url_sealed` is an Apprise URL, which holds tokens, passwords and addresses. `kinds` are those
    told there, none = every one. Quiet hours are local times of the installation.

    A household is told on a phone, whose number stands sealed in the place of the URL and masked
    in `shown`, for as long as somebody of it agrees: `consent` says how and when.
    """

    __tablename__ = "channel"
    __table_args__ = (
        _one_owner("household_id"),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        CheckConstraint(
            "service IN ('wecom', 'dingtalk', 'feishu', 'mail', 'webhook', 'phone')", name="service"
        ),
        CheckConstraint("(service = 'phone') = (household_id IS NOT NULL)", name="phone"),
        CheckConstraint("num_nonnulls(household_id, consent, shown) IN (0, 3)", name="consent"),
        Index("ix_channel_account_id", "account_id"),
        Index("ix_channel_unit_code", "unit_code"),
        Index("ix_channel_household_id", "household_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    unit_code: Mapped[str | None] = mapped_column(CodeText)
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id", ondelete="CASCADE"))
    consent: Mapped[str | None] = mapped_column(Text)
    shown: Mapped[str | None] = mapped_column(Text)
    service: Mapped[str] = mapped_column(Text)
    url_sealed: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    language: Mapped[str] = mapped_column(Text)
    quiet_from: Mapped[time | None] = mapped_column(Time)
    quiet_to: Mapped[time | None] = mapped_column(Time)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Subscription(Base):
    """That an account or a unit wants to be told of a kind in a division and below it."""

    __tablename__ = "subscription"
    __table_args__ = (
        _one_owner(),
        UniqueConstraint(
            *("account_id", "unit_code", "kind", "division_code"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_subscription_kind_division_code", "kind", "division_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    unit_code: Mapped[str | None] = mapped_column(CodeText)
    kind: Mapped[str] = mapped_column(Text)


class Notice(Base):
    """That somebody is told something: for an account, the channel within the service itself.

    `division_code` is where the account is kept, or what the unit was told of. `occasion` tells
    apart what may be told more than once of one subject, such as a second assignment.
    """

    __tablename__ = "notice"
    __table_args__ = (
        _one_owner("household_id"),
        UniqueConstraint(
            *("account_id", "unit_code", "household_id"),
            *("kind", "subject_type", "subject_id", "occasion"),
            name="uq_notice_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_notice_account_id", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    unit_code: Mapped[str | None] = mapped_column(CodeText)
    household_id: Mapped[int | None] = mapped_column(
        ForeignKey("household.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(Text)
    subject_type: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    occasion: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), index=True
    )
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Delivery(Base):
    """One notice over one channel, at most once for each pair.

    waiting → sending → sent; back to waiting after a failure, dead after the last; unsure when
    the worker was lost in between and the kind must not come twice.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'unsure', 'dead')", name="state"),
        UniqueConstraint("notice_id", "channel_id"),
        Index(
            "ix_delivery_due", "next_at", postgresql_where=text("state IN ('waiting', 'sending')")
        ),
        Index("ix_delivery_channel_id", "channel_id", "sent_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    #: When it is to be sent next; while it is being sent, when it counts as lost.
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    failure: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

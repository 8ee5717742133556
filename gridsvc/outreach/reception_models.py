"""Tables of reception cycles: milestones of a month, what was heard, decided, inspected."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class ReceptionCycle(Base):
    """Days of every month on which leaders hear, push on and look back, with who must come.

    `weights` is the formula by which open events are ranked.
    """

    __tablename__ = "reception_cycle"
    __table_args__ = (
        CheckConstraint("length(code) BETWEEN 1 AND 64", name="code_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        UniqueConstraint("division_code", "code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    milestones: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    weights: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Reception(Base):
    """One month of a cycle, and the village that is its theme."""

    __tablename__ = "reception"
    __table_args__ = (
        CheckConstraint("extract(day FROM month) = 1", name="first_of_month"),
        UniqueConstraint("cycle_id", "month"),
        Index("ix_reception_division_code", "division_code", "month"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("reception_cycle.id"))
    division_code: Mapped[str] = mapped_column(CodeText)
    month: Mapped[date]
    theme_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))


class ReceptionMilestone(Base):
    """A planned day of a month; when it was held, who came, and why somebody did not."""

    __tablename__ = "reception_milestone"
    __table_args__ = (CheckConstraint("(held_on IS NULL) = (attended IS NULL)", name="held"),)

    reception_id: Mapped[int] = mapped_column(
        ForeignKey("reception.id", ondelete="CASCADE"), primary_key=True
    )
    planned_on: Mapped[date] = mapped_column(primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    expected: Mapped[list[str]] = mapped_column(ARRAY(Text))
    held_on: Mapped[date | None]
    attended: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    note: Mapped[str] = mapped_column(Text, server_default="")


class ReceptionItem(Base):
    """An event on the agenda: its rank then, what was decided, found, and thought of it."""

    __tablename__ = "reception_item"
    __table_args__ = (
        CheckConstraint("votes_for >= 0 AND votes_against >= 0", name="votes"),
        CheckConstraint("budget_yuan >= 0", name="budget"),
        CheckConstraint(
            "(decision IS NULL) = (votes_for IS NULL)"
            " AND (decision IS NULL) = (votes_against IS NULL)",
            name="decided",
        ),
        CheckConstraint("passed IS NULL OR decision IS NOT NULL", name="inspected"),
        CheckConstraint(
            "satisfaction IS NULL"
            " OR (satisfaction >= 1 AND satisfaction <= 5 AND passed IS NOT NULL)",
            name="satisfaction",
        ),
    )

    reception_id: Mapped[int] = mapped_column(
        ForeignKey("reception.id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    division_code: Mapped[str] = mapped_column(CodeText)
    place: Mapped[int]
    score: Mapped[float] = mapped_column(Float)
    decision: Mapped[str | None] = mapped_column(Text)
    votes_for: Mapped[int | None]
    votes_against: Mapped[int | None]
    budget_yuan: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    lead_unit: Mapped[str | None] = mapped_column(CodeText, ForeignKey("unit.code"))
    passed: Mapped[bool | None]
    satisfaction: Mapped[int | None]


class ReceptionHistory(Base):
    """One deed of a reception, about an item or a milestone."""

    __tablename__ = "reception_history"
    __table_args__ = (
        CheckConstraint(
            "deed IN ('open', 'hold', 'decide', 'inspect', 'rate')",
            name="deed",
        ),
        Index("ix_reception_history_reception_id", "reception_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    reception_id: Mapped[int] = mapped_column(ForeignKey("reception.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    event_id: Mapped[int | None] = mapped_column(
        ForeignKey("event.id", ondelete="SET NULL"), index=True
    )
    deed: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

"""Tables of rounds in which units judge each other: schemes, rounds, scores and what was done."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class AppraisalScheme(Base):
    """Who scores whom, by which aspects and weights."""

    __tablename__ = "appraisal_scheme"
    __table_args__ = (UniqueConstraint("division_code", "code"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    sides: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    laid_down_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class AppraisalRound(Base):
    """A scheme applied over some days: `sides` as they were then, with their units.

    Once it is closed nothing of it changes, which triggers guard; `results` are then those that
    were told.
    """

    __tablename__ = "appraisal_round"
    __table_args__ = (
        UniqueConstraint("division_code", "scheme_code", "since"),
        CheckConstraint("until > since", name="in_order"),
        CheckConstraint("state IN ('OPEN', 'CLOSED')", name="state"),
        CheckConstraint(
            "(state = 'CLOSED') = (closed_at IS NOT NULL)"
            " AND (closed_at IS NULL) = (results IS NULL)",
            name="closed",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    scheme_code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    sides: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default="OPEN")
    results: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    opened_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class AppraisalScore(Base):
    """What a unit thinks of another in one aspect; its division is the rater's."""

    __tablename__ = "appraisal_score"
    __table_args__ = (
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("rater <> ratee", name="not_itself"),
        Index("ix_appraisal_score_division_code", "division_code"),
    )

    round_id: Mapped[int] = mapped_column(
        ForeignKey("appraisal_round.id"), primary_key=True, autoincrement=False
    )
    side_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    rater: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"), primary_key=True)
    ratee: Mapped[str] = mapped_column(CodeText, primary_key=True)
    aspect_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    score: Mapped[float] = mapped_column(Double)


class AppraisalHistory(Base):
    """Something that was done in a round: opened, scored, closed."""

    __tablename__ = "appraisal_history"
    __table_args__ = (
        CheckConstraint("deed IN ('open', 'score', 'close')", name="deed"),
        Index("ix_appraisal_history_round_id", "round_id", "id"),
        Index("ix_appraisal_history_division_code", "division_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("appraisal_round.id"))
    division_code: Mapped[str] = mapped_column(CodeText)
    deed: Mapped[str] = mapped_column(Text)
    unit_code: Mapped[str | None] = mapped_column(CodeText)
    #: What was scored; none for other deeds.
    scores: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

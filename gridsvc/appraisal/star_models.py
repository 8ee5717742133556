"""Tables of spot checks and of the stars of grids."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
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


class PhotoHash(Base):
    """Perceptual hash of a photo, 64 bits: alike for pictures that look alike."""

    __tablename__ = "photo_hash"
    __table_args__ = (Index("ix_photo_hash_division_code", "division_code"),)

    media_id: Mapped[int] = mapped_column(
        ForeignKey("event_media.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    hash: Mapped[int] = mapped_column(BigInteger)


class SpotCheck(Base):
    """Something about an event that looks like sham work, and what somebody found it to be."""

    __tablename__ = "spot_check"
    __table_args__ = (
        UniqueConstraint("event_id", "kind"),
        CheckConstraint(
            "kind IN ('no_track', 'elsewhere', 'instant', 'reused_photo', 'unchanged_photo')",
            name="kind",
        ),
        CheckConstraint("verdict IN ('confirmed', 'dismissed')", name="verdict"),
        CheckConstraint(
            "(verdict IS NULL) = (judged_by IS NULL) AND (verdict IS NULL) = (judged_at IS NULL)",
            name="judged",
        ),
        Index("ix_spot_check_division_code", "division_code", "found_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    kind: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    found_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    verdict: Mapped[str | None] = mapped_column(Text)
    judged_by: Mapped[str | None] = mapped_column(Text)
    judged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text)


class StarRule(Base):
    """How grids earn one to five stars: what is measured, from bad to good, and by what weight."""

    __tablename__ = "star_rule"
    __table_args__ = (
        UniqueConstraint("division_code", "code"),
        CheckConstraint("cardinality(thresholds) = 4", name="thresholds"),
        CheckConstraint("most_with_sham BETWEEN 1 AND 5", name="most_with_sham"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    thresholds: Mapped[list[float]] = mapped_column(ARRAY(Double))
    least_cases: Mapped[int]
    most_with_sham: Mapped[int]
    laid_down_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class StarRating(Base):
    """Stars of a grid over days; none where there was too little to go by."""

    __tablename__ = "star_rating"
    __table_args__ = (
        UniqueConstraint("rule_id", "grid_id", "since", "until"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("until > since", name="in_order"),
        Index("ix_star_rating_division_code", "division_code", "since"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("star_rule.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"), autoincrement=False)
    division_code: Mapped[str] = mapped_column(CodeText)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    stars: Mapped[int | None]
    points: Mapped[float | None] = mapped_column(Double)
    measures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    rated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

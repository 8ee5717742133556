"""Table of assignments."""

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
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class Assignment(Base):
    """An event given to a person; open until released, at most one open per event.

    `released_as` is the state the event moved to when the person no longer had it in hand,
    `released_by` what brought that about. Who it was is kept as it was shown then: code, masked
    name, role. `eta_s` goes by the road or a straight line, as `eta_by` says; without an answer
    by `accept_by` the event goes to the next.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("distance_m >= 0", name="distance_not_negative"),
        CheckConstraint("released_at >= assigned_at", name="released_after"),
        CheckConstraint("(released_at IS NULL) = (released_as IS NULL)", name="released_as"),
        CheckConstraint("(released_at IS NULL) = (released_by IS NULL)", name="released_by"),
        CheckConstraint(
            "released_by IN ('moved', 'declined', 'timed_out', 'overridden')", name="cause"
        ),
        CheckConstraint("eta_by IN ('road', 'line', 'none')", name="eta_by"),
        Index("ix_assignment_accept_by", "accept_by", postgresql_where=text("released_at IS NULL")),
        Index(
            "uq_assignment_one_open",
            "event_id",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("ix_assignment_person_id", "person_id", "assigned_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    person_code: Mapped[str] = mapped_column(CodeText)
    person_name: Mapped[str] = mapped_column(Text)
    person_role: Mapped[str] = mapped_column(Text)
    distance_m: Mapped[float | None]
    reason: Mapped[str] = mapped_column(Text)
    assigned_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    released_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    released_as: Mapped[str | None] = mapped_column(Text)
    released_by: Mapped[str | None] = mapped_column(Text)
    eta_s: Mapped[float | None]
    eta_by: Mapped[str] = mapped_column(Text, server_default="none")
    road_m: Mapped[float | None]
    accept_by: Mapped[datetime] = mapped_column(DateTime(timezone=True))

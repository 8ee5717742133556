"""Tables of what accompanies an event through its life: stages, deeds about it, escalations."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Interval,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText

_TIME = DateTime(timezone=True)


class OfEvent(Base):
    """Columns of every table whose rows belong to one event and to its area."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)


class EventStage(OfEvent):
    """Something that has to be done about an event within a time; see ``events.stages``.

    `due_at` is none where the matter has no limit, or could not be computed, with
    `undated_because` saying why. A stage that is `paused_at` stands still; `paused` is how long it
    stood, by which `due_at` was moved.
    """

    __tablename__ = "event_stage"
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'void')", name="outcome"),
        CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name="ended"),
        CheckConstraint("done_at >= started_at AND due_at >= started_at", name="in_order"),
        CheckConstraint("paused_at IS NULL OR done_at IS NULL", name="not_paused_in_the_end"),
        Index("ix_event_stage_event_id", "event_id", "id"),
        Index(
            "uq_event_stage_one_open",
            "event_id",
            "stage",
            unique=True,
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("ix_event_stage_open_due", "due_at", postgresql_where=text("done_at IS NULL")),
        Index("ix_event_stage_division_due", "division_code", "due_at"),
    )

    stage: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    sequence: Mapped[int] = mapped_column(server_default="1")
    started_at: Mapped[datetime] = mapped_column(_TIME, server_default=func.clock_timestamp())
    due_at: Mapped[datetime | None] = mapped_column(_TIME)
    undated_because: Mapped[str | None] = mapped_column(Text)
    paused_at: Mapped[datetime | None] = mapped_column(_TIME)
    paused: Mapped[timedelta] = mapped_column(Interval, server_default="0")
    done_at: Mapped[datetime | None] = mapped_column(_TIME)
    outcome: Mapped[str | None] = mapped_column(Text)


class Escalation(OfEvent):
    """That a stage came near its limit or passed it, and which division that concerns."""

    __tablename__ = "escalation"
    __table_args__ = (
        UniqueConstraint("stage_id", "rung"),
        Index("ix_escalation_event_id", "event_id", "id"),
    )

    stage_id: Mapped[int] = mapped_column(ForeignKey("event_stage.id", ondelete="CASCADE"))
    stage: Mapped[str] = mapped_column(Text)
    rung: Mapped[str] = mapped_column(Text)
    told_code: Mapped[str] = mapped_column(CodeText)
    due_at: Mapped[datetime] = mapped_column(_TIME)
    at: Mapped[datetime] = mapped_column(_TIME, server_default=func.clock_timestamp())


class Suspension(OfEvent):
    """Asking to put an event off (挂账) until a time, and what somebody else decided."""

    __tablename__ = "suspension"
    __table_args__ = (
        CheckConstraint("until > asked_at", name="ends_later"),
        CheckConstraint("decided_by <> asked_by", name="four_eyes"),
        CheckConstraint(
            "(approved IS NULL) = (decided_by IS NULL)"
            " AND (approved IS NULL) = (decided_at IS NULL)",
            name="decided",
        ),
        Index("ix_suspension_event_id", "event_id", "id"),
        Index(
            "uq_suspension_one_open",
            "event_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    until: Mapped[datetime] = mapped_column(_TIME)
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(_TIME, server_default=func.clock_timestamp())
    approved: Mapped[bool | None]
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(_TIME)
    decision_note: Mapped[str] = mapped_column(Text, server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(_TIME)


class CancelCounter(Base):
    """The last cancel number (销号) a county gave in a year."""

    __tablename__ = "cancel_counter"

    county_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class CancelNumber(OfEvent):
    """A number an event got when it was closed; one closed again gets another."""

    __tablename__ = "cancel_number"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("ix_cancel_number_event_id", "event_id", "id"),
    )

    number: Mapped[str] = mapped_column(CodeText)
    given_at: Mapped[datetime] = mapped_column(_TIME, server_default=func.clock_timestamp())


class Publication(OfEvent):
    """That an event is, or was, shown to everybody (公示)."""

    __tablename__ = "publication"
    __table_args__ = (
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)"
            " AND (withdrawn_at IS NULL) = (reason IS NULL)",
            name="withdrawn",
        ),
        Index(
            "uq_publication_one_open",
            "event_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_publication_event_id", "event_id", "id"),
    )

    published_by: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(_TIME, server_default=func.clock_timestamp())
    withdrawn_by: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(_TIME)
    reason: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, server_default="")


class DuplicateLink(OfEvent):
    """That an event is, or was taken to be, the same as an earlier one."""

    __tablename__ = "duplicate_link"
    __table_args__ = (
        CheckConstraint("duplicate_of <> event_id", name="of_another"),
        CheckConstraint("(unlinked_at IS NULL) = (unlinked_by IS NULL)", name="unlinked"),
        Index(
            "uq_duplicate_link_one_open",
            "event_id",
            unique=True,
            postgresql_where=text("unlinked_at IS NULL"),
        ),
        Index(
            "ix_duplicate_link_duplicate_of",
            "duplicate_of",
            postgresql_where=text("unlinked_at IS NULL"),
        ),
    )

    duplicate_of: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    linked_by: Mapped[str] = mapped_column(Text)
    linked_at: Mapped[datetime] = mapped_column(_TIME, server_default=func.clock_timestamp())
    unlinked_by: Mapped[str | None] = mapped_column(Text)
    unlinked_at: Mapped[datetime | None] = mapped_column(_TIME)
    note: Mapped[str] = mapped_column(Text, server_default="")

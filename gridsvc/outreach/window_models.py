"""Tables of village windows, what was registered there, and work orders."""

from __future__ import annotations

from datetime import datetime
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
    UniqueConstraint,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText

_ORDER_STATES = "('ISSUED', 'PLANNED', 'DONE', 'VERIFIED')"


class Window(Base):
    """Where people's matters are registered in the villages of an area, and in which classes."""

    __tablename__ = "village_window"
    __table_args__ = (
        CheckConstraint("length(code) BETWEEN 1 AND 64", name="code_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("plan_within_h > 0", name="plan_within_h"),
        CheckConstraint("door_lead_h >= 0", name="door_lead_h"),
        UniqueConstraint("division_code", "code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    classes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    #: Divisions beyond its own that it serves, too: neighbouring towns.
    serves: Mapped[list[str]] = mapped_column(ARRAY(CodeText), server_default="{}")
    #: Hours within which a unit says how it will do what was passed up; none = no limit.
    plan_within_h: Mapped[int | None]
    #: Hours before the time booked at a door from which somebody is given it.
    door_lead_h: Mapped[int] = mapped_column(server_default="2")


class Registration(Base):
    """That an event came in at a window, in which class, and what is to be done at the door.

    `item_code` is the service item somebody asked for, `at_door` when it is brought to them (上门).
    """

    __tablename__ = "registration"
    __table_args__ = (
        CheckConstraint("item_code IS NOT NULL OR at_door IS NULL", name="at_door_for_something"),
        Index("ix_registration_window_id", "window_id", "registered_at"),
    )

    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True
    )
    division_code: Mapped[str] = mapped_column(CodeText)
    window_id: Mapped[int] = mapped_column(ForeignKey("village_window.id"))
    class_code: Mapped[str] = mapped_column(CodeText)
    item_code: Mapped[str | None] = mapped_column(CodeText)
    at_door: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    registered_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class WorkOrder(Base):
    """An event passed up (交办单): to which unit, then its measures, deadline and who answers.

    At most one of an event is open. Who answers for it is sealed and shown masked, and forgotten
    when the event is anonymised. It is to be planned by `plan_by`, if its window says so, and done
    by `due_at`.
    """

    __tablename__ = "work_order"
    __table_args__ = (
        CheckConstraint(f"state IN {_ORDER_STATES}", name="state"),
        CheckConstraint("level IN ('street', 'county', 'city')", name="level"),
        CheckConstraint(
            "(state = 'ISSUED') = (measures IS NULL) AND (measures IS NULL) = (due_at IS NULL)"
            " AND (responsible_sealed IS NULL OR measures IS NOT NULL)"
            " AND (responsible_sealed IS NULL) = (responsible_masked IS NULL)",
            name="planned",
        ),
        CheckConstraint("(state IN ('DONE', 'VERIFIED')) = (done_at IS NOT NULL)", name="done"),
        CheckConstraint("(state = 'VERIFIED') = (verified_at IS NOT NULL)", name="verified"),
        Index(
            "uq_work_order_one_open",
            "event_id",
            unique=True,
            postgresql_where=literal_column("state <> 'VERIFIED'"),
        ),
        Index("ix_work_order_unit_code", "unit_code", "issued_at"),
        Index(
            "ix_work_order_awaited",
            literal_column("coalesce(due_at, plan_by)"),
            postgresql_where=literal_column("done_at IS NULL"),
        ),
        Index("ix_work_order_division_code", "division_code", "issued_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    level: Mapped[str] = mapped_column(Text)
    unit_code: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"))
    state: Mapped[str] = mapped_column(Text)
    plan_by: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    measures: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    responsible_sealed: Mapped[str | None] = mapped_column(Text)
    responsible_masked: Mapped[str | None] = mapped_column(Text)
    issued_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class OrderHistory(Base):
    """One deed of a work order, and its state before and after."""

    __tablename__ = "order_history"
    __table_args__ = (
        CheckConstraint(f"to_state IN {_ORDER_STATES}", name="to_state"),
        CheckConstraint("from_state IS NOT NULL OR to_state = 'ISSUED'", name="begins_issued"),
        Index("ix_order_history_order_id", "order_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class OrderEscalation(Base):
    """That a work order came near its deadline or passed it, and which division that concerns."""

    __tablename__ = "order_escalation"

    order_id: Mapped[int] = mapped_column(
        ForeignKey("work_order.id", ondelete="CASCADE"), primary_key=True
    )
    rung: Mapped[str] = mapped_column(Text, primary_key=True)
    #: A deadline that was set anew has a ladder of its own.
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    told_code: Mapped[str] = mapped_column(CodeText)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

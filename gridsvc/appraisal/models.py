"""Tables of indicators, of what is counted day by day, and of figures that places declare."""

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
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class Indicator(Base):
    """What is measured and how: counters above a line and counters below it.

    One of a `share` counts part of what its denominator counts. It holds for its division and all
    that is in it, where none of the same code is laid down nearer.
    """

    __tablename__ = "indicator"
    __table_args__ = (
        UniqueConstraint("division_code", "code"),
        CheckConstraint("per IN ('day', 'week', 'month', 'quarter', 'year')", name="per"),
        CheckConstraint("cardinality(numerator) > 0", name="has_numerator"),
        CheckConstraint("NOT share OR cardinality(denominator) > 0", name="share_of_something"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    numerator: Mapped[list[str]] = mapped_column(ARRAY(Text))
    denominator: Mapped[list[str]] = mapped_column(ARRAY(Text))
    share: Mapped[bool]
    higher_is_better: Mapped[bool]
    per: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    responsible_role: Mapped[str] = mapped_column(Text)
    target: Mapped[float | None] = mapped_column(Double)
    changed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class Declaration(Base):
    """Figures that a place gives of itself, after they were found to be possible."""

    __tablename__ = "declaration"
    __table_args__ = (
        UniqueConstraint("declared_by", "client_key"),
        CheckConstraint("until > since", name="in_order"),
        Index("ix_declaration_division_code", "division_code", "since"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    title: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    counts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    rates: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    declared_by: Mapped[str] = mapped_column(Text)
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    declared_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class DailyCount(Base):
    """What was done, and what ran out, in a stage on a day, by role and unit.

    Moves count on the day they were made; limits on the day they run out, be it to come. Only
    what the events' history says is in it: it can be made anew from that at any time.
    """

    __tablename__ = "daily_count"
    __table_args__ = (CheckConstraint("on_time + late <= due", name="of_what_was_due"),)

    division_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    stage: Mapped[str] = mapped_column(Text, primary_key=True)
    role: Mapped[str] = mapped_column(Text, primary_key=True)
    unit_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    begun: Mapped[int] = mapped_column(server_default="0")
    done: Mapped[int] = mapped_column(server_default="0")
    sent_back: Mapped[int] = mapped_column(server_default="0")
    wrong: Mapped[int] = mapped_column(server_default="0")
    put_off: Mapped[int] = mapped_column(server_default="0")
    due: Mapped[int] = mapped_column(server_default="0")
    on_time: Mapped[int] = mapped_column(server_default="0")
    late: Mapped[int] = mapped_column(server_default="0")
    overdue_hours: Mapped[float] = mapped_column(Double, server_default="0")
    overdue_multiple: Mapped[float] = mapped_column(Double, server_default="0")


class CountedEvent(Base):
    """Days on which limits of an event were counted; they move with the limits."""

    __tablename__ = "counted_event"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("event.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    division_code: Mapped[str] = mapped_column(CodeText)
    days: Mapped[list[date]] = mapped_column(ARRAY(Date))


class CountMark(Base):
    """How far was counted: everything written by transactions below `counted_xid`."""

    __tablename__ = "count_mark"
    __table_args__ = (CheckConstraint("one", name="only"),)

    one: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    counted_xid: Mapped[int] = mapped_column(BigInteger)
    time_zone: Mapped[str] = mapped_column(Text)
    counted_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

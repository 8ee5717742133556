"""Tables of events and their history."""

from __future__ import annotations

from datetime import datetime

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText, sound_geometry
from gridsvc.geo import SRID


class EventMove(Base):
    """Allowed move between two states; mirrors ``events.states.MOVES``."""

    __tablename__ = "event_move"

    from_state: Mapped[str] = mapped_column(Text, primary_key=True)
    to_state: Mapped[str] = mapped_column(Text, primary_key=True)


class Event(Base):
    """Something reported at a place, and who has it.

    `owner_id` is the first receiver (首问负责) and stays; `handler_id` changes. `reported_by` is
    the account that sent the report, none for one that came from a file. How to reach whoever
    saw it is sealed.
    """

    __tablename__ = "event"
    __table_args__ = (
        CheckConstraint("datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name="datum"),
        CheckConstraint("length(description) BETWEEN 1 AND 4000", name="description_length"),
        CheckConstraint("length(client_key) BETWEEN 1 AND 100", name="client_key_length"),
        CheckConstraint(
            "(state IN ('DISPATCHED', 'ACCEPTED', 'ON_SITE')) <= (handler_id IS NOT NULL)",
            name="in_hand_has_handler",
        ),
        # A key is its client's own: nobody learns from a refusal what another one sent.
        UniqueConstraint("reported_by", "client_key", postgresql_nulls_not_distinct=True),
        Index(
            "ix_event_waiting",
            "received_at",
            postgresql_where=text("state IN ('FILED', 'RETURNED', 'REOPENED')"),
        ),
        Index("ix_event_division_received", "division_code", "received_at"),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"), index=True)
    micro_grid_id: Mapped[int] = mapped_column(ForeignKey("micro_grid.id"), index=True)
    matter_code: Mapped[str] = mapped_column(ForeignKey("matter.code"))
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", SRID))
    datum: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    contact_name_sealed: Mapped[str | None] = mapped_column(Text)
    contact_phone_sealed: Mapped[str | None] = mapped_column(Text)
    reported_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text)
    waiting_reason: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    captured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    anonymised_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class EventMedia(Base):
    """Photo of an event, made anew from what was sent: nothing of a stranger's bytes is kept."""

    __tablename__ = "event_media"
    __table_args__ = (
        CheckConstraint("media_type = 'image/jpeg'", name="media_type"),
        CheckConstraint("purpose IN ('report', 'before', 'after')", name="purpose"),
        UniqueConstraint("event_id", "sha256"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    purpose: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    width_px: Mapped[int]
    height_px: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    added_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    captured_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class EventHistory(Base):
    """One move of an event: from where to where, when, by whom and why.

    `xid` is the transaction that wrote it, by which the live stream knows what is new.
    """

    __tablename__ = "event_history"
    __table_args__ = (
        ForeignKeyConstraint(
            ["from_state", "to_state"], ["event_move.from_state", "event_move.to_state"]
        ),
        CheckConstraint("from_state IS NOT NULL OR to_state = 'REPORTED'", name="begins_reported"),
        Index("ix_event_history_event_id", "event_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    xid: Mapped[int | None] = mapped_column(
        BigInteger,
        server_default=text("CAST(CAST(pg_current_xact_id() AS text) AS bigint)"),
        index=True,
    )

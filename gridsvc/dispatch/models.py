"""Tables of assignments, of whistle calls, and of shifts handed over."""

from __future__ import annotations

from datetime import datetime

from geoalchemy2 import Geometry
from geoalchemy2.elements import WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
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


_CALL_STATES = (
    "('CALLED', 'SIGNED_OFF', 'CHECKED_IN', 'RESOLVED', 'UNRESOLVED', 'CLOSED', 'WITHDRAWN')"
)


class WhistleCall(Base):
    """A unit's call for others to come (吹哨), about an event or a place.

    `unit_code` is the caller, `kind` ordinary or tackling, `signed_at` when its leader signed a
    tackling call; `resolved` is the caller's word. A key is its client's own.
    """

    __tablename__ = "whistle_call"
    __table_args__ = (
        CheckConstraint("kind IN ('ordinary', 'tackling')", name="kind"),
        CheckConstraint(f"state IN {_CALL_STATES}", name="state"),
        CheckConstraint(
            "channel IN ('desk', 'public_account', 'grid_worker', 'governance', 'enterprise')",
            name="channel",
        ),
        CheckConstraint("datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name="datum"),
        CheckConstraint(
            "length(description) >= 1 AND length(description) <= 4000", name="description_length"
        ),
        CheckConstraint(
            "length(client_key) >= 1 AND length(client_key) <= 100", name="client_key_length"
        ),
        CheckConstraint("signed_at IS NULL OR kind = 'tackling'", name="signed"),
        CheckConstraint("(judged_at IS NULL) = (resolved IS NULL)", name="judged"),
        UniqueConstraint("account_id", "client_key", postgresql_nulls_not_distinct=True),
        Index("ix_whistle_call_division_called", "division_code", "called_at"),
        Index("ix_whistle_call_event_id", "event_id"),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    unit_code: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"))
    kind: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    matter_code: Mapped[str | None] = mapped_column(ForeignKey("matter.code"))
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", SRID, spatial_index=False))
    datum: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    called_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    judged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    resolved: Mapped[bool | None]
    anonymised_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class WhistleUnit(Base):
    """A unit that was called: by when it is to check in, when it did, what the caller thinks.

    The unit with `place` 1 leads, and its leader signs a tackling call. `due_by` says what the
    time goes by: given, limit (of the matter), or usual (the setting).
    """

    __tablename__ = "whistle_unit"
    __table_args__ = (
        CheckConstraint("due_by IN ('given', 'limit', 'usual')", name="due_by"),
        CheckConstraint("score >= 1 AND score <= 5", name="score"),
        Index("ix_whistle_unit_unit_code", "unit_code", "due_at"),
        Index("ix_whistle_unit_awaited", "due_at", postgresql_where=text("checked_in_at IS NULL")),
    )

    call_id: Mapped[int] = mapped_column(
        ForeignKey("whistle_call.id", ondelete="CASCADE"), primary_key=True
    )
    unit_code: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    place: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    due_by: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    checked_in_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text, server_default="")


class WhistleHistory(Base):
    """One deed of a call: who did what for which unit, and the state before and after."""

    __tablename__ = "whistle_history"
    __table_args__ = (
        CheckConstraint(f"to_state IN {_CALL_STATES}", name="to_state"),
        CheckConstraint("from_state IS NOT NULL OR to_state = 'CALLED'", name="begins_called"),
        CheckConstraint("(client_key IS NULL) = (body_sha256 IS NULL)", name="client_key"),
        Index("ix_whistle_history_call_id", "call_id", "id"),
        Index(
            "uq_whistle_history_client_key",
            "call_id",
            "account_id",
            "client_key",
            unique=True,
            postgresql_where=text("client_key IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("whistle_call.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    deed: Mapped[str] = mapped_column(Text)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    unit_code: Mapped[str] = mapped_column(CodeText)
    actor: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    note: Mapped[str] = mapped_column(Text)
    client_key: Mapped[str | None] = mapped_column(Text)
    body_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class WhistleEscalation(Base):
    """That a called unit did not check in by a time, and which unit above it was told.

    `told_unit` is none where nobody is above it: then who supervises the area is told.
    """

    __tablename__ = "whistle_escalation"

    call_id: Mapped[int] = mapped_column(
        ForeignKey("whistle_call.id", ondelete="CASCADE"), primary_key=True
    )
    unit_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    rung: Mapped[str] = mapped_column(Text, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    told_unit: Mapped[str | None] = mapped_column(CodeText)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class Handover(Base):
    """A shift of the desk that is handed over: what was open, and notes to who comes next.

    `urgent_events` are the ids of what could not wait. Whoever takes over says so by name.
    """

    __tablename__ = "handover"
    __table_args__ = (
        CheckConstraint("length(notes) <= 4000", name="notes_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 50", name="name_length"),
        CheckConstraint(
            "(taken_at IS NULL) = (taken_by IS NULL) AND (taken_at IS NULL) = (taken_name IS NULL)",
            name="taken_whole",
        ),
        UniqueConstraint("written_by", "client_key"),
        Index("ix_handover_division_code", "division_code", "written_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    written_by: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    open_events: Mapped[int]
    waiting_events: Mapped[int]
    overdue_events: Mapped[int]
    urgent_events: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    written_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    taken_by: Mapped[str | None] = mapped_column(Text)
    taken_name: Mapped[str | None] = mapped_column(Text)
    taken_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

"""Tables of events, their history, and what else accompanies them."""

from __future__ import annotations

from datetime import datetime, timedelta

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Interval,
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

    `owner_id` is the first receiver (首问负责) and stays, which a trigger guards; `handler_id`
    changes. `reported_by` is
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
        Index(
            "ix_event_open",
            "division_code",
            "received_at",
            postgresql_where=text("state NOT IN ('CLOSED', 'REJECTED')"),
        ),
        Index(
            "ix_event_place_time",
            text("CAST(geom AS geography)"),
            "received_at",
            postgresql_using="gist",
        ),
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
    """Photo of an event, made anew from what was sent: nothing of a stranger's bytes is kept.

    `geom` is where the camera says it stood (EXIF, WGS-84), `away_m` how far from the
    event that is; the picture itself no longer says so.
    """

    __tablename__ = "event_media"
    __table_args__ = (
        CheckConstraint("media_type = 'image/jpeg'", name="media_type"),
        CheckConstraint("purpose IN ('report', 'before', 'after')", name="purpose"),
        CheckConstraint("(away_m IS NULL) = (geom IS NULL)", name="away"),
        sound_geometry(),
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
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", SRID, spatial_index=False))
    away_m: Mapped[float | None]
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class EventHistory(Base):
    """One move of an event: from where to where, when, by whom and why.

    `at` is the database's time, `captured_at` that of the phone. A client's key makes a move that
    is sent again the same move; `account_id` is whose key it is. `xid` is the transaction that
    wrote it, by which the live stream knows what is new.
    """

    __tablename__ = "event_history"
    __table_args__ = (
        ForeignKeyConstraint(
            ["from_state", "to_state"], ["event_move.from_state", "event_move.to_state"]
        ),
        CheckConstraint("from_state IS NOT NULL OR to_state = 'REPORTED'", name="begins_reported"),
        CheckConstraint(
            "length(client_key) >= 1 AND length(client_key) <= 100"
            " AND (client_key IS NULL) = (body_sha256 IS NULL)"
            " AND (client_key IS NULL) = (account_id IS NULL)",
            name="client_key",
        ),
        Index("ix_event_history_event_id", "event_id", "id"),
        Index("ix_event_history_division_at", "division_code", "at"),
        Index(
            "uq_event_history_client_key",
            "event_id",
            "account_id",
            "client_key",
            unique=True,
            postgresql_where=text("client_key IS NOT NULL"),
        ),
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
    reason: Mapped[str | None] = mapped_column(Text)
    captured_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    client_key: Mapped[str | None] = mapped_column(Text)
    body_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    xid: Mapped[int | None] = mapped_column(
        BigInteger,
        server_default=text("CAST(CAST(pg_current_xact_id() AS text) AS bigint)"),
        index=True,
    )


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
    stood, by which `due_at` was moved. `xid` is the transaction that wrote it last, by which
    counters know what changed.
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
        Index("ix_event_stage_division_started", "division_code", "started_at"),
    )

    stage: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    sequence: Mapped[int] = mapped_column(server_default="1")
    started_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    undated_because: Mapped[str | None] = mapped_column(Text)
    paused_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    paused: Mapped[timedelta] = mapped_column(Interval, server_default="0")
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str | None] = mapped_column(Text)
    xid: Mapped[int | None] = mapped_column(
        BigInteger,
        server_default=text("CAST(CAST(pg_current_xact_id() AS text) AS bigint)"),
        index=True,
    )


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
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


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

    until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    approved: Mapped[bool | None]
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decision_note: Mapped[str] = mapped_column(Text, server_default="")
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


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
    given_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


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
    published_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    withdrawn_by: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
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
    linked_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    unlinked_by: Mapped[str | None] = mapped_column(Text)
    unlinked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str] = mapped_column(Text, server_default="")

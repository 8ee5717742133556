"""Tables of people, what they may do, where they are and how much they have to do."""

from __future__ import annotations

from datetime import date, datetime

from geoalchemy2 import Geography, WKBElement
from sqlalchemy import (
    REAL,
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
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText
from gridsvc.geo import SRID


def _of_person() -> ForeignKeyConstraint:
    """Reference to a person that carries their division along, for the area's policy."""
    return ForeignKeyConstraint(
        ["person_id", "division_code"],
        ["person.id", "person.division_code"],
        ondelete="CASCADE",
        onupdate="CASCADE",
    )


class Person(Base):
    """Grid worker, liaison or enforcement officer, attached to a division.

    Name, phone and identity number are sealed; `name_masked` is what is shown by default.
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("role IN ('grid_worker', 'liaison', 'officer')", name="role"),
        CheckConstraint("length(name_masked) BETWEEN 1 AND 100", name="name_length"),
        UniqueConstraint("id", "division_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(CodeText, unique=True)
    name_sealed: Mapped[str] = mapped_column(Text)
    name_masked: Mapped[str] = mapped_column(Text)
    phone_sealed: Mapped[str | None] = mapped_column(Text)
    id_number_sealed: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    on_duty: Mapped[bool]


class PersonPower(Base):
    """Power held by an enforcement officer."""

    __tablename__ = "person_power"
    __table_args__ = (_of_person(),)

    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    power_code: Mapped[str] = mapped_column(ForeignKey("power.code"), primary_key=True, index=True)


class Workload(Base):
    """How many open events a person has and may have, and until when they rest.

    Apart from `Position`: a ping that held the same row would make ``SKIP LOCKED`` pass over a
    person who is free.
    """

    __tablename__ = "workload"
    __table_args__ = (
        CheckConstraint("open_count BETWEEN 0 AND capacity", name="within_capacity"),
        _of_person(),
    )

    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    capacity: Mapped[int]
    open_count: Mapped[int] = mapped_column(server_default="0")
    resting_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Position(Base):
    """Latest known position of a person; `datum` is the one it arrived in.

    `geog` is where the index finds the person. It stays while they move less than 20 m; `exact`
    is then where they were seen, and none where that is `geog` itself.
    """

    __tablename__ = "position"
    __table_args__ = (
        CheckConstraint("datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name="datum"),
        _of_person(),
        {"postgresql_with": {"fillfactor": 50}},
    )

    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    geog: Mapped[WKBElement] = mapped_column(Geography("POINT", SRID))
    exact: Mapped[WKBElement | None] = mapped_column(Geography("POINT", SRID, spatial_index=False))
    datum: Mapped[str] = mapped_column(Text)
    captured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class Track(Base):
    """Every position that was told, by month; `unused` says why one was not used.

    Months are partitions in the schema `tracks`, which only the parent leads to. No reference to
    the person: the division is that of the time, and a check of every ping would be dear.
    """

    __tablename__ = "track"
    __table_args__ = (
        CheckConstraint("datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name="datum"),
        CheckConstraint("source IN ('api', 'osmand', 'traccar', 'owntracks')", name="source"),
        CheckConstraint(
            "unused IN ('no_fix', 'clock_ahead', 'clock_behind', 'outside', 'inaccurate',"
            " 'too_fast', 'older')",
            name="unused",
        ),
        Index("ix_track_at", "at", postgresql_using="brin"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    captured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    geog: Mapped[WKBElement] = mapped_column(Geography("POINT", SRID, spatial_index=False))
    datum: Mapped[str] = mapped_column(Text)
    accuracy_m: Mapped[float | None] = mapped_column(REAL)
    speed_mps: Mapped[float | None] = mapped_column(REAL)
    source: Mapped[str] = mapped_column(Text)
    unused: Mapped[str | None] = mapped_column(Text)


class PositionBatch(Base):
    """Batch of positions that was taken, and the answer that its key gets again."""

    __tablename__ = "position_batch"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True
    )
    client_key: Mapped[str] = mapped_column(Text, primary_key=True)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[dict[str, object] | None] = mapped_column(JSONB)
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), index=True
    )


class Device(Base):
    """Phone that tells where a person is: known by its key, in the datum it was declared with."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name="datum"),
        CheckConstraint("length(label) BETWEEN 1 AND 100", name="label_length"),
        _of_person(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, index=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    beginning: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    datum: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Shift(Base):
    """Time somebody is planned to be on duty; `begun_at` and `ended_at` when that was done."""

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint(
            "lower(during) < upper(during) AND upper(during) <= lower(during) + interval '1 day'",
            name="at_most_a_day",
        ),
        ExcludeConstraint(("person_id", "="), ("during", "&&"), name="ex_shift_overlap"),
        Index("ix_shift_open", "ended_at", postgresql_where=text("ended_at IS NULL")),
        _of_person(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger)
    division_code: Mapped[str] = mapped_column(CodeText)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    begun_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DutyChange(Base):
    """Line of history: somebody went on or off duty, by a shift or by hand."""

    __tablename__ = "duty_change"
    __table_args__ = (
        CheckConstraint("cause IN ('shift', 'hand')", name="cause"),
        Index("ix_duty_change_person_id", "person_id", "at"),
        _of_person(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger)
    division_code: Mapped[str] = mapped_column(CodeText)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    on_duty: Mapped[bool]
    cause: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)


class Posting(Base):
    """Where somebody belongs and who commands them (派驻), from a day to a day.

    The home unit pays, the commanding unit gives orders and judges; for most they are the same.
    """

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("NOT isempty(during) AND NOT lower_inf(during)", name="begins"),
        ExcludeConstraint(("person_id", "="), ("during", "&&"), name="ex_posting_one_at_a_time"),
        _of_person(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger)
    division_code: Mapped[str] = mapped_column(CodeText)
    home_unit: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"))
    commanding_unit: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"))
    during: Mapped[Range[date]] = mapped_column(DATERANGE)


class Training(Base):
    """Course by which somebody may do a service item or a matter, and until when it holds."""

    __tablename__ = "training"
    __table_args__ = (
        CheckConstraint("(item_code IS NULL) <> (matter_code IS NULL)", name="for_one_thing"),
        CheckConstraint("length(course) BETWEEN 1 AND 200", name="course_length"),
        CheckConstraint("valid_until > trained_on", name="in_order"),
        UniqueConstraint(
            *("person_id", "item_code", "matter_code", "trained_on"),
            postgresql_nulls_not_distinct=True,
        ),
        _of_person(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger)
    division_code: Mapped[str] = mapped_column(CodeText)
    #: Items are named by their code alone: lists of them are replaced as a whole.
    item_code: Mapped[str | None] = mapped_column(CodeText)
    matter_code: Mapped[str | None] = mapped_column(ForeignKey("matter.code"))
    course: Mapped[str] = mapped_column(Text)
    trained_on: Mapped[date]
    valid_until: Mapped[date | None]


class GridPost(Base):
    """Grid worker who answers for a grid."""

    __tablename__ = "grid_post"

    grid_id: Mapped[int] = mapped_column(
        ForeignKey("grid.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class MicroGridPost(Base):
    """Liaison who answers for a micro-grid."""

    __tablename__ = "micro_grid_post"

    micro_grid_id: Mapped[int] = mapped_column(
        ForeignKey("micro_grid.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )

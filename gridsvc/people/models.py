"""Tables of people, what they may do, where they are and how much they have to do."""

from __future__ import annotations

from datetime import datetime

from geoalchemy2 import Geography, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Text,
    UniqueConstraint,
    func,
)
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
    """How many open events a person has and may have.

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


class Position(Base):
    """Latest known position of a person; `datum` is the one it arrived in."""

    __tablename__ = "position"
    __table_args__ = (
        CheckConstraint("datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name="datum"),
        _of_person(),
        {"postgresql_with": {"fillfactor": 50}},
    )

    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    geog: Mapped[WKBElement] = mapped_column(Geography("POINT", SRID))
    datum: Mapped[str] = mapped_column(Text)
    captured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


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

"""Tables of small repairs: who looks after buildings, packs, repairs, and who is booked when."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
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
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText, sound_geometry
from gridsvc.geo import SRID

_STATES = "('CALLED', 'SURVEYED', 'BOOKED', 'DONE', 'SETTLED', 'CANCELLED')"


class BuildingCare(Base):
    """Who looks after a building: nobody owns it, nobody manages it, or somebody does.

    By the building's number in its prepared area: that stays when the area is loaded again.
    """

    __tablename__ = "building_care"
    __table_args__ = (
        CheckConstraint("care IN ('unowned', 'unmanaged', 'managed')", name="care"),
        CheckConstraint("(care = 'managed') = (keeper IS NOT NULL)", name="keeper"),
    )

    division_code: Mapped[str] = mapped_column(
        CodeText, ForeignKey("division.code"), primary_key=True
    )
    building_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    care: Mapped[str] = mapped_column(Text)
    keeper: Mapped[str | None] = mapped_column(Text)
    since: Mapped[date]


class RepairPack(Base):
    """Small repairs that a place does itself (应急包): which, for whose buildings, from which fund.

    `items` may be of some months only; `questions` are what a survey answers; `fund` and `expense`
    are accounts of the division in the ledger.
    """

    __tablename__ = "repair_pack"
    __table_args__ = (
        CheckConstraint("length(code) BETWEEN 1 AND 64", name="code_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        UniqueConstraint("division_code", "code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    covers: Mapped[list[str]] = mapped_column(ARRAY(Text))
    fund: Mapped[str] = mapped_column(CodeText)
    expense: Mapped[str] = mapped_column(CodeText)


class Repair(Base):
    """A small repair, from the call to what it cost."""

    __tablename__ = "repair"
    __table_args__ = (
        CheckConstraint(f"state IN {_STATES}", name="state"),
        CheckConstraint("datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name="datum"),
        CheckConstraint("visited_at >= called_at", name="visited_after_call"),
        CheckConstraint("done_at >= visited_at", name="done_after_visit"),
        CheckConstraint("(state IN ('DONE', 'SETTLED')) = (done_at IS NOT NULL)", name="done"),
        CheckConstraint("(visited_at IS NULL) = (answers IS NULL)", name="surveyed"),
        CheckConstraint(
            "(state = 'SETTLED') = (cost_fen IS NOT NULL)"
            " AND (cost_fen IS NULL) = (transaction_id IS NULL)",
            name="settled",
        ),
        UniqueConstraint("pack_id", "client_key"),
        Index("ix_repair_pack_id", "pack_id", "called_at"),
        Index("ix_repair_division_code", "division_code", "called_at"),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    pack_id: Mapped[int] = mapped_column(ForeignKey("repair_pack.id"))
    division_code: Mapped[str] = mapped_column(CodeText)
    building_code: Mapped[str | None] = mapped_column(CodeText)
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", SRID, spatial_index=False))
    datum: Mapped[str] = mapped_column(Text)
    item: Mapped[str] = mapped_column(CodeText)
    description: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    called_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    visited_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    crew_id: Mapped[int | None] = mapped_column(ForeignKey("community_group.id"))
    done_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cost_fen: Mapped[int | None] = mapped_column(BigInteger)
    transaction_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_transaction.id"))
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class RepairBooking(Base):
    """A crew, or one of its people, booked for a repair; nobody is booked twice at a time.

    `resource` is ``group:division/code`` or ``person:id``.
    """

    __tablename__ = "repair_booking"
    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="some_time"),
        ExcludeConstraint(
            ("resource", "="), ("during", "&&"), name="ex_repair_booking_nobody_twice"
        ),
    )

    repair_id: Mapped[int] = mapped_column(
        ForeignKey("repair.id", ondelete="CASCADE"), primary_key=True
    )
    resource: Mapped[str] = mapped_column(CodeText, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)

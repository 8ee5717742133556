"""Tables of what goes to people before they report: visits, and who is to be visited."""

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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText, sound_geometry
from gridsvc.geo import SRID


class VisitProgramme(Base):
    """Who visits whom, how often, and what can come of it, in an area (走访方案).

    `whom` is every household, or those that somebody is linked to, or key people. `results` are
    choices, each with a code, a name, and the matter of the event that follows it, if one does.
    """

    __tablename__ = "visit_programme"
    __table_args__ = (
        CheckConstraint("length(code) BETWEEN 1 AND 64", name="code_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("whom IN ('households', 'linked', 'key_people')", name="whom"),
        CheckConstraint("visitor IN ('grid_worker', 'liaison', 'officer')", name="visitor"),
        CheckConstraint("every_days BETWEEN 1 AND 3660", name="every_days"),
        CheckConstraint("least_each <= most_each", name="each"),
        CheckConstraint("ends > starts", name="ends_after"),
        UniqueConstraint("division_code", "code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    whom: Mapped[str] = mapped_column(Text)
    visitor: Mapped[str] = mapped_column(Text)
    every_days: Mapped[int]
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    least_each: Mapped[int | None]
    most_each: Mapped[int | None]
    starts: Mapped[date]
    ends: Mapped[date | None]


class VisitLink(Base):
    """Household that somebody is linked to in a programme (联系户), and why, sealed."""

    __tablename__ = "visit_link"
    __table_args__ = (
        UniqueConstraint("programme_id", "household_id"),
        Index("ix_visit_link_person_id", "person_id", "programme_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("visit_programme.id", ondelete="CASCADE"))
    household_id: Mapped[int] = mapped_column(
        ForeignKey("household.id", ondelete="CASCADE"), index=True
    )
    division_code: Mapped[str] = mapped_column(CodeText)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    reason_sealed: Mapped[str | None] = mapped_column(Text)


class Visit(Base):
    """A visit that was made: where and when, what came of it, and what speaks against it.

    One that something speaks against counts only once a second person has judged it.
    """

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint("datum IN ('wgs84', 'gcj02', 'bd09', 'cgcs2000')", name="datum"),
        CheckConstraint("state IN ('counted', 'doubted', 'accepted', 'refused')", name="state"),
        CheckConstraint("(doubts = '{}') = (state = 'counted')", name="doubted"),
        CheckConstraint("(doubts = '{}') = (explained IS NULL)", name="explained"),
        CheckConstraint(
            "(state IN ('accepted', 'refused')) = (judged_at IS NOT NULL)"
            " AND (judged_at IS NULL) = (judged_by IS NULL)",
            name="judged",
        ),
        CheckConstraint("length(note) <= 4000", name="note_length"),
        UniqueConstraint("account_id", "client_key"),
        Index("ix_visit_programme_household", "programme_id", "household_id", "captured_at"),
        Index("ix_visit_person_id", "person_id", "captured_at"),
        Index("ix_visit_division_code", "division_code", "captured_at"),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("visit_programme.id"))
    household_id: Mapped[int | None] = mapped_column(
        ForeignKey("household.id", ondelete="SET NULL"), index=True
    )
    division_code: Mapped[str] = mapped_column(CodeText)
    micro_grid_code: Mapped[str] = mapped_column(CodeText)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", SRID, spatial_index=False))
    datum: Mapped[str] = mapped_column(Text)
    captured_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    result: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    doubts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    explained: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    judged_by: Mapped[str | None] = mapped_column(Text)
    judged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    judgement: Mapped[str] = mapped_column(Text, server_default="")
    event_id: Mapped[int | None] = mapped_column(
        ForeignKey("event.id", ondelete="SET NULL"), index=True
    )
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)

"""Tables of projects: programmes, who answers for what, what was done, what is thought of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Float,
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


class ProjectProgramme(Base):
    """What projects of a sort have (结对、第一书记、护航): roles, and what is owed each year.

    A role that is needed makes a project complete; a quota is the least amount of a sort of entry.
    """

    __tablename__ = "project_programme"
    __table_args__ = (
        CheckConstraint("length(code) BETWEEN 1 AND 64", name="code_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        UniqueConstraint("division_code", "code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    quotas: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class Project(Base):
    """A project of a programme in a division, with its ground if it has one."""

    __tablename__ = "project"
    __table_args__ = (
        CheckConstraint("length(code) BETWEEN 1 AND 64", name="code_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("ends > begins", name="ends_after"),
        UniqueConstraint("programme_id", "division_code", "code"),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("project_programme.id"))
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("POLYGON", SRID))
    begins: Mapped[date]
    ends: Mapped[date | None]


class ProjectHolder(Base):
    """Who has a role in a project from a day to a day: a person, a unit, a group, or a name.

    A name is of somebody who is not in the register of people; it is sealed and shown masked.
    """

    __tablename__ = "project_holder"
    __table_args__ = (
        CheckConstraint(
            "num_nonnulls(person_id, unit_code, group_id, name_sealed) = 1", name="one_of_four"
        ),
        CheckConstraint("(name_sealed IS NULL) = (name_masked IS NULL)", name="masked"),
        CheckConstraint("ends > begins", name="ends_after"),
        Index("ix_project_holder_project_id", "project_id", "role"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    role: Mapped[str] = mapped_column(CodeText)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    unit_code: Mapped[str | None] = mapped_column(CodeText, ForeignKey("unit.code"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("community_group.id"))
    name_sealed: Mapped[str | None] = mapped_column(Text)
    name_masked: Mapped[str | None] = mapped_column(Text)
    begins: Mapped[date]
    ends: Mapped[date | None]


class ProjectEntry(Base):
    """Something that was done in a project, how much of a quota it is, and where its file lies."""

    __tablename__ = "project_entry"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        UniqueConstraint("project_id", "client_key"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    quota: Mapped[str | None] = mapped_column(CodeText)
    amount: Mapped[int]
    done_on: Mapped[date]
    note: Mapped[str] = mapped_column(Text)
    file_ref: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class ProjectScore(Base):
    """What a place thinks, in points of 100, of a unit's part in a project in a year."""

    __tablename__ = "project_score"
    __table_args__ = (
        CheckConstraint("score >= 0", name="not_below"),
        CheckConstraint("score <= 100", name="not_above"),
        UniqueConstraint("project_id", "unit_code", "year"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    unit_code: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"))
    year: Mapped[int]
    score: Mapped[float] = mapped_column(Float)
    note: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)

"""Tables of groups and whom they serve, of standards and findings, and what was done to each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
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
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText

#: What a row of history may be about.
_SUBJECTS = "('group', 'project', 'mediation', 'deliberation', 'repair')"


class CommunityGroup(Base):
    """Volunteers, a studio, a council, a centre, a crew: as it was from a day to a day.

    A later row of the same code takes its place from its own first day on. `counts` are what it
    says of itself, each with whether only a lower bound is known.
    """

    __tablename__ = "community_group"
    __table_args__ = (
        CheckConstraint("length(code) BETWEEN 1 AND 64", name="code_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("ends > begins", name="ends_after"),
        CheckConstraint("(parent_code IS NULL) = (parent_division IS NULL)", name="parent"),
        UniqueConstraint("division_code", "code", "begins"),
        ExcludeConstraint(
            ("division_code", "="),
            ("code", "="),
            (literal_column("daterange(begins, ends)"), "&&"),
            name="ex_community_group_one_at_a_time",
        ),
        Index("ix_community_group_kind", "kind", "division_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    kind: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    parent_division: Mapped[str | None] = mapped_column(CodeText)
    parent_code: Mapped[str | None] = mapped_column(CodeText)
    counts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    begins: Mapped[date]
    ends: Mapped[date | None]


class GroupArea(Base):
    """A division, grid or micro-grid that a group serves."""

    __tablename__ = "group_area"
    __table_args__ = (Index("ix_group_area_area_code", "area_code"),)

    group_id: Mapped[int] = mapped_column(
        ForeignKey("community_group.id", ondelete="CASCADE"), primary_key=True
    )
    area_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)


class GroupMember(Base):
    """Somebody in a group, with their duty there, from a day to a day."""

    __tablename__ = "group_member"
    __table_args__ = (
        CheckConstraint("ends > begins", name="ends_after"),
        UniqueConstraint("group_id", "person_id", "duty", "begins"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    duty: Mapped[str] = mapped_column(Text)
    begins: Mapped[date]
    ends: Mapped[date | None]


class Standard(Base):
    """A checklist that cells, groups or divisions are held against (标准化建设).

    `subject` is what is looked at, `kind` which of them: the level of divisions, the kind of
    groups or of cells; none = all.
    """

    __tablename__ = "standard"
    __table_args__ = (
        CheckConstraint("length(code) BETWEEN 1 AND 64", name="code_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("subject IN ('division', 'grid', 'micro_grid', 'group')", name="subject"),
        CheckConstraint("subject <> 'division' OR kind IS NOT NULL", name="level"),
        UniqueConstraint("division_code", "code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(CodeText)
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class Finding(Base):
    """Whether something met an item of a standard on a day; a later one takes its place."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_latest", "standard_id", "subject_code", "item", "found_on", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    standard_id: Mapped[int] = mapped_column(ForeignKey("standard.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    subject_code: Mapped[str] = mapped_column(CodeText)
    item: Mapped[str] = mapped_column(CodeText)
    met: Mapped[bool]
    found_on: Mapped[date]
    note: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class RegisterHistory(Base):
    """One deed about something in the registers; never changed."""

    __tablename__ = "register_history"
    __table_args__ = (
        CheckConstraint(f"subject IN {_SUBJECTS}", name="subject"),
        Index("ix_register_history_subject_id", "subject", "subject_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    deed: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

"""Tables of drafts being edited: the draft, its cells, its revisions, comments and long tasks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText, sound_geometry
from gridsvc.geo import SRID

STATES = ("open", "submitted", "approved", "published", "discarded")


class PlanDraft(Base):
    """A draft of a community's micro-grids (草案).

    `version` counts every change, so that whoever edits an older one is told; `head` is the
    revision that stands, 0 for the cells it began with.
    """

    __tablename__ = "plan_draft"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("target > 0 AND grid_target > 0", name="targets"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("(state = 'published') = (plan_id IS NOT NULL)", name="published"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    target: Mapped[int]
    grid_target: Mapped[int]
    in_force: Mapped[int | None] = mapped_column(ForeignKey("plan.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(server_default="0")
    head: Mapped[int] = mapped_column(server_default="0")
    last_cell: Mapped[int] = mapped_column(server_default="0")
    actor: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    asked_by: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decision_note: Mapped[str] = mapped_column(Text, server_default="")
    effective_on: Mapped[date | None] = mapped_column(Date)
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id", ondelete="SET NULL"))


class DraftCell(Base):
    """A micro-grid of a draft as it was at some time; the present ones are alive."""

    __tablename__ = "draft_cell"
    __table_args__ = (
        CheckConstraint("kind IN ('ordinary', 'dedicated')", name="kind"),
        Index("ix_draft_cell_alive", "draft_id", postgresql_where=text("alive")),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("plan_draft.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    locked: Mapped[bool]
    alive: Mapped[bool]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POLYGON", SRID))


class DraftRevision(Base):
    """One change of a draft: the operation, by whom, and which cells it took and gave.

    A tree by `parent`: what is done after an undo begins a branch, and nothing is forgotten.
    """

    __tablename__ = "draft_revision"
    __table_args__ = (
        UniqueConstraint("draft_id", "version"),
        Index(
            "uq_draft_revision_client_key",
            "draft_id",
            "client_key",
            unique=True,
            postgresql_where=text("client_key IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    draft_id: Mapped[int] = mapped_column(ForeignKey("plan_draft.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    version: Mapped[int]
    parent: Mapped[int]
    action: Mapped[str] = mapped_column(Text)
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    taken: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    given: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    actor: Mapped[str] = mapped_column(Text)
    client_key: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class DraftComment(Base):
    """What somebody says of a draft."""

    __tablename__ = "draft_comment"
    __table_args__ = (CheckConstraint("length(note) BETWEEN 1 AND 1000", name="note_length"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    draft_id: Mapped[int] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="CASCADE"), index=True
    )
    division_code: Mapped[str] = mapped_column(CodeText)
    note: Mapped[str] = mapped_column(Text)
    cell: Mapped[int | None]
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class DraftTask(Base):
    """Cells being divided by the planner in the job queue, with progress, and a way to stop it."""

    __tablename__ = "draft_task"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed', 'cancelled')", name="state"
        ),
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress_range"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    draft_id: Mapped[int] = mapped_column(
        ForeignKey("plan_draft.id", ondelete="CASCADE"), index=True
    )
    division_code: Mapped[str] = mapped_column(CodeText)
    version: Mapped[int]
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    step: Mapped[str] = mapped_column(Text, server_default="")
    progress: Mapped[float] = mapped_column(server_default="0")
    failure: Mapped[str] = mapped_column(Text, server_default="")
    cancel_asked: Mapped[bool] = mapped_column(server_default="false")
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

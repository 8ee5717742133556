"""Tables of sittings: mediation of disputes, and deliberation with its motions."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
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
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class Mediation(Base):
    """A dispute that a group mediates; passed up, its parent has it. What it is about is sealed.

    `raised` is how often it was passed up.
    """

    __tablename__ = "mediation"
    __table_args__ = (
        CheckConstraint("state IN ('OPEN', 'SETTLED', 'FAILED')", name="state"),
        CheckConstraint("(state = 'OPEN') = (closed_at IS NULL)", name="closed"),
        CheckConstraint("(state = 'OPEN') = (result_sealed IS NULL)", name="result"),
        UniqueConstraint("division_code", "client_key"),
        Index("ix_mediation_division_code", "division_code", "opened_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    kind: Mapped[str] = mapped_column(Text)
    subject_sealed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    raised: Mapped[int]
    result_sealed: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)


class MediationParty(Base):
    """Somebody on a side of a dispute; sealed, and shown masked."""

    __tablename__ = "mediation_party"
    __table_args__ = (Index("ix_mediation_party_mediation_id", "mediation_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    mediation_id: Mapped[int] = mapped_column(ForeignKey("mediation.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    name_sealed: Mapped[str] = mapped_column(Text)
    name_masked: Mapped[str] = mapped_column(Text)
    phone_sealed: Mapped[str | None] = mapped_column(Text)


class Deliberation(Base):
    """A meeting of a group (议事会): who was asked to come, how many came."""

    __tablename__ = "deliberation"
    __table_args__ = (
        CheckConstraint("attended >= 1", name="somebody"),
        CheckConstraint("attended <= invited", name="of_those_invited"),
        UniqueConstraint("group_id", "client_key"),
        Index("ix_deliberation_division_code", "division_code", "held_on"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    group_id: Mapped[int] = mapped_column(ForeignKey("community_group.id"))
    title: Mapped[str] = mapped_column(Text)
    held_on: Mapped[date]
    invited: Mapped[int]
    attended: Mapped[int]
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)


class Motion(Base):
    """A motion and its votes; adopted where more are for it than against it."""

    __tablename__ = "motion"
    __table_args__ = (
        CheckConstraint("votes_for >= 0", name="votes_for"),
        CheckConstraint("votes_against >= 0", name="votes_against"),
        CheckConstraint("abstained >= 0", name="abstained"),
    )

    deliberation_id: Mapped[int] = mapped_column(
        ForeignKey("deliberation.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    proposal: Mapped[str] = mapped_column(Text)
    votes_for: Mapped[int]
    votes_against: Mapped[int]
    abstained: Mapped[int]
    event_id: Mapped[int | None] = mapped_column(
        ForeignKey("event.id", ondelete="SET NULL"), index=True
    )

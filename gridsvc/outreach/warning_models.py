"""Tables of warnings from outside models: scenes, warnings, what was done, who was told late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText

_STATES = "('UNROUTED', 'OPEN', 'ESCALATED', 'CLOSED')"


class WarningScene(Base):
    """What a model warns of in an area (预警场景), by when it is checked, and what can be found.

    `outcomes` are choices, each with a code, a name, and whether it goes up to who supervises.
    """

    __tablename__ = "warning_scene"
    __table_args__ = (
        CheckConstraint("length(code) BETWEEN 1 AND 64", name="code_length"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint("limit_h BETWEEN 1 AND 8760", name="limit_h"),
        UniqueConstraint("division_code", "code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    limit_h: Mapped[int]
    outcomes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class RiskWarning(Base):
    """A warning about a household (风险预警): whom and what is sealed.

    One whose address nobody knows is UNROUTED, in the division it was sent for, until somebody
    says where it belongs.
    """

    __tablename__ = "risk_warning"
    __table_args__ = (
        CheckConstraint(f"state IN {_STATES}", name="state"),
        CheckConstraint(
            "(state = 'UNROUTED') <= (micro_grid_code IS NULL) AND (state = 'OPEN') <="
            " (micro_grid_code IS NOT NULL AND due_at IS NOT NULL)",
            name="routed",
        ),
        CheckConstraint("(state = 'CLOSED') = (closed_at IS NOT NULL)", name="closed"),
        UniqueConstraint("account_id", "source_ref"),
        Index("ix_risk_warning_division_code", "division_code", "received_at"),
        Index("ix_risk_warning_micro_grid_code", "micro_grid_code"),
        Index("ix_risk_warning_open", "due_at", postgresql_where=literal_column("state = 'OPEN'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    scene_id: Mapped[int] = mapped_column(ForeignKey("warning_scene.id"))
    household_id: Mapped[int | None] = mapped_column(
        ForeignKey("household.id", ondelete="SET NULL"), index=True
    )
    micro_grid_code: Mapped[str | None] = mapped_column(CodeText)
    address_sealed: Mapped[str] = mapped_column(Text)
    subject_sealed: Mapped[str | None] = mapped_column(Text)
    detail_sealed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    source_ref: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)


class WarningHistory(Base):
    """One deed of a warning: what was done, by whom, and the state before and after."""

    __tablename__ = "warning_history"
    __table_args__ = (
        CheckConstraint("deed IN ('receive', 'route', 'check', 'close')", name="deed"),
        CheckConstraint(f"to_state IN {_STATES}", name="to_state"),
        CheckConstraint("(from_state IS NULL) = (deed = 'receive')", name="begins_received"),
        CheckConstraint("(client_key IS NULL) = (body_sha256 IS NULL)", name="client_key"),
        UniqueConstraint("warning_id", "account_id", "client_key"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    warning_id: Mapped[int] = mapped_column(ForeignKey("risk_warning.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    deed: Mapped[str] = mapped_column(Text)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    note_sealed: Mapped[str | None] = mapped_column(Text)
    captured_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    client_key: Mapped[str | None] = mapped_column(Text)
    body_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class WarningEscalation(Base):
    """That a warning was not checked by a time, and the division whose supervisors were told."""

    __tablename__ = "warning_escalation"

    warning_id: Mapped[int] = mapped_column(
        ForeignKey("risk_warning.id", ondelete="CASCADE"), primary_key=True
    )
    rung: Mapped[str] = mapped_column(Text, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    told_code: Mapped[str] = mapped_column(CodeText)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

"""Tables of the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText

#: Chains that are written to side by side.
LANES = 64
_LANE_KNOWN = f"lane >= 0 AND lane < {LANES}"


class AuditEntry(Base):
    """One deed. No row is ever changed; a trigger numbers and chains them.

    One chain for all would let transactions wait for one another's commit. There are as many as
    `LANES`; a server process writes to its usual one, or to one that is free.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint(_LANE_KNOWN, name="lane_known"),
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_action", "action", "at"),
        Index("ix_audit_entry_login", "login", "at"),
        Index("ix_audit_entry_object", "kind", "object_id", "at"),
        Index("ix_audit_entry_division_code", "division_code", "at"),
    )

    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    login: Mapped[str] = mapped_column(Text)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    person_code: Mapped[str | None] = mapped_column(Text)
    via: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(CodeText)
    purpose: Mapped[str | None] = mapped_column(Text)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    previous_digest: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHead(Base):
    """End of one chain, and where it begins since older rows were pruned."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint(_LANE_KNOWN, name="lane_known"),)

    lane: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    pruned_sequence: Mapped[int] = mapped_column(BigInteger)
    pruned_digest: Mapped[bytes] = mapped_column(LargeBinary)

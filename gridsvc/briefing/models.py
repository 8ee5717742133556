"""Table of briefings that were ordered, and of what became of them."""

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
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class Briefing(Base):
    """A briefing somebody ordered; `content` is the file, kept until `expires_at`.

    `share` is how much of it is drawn, 0 to 1; `seen_at` is when whoever draws it was last heard
    of; `reason` tells why it failed.
    """

    __tablename__ = "briefing"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'drawing', 'done', 'failed', 'cancelled')", name="state"
        ),
        CheckConstraint("share >= 0 AND share <= 1", name="share"),
        CheckConstraint("(state = 'done') = (content IS NOT NULL)", name="done_has_content"),
        Index("ix_briefing_account_id", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    share: Mapped[float] = mapped_column(server_default="0")
    reason: Mapped[str] = mapped_column(Text, server_default="")
    pages: Mapped[int | None]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    ordered_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

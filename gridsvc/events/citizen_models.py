"""Tables of what people without an account reported or follow, and of what they said."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, DateTime, Index, LargeBinary, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.events.models import OfEvent


class CitizenReport(OfEvent):
    """That somebody without an account reported an event, or follows it.

    Whoever has the tracking number may see how it goes; its SHA-256 alone is kept. `follows` tells
    those who saw what was reported already.
    """

    __tablename__ = "citizen_report"
    __table_args__ = (
        CheckConstraint("kind IN ('problem', 'suggestion', 'praise')", name="kind"),
        CheckConstraint("score >= 1 AND score <= 5", name="score"),
        CheckConstraint("length(comment) <= 1000", name="comment_length"),
        CheckConstraint("(score IS NULL) = (rated_at IS NULL)", name="rated"),
        UniqueConstraint("number_sha256"),
        Index("ix_citizen_report_event_id", "event_id", "id"),
    )

    number_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    kind: Mapped[str] = mapped_column(Text)
    follows: Mapped[bool]
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(Text, server_default="")
    rated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class EventVoice(OfEvent):
    """What somebody said about an event; a voice is personal, so it is sealed."""

    __tablename__ = "event_voice"
    __table_args__ = (
        CheckConstraint(
            "media_type IN ('audio/webm', 'audio/ogg', 'audio/mp4')", name="media_type"
        ),
        UniqueConstraint("event_id", "sha256"),
    )

    media_type: Mapped[str] = mapped_column(Text)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    content_sealed: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

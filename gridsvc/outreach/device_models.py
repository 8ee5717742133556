"""Tables of devices at places, of alarms they raised, and of broadcasts to cells."""

from __future__ import annotations

from datetime import datetime

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
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText, sound_geometry
from gridsvc.geo import SRID


class PlaceDevice(Base):
    """Something that stands at a place: an alarm, a camera, a loudspeaker, a conference room.

    What raises alarms has a matter that they are reported under, and a key it proves itself by.
    What shows something has a link that a browser opens.
    """

    __tablename__ = "place_device"
    __table_args__ = (
        CheckConstraint("kind IN ('alarm', 'camera', 'loudspeaker', 'conference')", name="kind"),
        CheckConstraint("length(name) BETWEEN 1 AND 100", name="name_length"),
        CheckConstraint("(matter_code IS NULL) = (digest IS NULL)", name="raises_alarms"),
        CheckConstraint("video_url LIKE 'https://%'", name="video_url"),
        Index("ix_place_device_division_code", "division_code"),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    code: Mapped[str] = mapped_column(CodeText, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", SRID))
    matter_code: Mapped[str | None] = mapped_column(ForeignKey("matter.code"))
    video_url: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Alarm(Base):
    """That a device raised an alarm; several shortly one after another are one event."""

    __tablename__ = "alarm"
    __table_args__ = (
        UniqueConstraint("device_id", "client_key"),
        Index("ix_alarm_event_id", "event_id"),
        Index("ix_alarm_division_code", "division_code", "received_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("place_device.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText)
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class Broadcast(Base):
    """Something said to the people of cells: what, by whom, and to how many it went."""

    __tablename__ = "broadcast"
    __table_args__ = (
        CheckConstraint("length(message) BETWEEN 1 AND 200", name="message_length"),
        UniqueConstraint("account_id", "client_key"),
        Index("ix_broadcast_division_code", "division_code", "sent_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    message: Mapped[str] = mapped_column(Text)
    cells: Mapped[list[str]] = mapped_column(ARRAY(CodeText))
    people: Mapped[int]
    loudspeakers: Mapped[int]
    households: Mapped[int]
    #: Households that were told on phones which they agreed to.
    phones: Mapped[int] = mapped_column(server_default="0")
    told: Mapped[int]
    actor: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    sent_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

"""Tables of matters and powers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class Power(Base):
    """Power delegated to a street, with its legal basis and time of validity."""

    __tablename__ = "power"
    __table_args__ = (CheckConstraint("valid_to > valid_from", name="validity"),)

    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Matter(Base):
    """Category of events; an enforcement matter needs an officer with its power.

    Where `photo_after` is set, work is done only when a photo shows it.
    """

    __tablename__ = "matter"
    __table_args__ = (
        CheckConstraint("kind IN ('grid', 'enforcement')", name="kind"),
        CheckConstraint("kind = 'enforcement' OR power_code IS NULL", name="power_to_enforce"),
    )

    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("matter.code"))
    kind: Mapped[str] = mapped_column(Text)
    power_code: Mapped[str | None] = mapped_column(ForeignKey("power.code"))
    photo_after: Mapped[bool] = mapped_column(server_default=false())

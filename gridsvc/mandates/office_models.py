"""Tables of lists for those who are served: proofs, items, windows, and what forms ask."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText
from gridsvc.mandates.models import of_version


class Proof(Base):
    """A proof (证明) that a village or community may issue, or may not and what serves instead."""

    __tablename__ = "proof"
    __table_args__ = (CheckConstraint("allowed OR instead <> ''", name="instead"),)

    version_id: Mapped[int] = of_version()
    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    allowed: Mapped[bool]
    basis: Mapped[str] = mapped_column(Text)
    instead: Mapped[str] = mapped_column(Text)


class ServiceItem(Base):
    """Something a unit does for people who ask for it; by an agent (代办), too, or not."""

    __tablename__ = "service_item"
    __table_args__ = (CheckConstraint("kind IN ('approval', 'public')", name="kind"),)

    version_id: Mapped[int] = of_version()
    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    unit_code: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"))
    by_agent: Mapped[bool]


class ServiceWindow(Base):
    """A window at a service point, and when it is open.

    The point is named by its code alone: points are replaced as a whole, lists stay.
    """

    __tablename__ = "service_window"
    __table_args__ = (
        CheckConstraint("kind IN ('approval', 'public', 'agent')", name="kind"),
        CheckConstraint("opens IN ('working_days', 'daily')", name="opens"),
    )

    version_id: Mapped[int] = of_version()
    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    point_code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    opens: Mapped[str] = mapped_column(Text)
    hours: Mapped[str] = mapped_column(Text)


class ServiceOffer(Base):
    """That an item is done at a window."""

    __tablename__ = "service_offer"

    version_id: Mapped[int] = of_version()
    window_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    item_code: Mapped[str] = mapped_column(CodeText, primary_key=True)


class FormField(Base):
    """Something a form asks of workers of a role, how often, and which unit wants it."""

    __tablename__ = "form_field"
    __table_args__ = (
        CheckConstraint("role IN ('grid_worker', 'liaison', 'officer')", name="role"),
        CheckConstraint(
            "every IN ('once', 'day', 'week', 'month', 'quarter', 'year')", name="every"
        ),
    )

    version_id: Mapped[int] = of_version()
    form_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    form_name: Mapped[str] = mapped_column(Text)
    unit_code: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"))
    role: Mapped[str] = mapped_column(Text)
    every: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(CodeText, primary_key=True)


class Admission(Base):
    """That a department's own grids may be laid over ours, and what it may bring in (准入)."""

    __tablename__ = "admission"

    version_id: Mapped[int] = of_version()
    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    unit_code: Mapped[str] = mapped_column(CodeText, ForeignKey("unit.code"))
    admitted_for: Mapped[str] = mapped_column(Text)

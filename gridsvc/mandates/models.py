"""Tables of matters, powers and units, and of the lists that say who may, who must and by when.

`Matter`, `Power` and `Unit` are what events and people refer to, as they are now; entries of lists
keep how they were in every version.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    false,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText

_MATTER_KIND = "kind IN ('grid', 'enforcement')"
_POWER_TO_ENFORCE = "kind = 'enforcement' OR power_code IS NULL"
_UNIT_KIND = "IN ('department', 'street', 'centre', 'enterprise', 'team')"
_LEVEL = "level IN ('province', 'city', 'county', 'street', 'community')"
_VALIDITY = "valid_to > valid_from"


def of_version() -> Mapped[int]:
    """Column of the version of its list that an entry belongs to."""
    return mapped_column(
        BigInteger, ForeignKey("list_version.id", ondelete="CASCADE"), primary_key=True
    )


class Power(Base):
    """Power of punishing or stopping something, with its legal basis and time of validity."""

    __tablename__ = "power"
    __table_args__ = (CheckConstraint(_VALIDITY, name="validity"),)

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
        CheckConstraint(_MATTER_KIND, name="kind"),
        CheckConstraint(_POWER_TO_ENFORCE, name="power_to_enforce"),
    )

    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("matter.code"))
    kind: Mapped[str] = mapped_column(Text)
    power_code: Mapped[str | None] = mapped_column(ForeignKey("power.code"))
    valid_to: Mapped[date | None]
    photo_after: Mapped[bool] = mapped_column(server_default=false())


class Unit(Base):
    """Department, street office, centre, enterprise or team that leads, assists or commands."""

    __tablename__ = "unit"
    __table_args__ = (
        CheckConstraint(f"kind {_UNIT_KIND}", name="kind"),
        CheckConstraint(_LEVEL, name="level"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint(_VALIDITY, name="validity"),
    )

    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    parent_code: Mapped[str | None] = mapped_column(CodeText, ForeignKey("unit.code"))
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class ListVersion(Base):
    """A list as it was loaded: for which area, from when on, from where; never changed again."""

    __tablename__ = "list_version"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('powers', 'matters', 'units', 'delegations', 'limits', 'policies',"
            " 'duties', 'calendars', 'proofs', 'items', 'windows', 'offers', 'forms',"
            " 'admissions')",
            name="kind",
        ),
        CheckConstraint("division_code ~ '^[0-9]{12}$'", name="twelve_digits"),
        Index("ix_list_version_kind", "kind", "division_code", "begins", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    division_code: Mapped[str] = mapped_column(CodeText)
    begins: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    source: Mapped[str] = mapped_column(Text)
    entries: Mapped[int]
    digest: Mapped[str] = mapped_column(Text)
    loaded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class PowerEntry(Base):
    """Power as a version of the list has it."""

    __tablename__ = "power_entry"

    version_id: Mapped[int] = of_version()
    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class MatterEntry(Base):
    """Matter as a version of the list has it."""

    __tablename__ = "matter_entry"

    version_id: Mapped[int] = of_version()
    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    parent_code: Mapped[str | None] = mapped_column(CodeText)
    kind: Mapped[str] = mapped_column(Text)
    power_code: Mapped[str | None] = mapped_column(CodeText)
    valid_to: Mapped[date | None]


class UnitEntry(Base):
    """Unit as a version of the list has it."""

    __tablename__ = "unit_entry"

    version_id: Mapped[int] = of_version()
    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    parent_code: Mapped[str | None] = mapped_column(CodeText)
    division_code: Mapped[str] = mapped_column(CodeText)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Delegation(Base):
    """Power given to a street or town (赋权), by whom, on what ground and how long."""

    __tablename__ = "delegation"
    __table_args__ = (CheckConstraint(_VALIDITY, name="validity"),)

    version_id: Mapped[int] = of_version()
    power_code: Mapped[str] = mapped_column(CodeText, ForeignKey("power.code"), primary_key=True)
    division_code: Mapped[str] = mapped_column(
        CodeText, ForeignKey("division.code"), primary_key=True
    )
    from_unit: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class TimeLimit(Base):
    """By when a stage of a case has to be done (时限)."""

    __tablename__ = "time_limit"
    __table_args__ = (
        CheckConstraint(
            "stage IN ('file', 'dispatch', 'accept', 'arrive', 'handle', 'verify', 'close')",
            name="stage",
        ),
        CheckConstraint(
            "time_unit IN ('hours', 'working_hours', 'working_days')", name="time_unit"
        ),
        CheckConstraint("amount > 0 AND amount <= 10000", name="amount"),
        CheckConstraint("sequence BETWEEN 1 AND 99", name="sequence"),
    )

    version_id: Mapped[int] = of_version()
    matter_code: Mapped[str] = mapped_column(CodeText, ForeignKey("matter.code"), primary_key=True)
    stage: Mapped[str] = mapped_column(Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    amount: Mapped[float] = mapped_column(Double)
    time_unit: Mapped[str] = mapped_column(Text)


class DispatchPolicyEntry(Base):
    """How somebody is found for a matter (派遣规则)."""

    __tablename__ = "dispatch_policy"
    __table_args__ = (
        CheckConstraint("first IN ('own_grid', 'nearest', 'own_then_nearest')", name="first"),
        CheckConstraint("reach IN ('grid', 'street', 'county', 'anywhere')", name="reach"),
        CheckConstraint("travel_mode IN ('walk', 'ebike', 'car')", name="travel_mode"),
        CheckConstraint(
            "max_radius_m > 0 AND max_position_age_s > 0 AND accept_within_s > 0 AND rest_s >= 0",
            name="amounts",
        ),
    )

    version_id: Mapped[int] = of_version()
    matter_code: Mapped[str] = mapped_column(CodeText, ForeignKey("matter.code"), primary_key=True)
    first: Mapped[str] = mapped_column(Text)
    reach: Mapped[str] = mapped_column(Text)
    max_radius_m: Mapped[float | None] = mapped_column(Double)
    max_position_age_s: Mapped[float | None] = mapped_column(Double)
    accept_within_s: Mapped[float] = mapped_column(Double)
    travel_mode: Mapped[str] = mapped_column(Text)
    rest_s: Mapped[float] = mapped_column(Double)


class DutyEntry(Base):
    """Who leads or assists in a matter at a level (职责清单): a unit, or a kind of unit."""

    __tablename__ = "duty"
    __table_args__ = (
        CheckConstraint(_LEVEL, name="level"),
        CheckConstraint("part IN ('lead', 'assist')", name="part"),
        CheckConstraint(f"unit_kind {_UNIT_KIND}", name="unit_kind"),
        UniqueConstraint(
            *("version_id", "matter_code", "level", "part", "unit_kind", "unit_code"),
            name="uq_duty_once",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    version_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("list_version.id", ondelete="CASCADE")
    )
    matter_code: Mapped[str] = mapped_column(CodeText, ForeignKey("matter.code"))
    level: Mapped[str] = mapped_column(Text)
    part: Mapped[str] = mapped_column(Text)
    unit_kind: Mapped[str] = mapped_column(Text)
    unit_code: Mapped[str | None] = mapped_column(CodeText, ForeignKey("unit.code"))
    task: Mapped[str] = mapped_column(Text)


class CalendarDay(Base):
    """Days from one to another: office hours, days off, or weekends that are worked."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        CheckConstraint("kind IN ('hours', 'off', 'make_up')", name="kind"),
        CheckConstraint("last >= first", name="order"),
        CheckConstraint("(kind = 'hours') = (hours IS NOT NULL)", name="hours"),
        CheckConstraint("date_part('year', first) = date_part('year', last)", name="within_a_year"),
    )

    version_id: Mapped[int] = of_version()
    first: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    last: Mapped[date]
    name: Mapped[str] = mapped_column(Text)
    hours: Mapped[str | None] = mapped_column(Text)

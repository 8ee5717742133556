"""Tables of divisions, what stands in them, and cell plans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText, sound_geometry
from gridsvc.geo import SRID

#: NBS statistical division codes: trailing zeros tell the level.
LEVEL_OF_CODE = (
    "CASE WHEN code ~ '^[0-9]{2}0{10}$' THEN 'province'"
    " WHEN code ~ '^[0-9]{4}0{8}$' THEN 'city'"
    " WHEN code ~ '^[0-9]{6}0{6}$' THEN 'county'"
    " WHEN code ~ '^[0-9]{9}0{3}$' THEN 'street'"
    " ELSE 'community' END"
)

KINDS = "kind IN ('ordinary', 'dedicated')"
#: What a service point can be: 党群服务中心, 便民服务中心, 网格服务站, 卫生服务站, 养老服务站,
#: 社区食堂, 警务室.
SERVICE_KINDS = ("party", "affairs", "station", "health", "elderly", "canteen", "police")


class Division(Base):
    """Administrative division, province to community (省/市/区县/街道乡镇/社区村)."""

    __tablename__ = "division"
    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{12}$'", name="twelve_digits"),
        CheckConstraint("parent_code < code", name="parent_before_child"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        sound_geometry(),
    )

    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    level: Mapped[str] = mapped_column(Text, Computed(LEVEL_OF_CODE, persisted=True))
    name: Mapped[str] = mapped_column(Text)
    parent_code: Mapped[str | None] = mapped_column(CodeText, ForeignKey("division.code"))
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", SRID))


class Building(Base):
    """Building with the number of households in it (楼栋)."""

    __tablename__ = "building"
    __table_args__ = (
        UniqueConstraint("division_code", "source_id"),
        CheckConstraint("households >= 0", name="households_not_negative"),
        CheckConstraint("levels BETWEEN 0 AND 300", name="levels_range"),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    source_id: Mapped[str] = mapped_column(Text)
    households: Mapped[int]
    levels: Mapped[int | None] = mapped_column(SmallInteger)
    kind: Mapped[str | None] = mapped_column(Text)
    estimated: Mapped[bool]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POLYGON", SRID))


class Household(Base):
    """Registered household (户): its address and size, no person's name."""

    __tablename__ = "household"
    __table_args__ = (
        UniqueConstraint("division_code", "address_code"),
        CheckConstraint("residents BETWEEN 0 AND 100", name="residents_range"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    building_id: Mapped[int] = mapped_column(
        ForeignKey("building.id", ondelete="CASCADE"), index=True
    )
    address_code: Mapped[str] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(Text)
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    room: Mapped[str | None] = mapped_column(Text)
    residents: Mapped[int] = mapped_column(SmallInteger)


class Barrier(Base):
    """Street, river, railway or wall that cell borders prefer; kept per community it touches."""

    __tablename__ = "barrier"
    __table_args__ = (CheckConstraint("weight > 0", name="weight_positive"), sound_geometry())

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    kind: Mapped[str] = mapped_column("class", Text)
    weight: Mapped[float]
    never: Mapped[bool] = mapped_column(server_default=false())
    geom: Mapped[WKBElement] = mapped_column(Geometry("LINESTRING", SRID))


class Site(Base):
    """School, enterprise or other place that must be a cell of its own (专属网格)."""

    __tablename__ = "site"
    __table_args__ = (sound_geometry(),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[WKBElement] = mapped_column(Geometry("POLYGON", SRID))


class ServicePoint(Base):
    """Place where people are served (服务点): a station, a clinic, a canteen."""

    __tablename__ = "service_point"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(map(repr, SERVICE_KINDS))})", name="kind"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
        sound_geometry(),
    )

    code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", SRID))


class Zone(Base):
    """Residents' group (村民小组) or given grid whose border no cell crosses."""

    __tablename__ = "zone"
    __table_args__ = (sound_geometry(),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    name: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", SRID))


class SeedPoint(Base):
    """Worker's home or station that a cell of its own is drawn round."""

    __tablename__ = "seed_point"
    __table_args__ = (sound_geometry(),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    name: Mapped[str | None] = mapped_column(Text)
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", SRID))


class DepartmentGrid(Base):
    """A grid that a department drew for itself, of a kind such as police or market supervision."""

    __tablename__ = "department_grid"
    __table_args__ = (UniqueConstraint("division_code", "kind", "code"), sound_geometry())

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    kind: Mapped[str] = mapped_column(CodeText)
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", SRID))


class CodeScheme(Base):
    """How the codes of one level of cells are formed; data, because standards differ."""

    __tablename__ = "code_scheme"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[str] = mapped_column(Text)
    pattern: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)


class Plan(Base):
    """One division of a community into grids and micro-grids: draft, published, superseded.

    `target` is what a micro-grid of it should hold, `wish` all that was asked of them.
    """

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'superseded')", name="state"),
        CheckConstraint("(state = 'draft') = (published_at IS NULL)", name="published_at"),
        CheckConstraint("(state = 'superseded') = (superseded_at IS NOT NULL)", name="superseded"),
        CheckConstraint("target > 0 AND grid_target > 0", name="targets"),
        CheckConstraint("made_from ~ '^[0-9a-f]{64}$'", name="made_from_digest"),
        Index(
            "uq_plan_one_published",
            "division_code",
            unique=True,
            postgresql_where=text("state = 'published'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    target: Mapped[int]
    grid_target: Mapped[int]
    seed: Mapped[int] = mapped_column(BigInteger)
    wish: Mapped[dict[str, Any]] = mapped_column(JSONB)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_from: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    superseded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Grid(Base):
    """Grid (网格), about 300 households; `valid` is empty while its plan is a draft."""

    __tablename__ = "grid"
    __table_args__ = (
        UniqueConstraint("plan_id", "code"),
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint("households >= 0", name="households_not_negative"),
        ExcludeConstraint(("code", "="), ("valid", "&&"), name="ex_grid_code_once_at_a_time"),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    code: Mapped[str] = mapped_column(CodeText)
    scheme: Mapped[str] = mapped_column(ForeignKey("code_scheme.name"))
    kind: Mapped[str] = mapped_column(Text)
    households: Mapped[int]
    valid: Mapped[Range[datetime] | None] = mapped_column(TSTZRANGE)
    geom: Mapped[WKBElement] = mapped_column(Geometry("POLYGON", SRID))


class MicroGrid(Base):
    """Micro-grid (微网格), about 100 households, inside one grid."""

    __tablename__ = "micro_grid"
    __table_args__ = (
        UniqueConstraint("plan_id", "code"),
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint("households >= 0", name="households_not_negative"),
        ExcludeConstraint(("code", "="), ("valid", "&&"), name="ex_micro_grid_code_once_at_a_time"),
        sound_geometry(),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id", ondelete="CASCADE"), index=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"), index=True)
    code: Mapped[str] = mapped_column(CodeText)
    scheme: Mapped[str] = mapped_column(ForeignKey("code_scheme.name"))
    kind: Mapped[str] = mapped_column(Text)
    households: Mapped[int]
    valid: Mapped[Range[datetime] | None] = mapped_column(TSTZRANGE)
    geom: Mapped[WKBElement] = mapped_column(Geometry("POLYGON", SRID))


class GridPredecessor(Base):
    """Earlier grid whose households a grid took over, wholly or in part."""

    __tablename__ = "grid_predecessor"

    grid_id: Mapped[int] = mapped_column(
        ForeignKey("grid.id", ondelete="CASCADE"), primary_key=True
    )
    predecessor_id: Mapped[int] = mapped_column(ForeignKey("grid.id"), primary_key=True, index=True)
    households: Mapped[int]


class MicroGridPredecessor(Base):
    """Earlier micro-grid whose households a micro-grid took over, wholly or in part."""

    __tablename__ = "micro_grid_predecessor"

    micro_grid_id: Mapped[int] = mapped_column(
        ForeignKey("micro_grid.id", ondelete="CASCADE"), primary_key=True
    )
    predecessor_id: Mapped[int] = mapped_column(
        ForeignKey("micro_grid.id"), primary_key=True, index=True
    )
    households: Mapped[int]

"""Tables of road graphs, and of what keeps roads from being as they are."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from uuid import UUID

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
    SmallInteger,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText, sound_geometry
from gridsvc.geo import SRID


class RoadGraphRow(Base):
    """The road graph of a county with its hierarchy; one is in force until it is replaced."""

    __tablename__ = "road_graph"
    __table_args__ = (
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
        CheckConstraint("replaced_at >= made_at", name="replaced_after"),
        CheckConstraint("division_code ~ '^[0-9]{6}0{6}$'", name="of_a_county"),
        Index(
            "uq_road_graph_in_force",
            "division_code",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    digest: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    replaced_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RoadCondition(Base):
    """Roads closed (no factor) or slow: where, for whom, from when to when, which hours.

    A row is changed once, when it is lifted. Its id is the same nowhere else, so that a process
    may keep what it computed under it, whichever database it came from.
    """

    __tablename__ = "road_condition"
    __table_args__ = (
        CheckConstraint("num_nonnulls(geom, way, road_class) > 0", name="somewhere"),
        CheckConstraint("factor > 1 AND factor <= 10", name="factor_slows"),
        CheckConstraint(
            "cardinality(modes) > 0 AND modes <@ ARRAY['walk', 'ebike', 'car']", name="modes"
        ),
        CheckConstraint(
            "cardinality(days) > 0 AND days <@ CAST(ARRAY[1, 2, 3, 4, 5, 6, 7] AS smallint[])",
            name="days_of_week",
        ),
        CheckConstraint(
            "(hours_from IS NULL) = (hours_to IS NULL) AND hours_to > hours_from", name="hours"
        ),
        CheckConstraint("valid_to > valid_from", name="validity"),
        CheckConstraint("length(reason) BETWEEN 1 AND 500", name="reason_length"),
        UniqueConstraint("added_by", "client_key", postgresql_nulls_not_distinct=True),
        sound_geometry(),
        Index("ix_road_condition_division_code", "division_code", "valid_from"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
    way: Mapped[int | None] = mapped_column(BigInteger)
    road_class: Mapped[str | None] = mapped_column(Text)
    modes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    factor: Mapped[float | None]
    days: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger))
    hours_from: Mapped[time | None]
    hours_to: Mapped[time | None]
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    valid_to: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str] = mapped_column(Text)
    edges: Mapped[int]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    client_key: Mapped[str] = mapped_column(Text)
    body_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RoadConditionHistory(Base):
    """What was done to a condition, by whom; append-only for the service."""

    __tablename__ = "road_condition_history"
    __table_args__ = (CheckConstraint("change IN ('added', 'lifted')", name="change"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    condition_id: Mapped[UUID] = mapped_column(ForeignKey("road_condition.id"), index=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    change: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

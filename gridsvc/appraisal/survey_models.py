"""Tables of surveys and of the orders to put right what they show."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
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
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridsvc.db import Base, CodeText


class SurveyScheme(Base):
    """What is asked: dimensions of weighted indicators; never changed once laid down."""

    __tablename__ = "survey_scheme"
    __table_args__ = (UniqueConstraint("division_code", "code"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)
    code: Mapped[str] = mapped_column(CodeText)
    name: Mapped[str] = mapped_column(Text)
    dimensions: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    laid_down_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class SurveyWave(Base):
    """A scheme being asked in an area from a day to a day, both included; one at a time."""

    __tablename__ = "survey_wave"
    __table_args__ = (
        CheckConstraint("closes >= opens", name="in_order"),
        ExcludeConstraint(
            ("division_code", "="),
            ("scheme_id", "="),
            (literal_column("daterange(opens, closes, '[]')"), "&&"),
            name="ex_survey_wave_one_at_a_time",
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    scheme_id: Mapped[int] = mapped_column(ForeignKey("survey_scheme.id"))
    name: Mapped[str] = mapped_column(Text)
    opens: Mapped[date] = mapped_column(Date)
    closes: Mapped[date] = mapped_column(Date)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )


class SurveyStratum(Base):
    """A street or town of a wave: households, and how many of them are to be asked."""

    __tablename__ = "survey_stratum"
    __table_args__ = (CheckConstraint("planned BETWEEN 0 AND population", name="planned"),)

    wave_id: Mapped[int] = mapped_column(
        ForeignKey("survey_wave.id"), primary_key=True, autoincrement=False
    )
    division_code: Mapped[str] = mapped_column(CodeText, primary_key=True)
    population: Mapped[int]
    planned: Mapped[int]


class SurveyLink(Base):
    """A link that lets one household answer once; nothing tells which answer it became."""

    __tablename__ = "survey_link"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("survey_wave.id"))
    division_code: Mapped[str] = mapped_column(CodeText)
    used: Mapped[bool] = mapped_column(server_default="false")


class SurveyCaller(Base):
    """That somebody was asked by phone in a wave: a keyed digest of the number, and no more."""

    __tablename__ = "survey_caller"

    wave_id: Mapped[int] = mapped_column(
        ForeignKey("survey_wave.id"), primary_key=True, autoincrement=False
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText)


class SurveyAnswer(Base):
    """Scores that somebody gave, 0 to 100 by indicator; who it was is not kept."""

    __tablename__ = "survey_answer"
    __table_args__ = (
        CheckConstraint("channel IN ('link', 'phone')", name="channel"),
        CheckConstraint("respondent IN ('resident', 'unit')", name="respondent"),
        Index("ix_survey_answer_wave_id", "wave_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("survey_wave.id"))
    division_code: Mapped[str] = mapped_column(CodeText)
    channel: Mapped[str] = mapped_column(Text)
    respondent: Mapped[str] = mapped_column(Text)
    scores: Mapped[dict[str, float]] = mapped_column(JSONB)
    answered_on: Mapped[date] = mapped_column(Date)


class Rectification(Base):
    """Order to put right what a survey showed (限期整改), by a day, with a public result."""

    __tablename__ = "rectification"
    __table_args__ = (
        CheckConstraint("state IN ('ORDERED', 'UNDER_WAY', 'DONE', 'PUBLISHED')", name="state"),
        CheckConstraint(
            "(state IN ('DONE', 'PUBLISHED')) = (done_on IS NOT NULL)",
            name="done",
        ),
        CheckConstraint("(state = 'PUBLISHED') = (published_at IS NOT NULL)", name="published"),
        Index("ix_rectification_division_code", "division_code"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    division_code: Mapped[str] = mapped_column(CodeText, ForeignKey("division.code"))
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("survey_wave.id"))
    indicator_code: Mapped[str | None] = mapped_column(CodeText)
    problem: Mapped[str] = mapped_column(Text)
    opinion: Mapped[str] = mapped_column(Text)
    responsible: Mapped[str] = mapped_column(Text)
    deadline: Mapped[date] = mapped_column(Date)
    measures: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    ordered_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )
    done_on: Mapped[date | None] = mapped_column(Date)
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class RectificationHistory(Base):
    """One move of an order: from where to where, when, by whom, with what words."""

    __tablename__ = "rectification_history"
    __table_args__ = (Index("ix_rectification_history_rectification_id", "rectification_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    rectification_id: Mapped[int] = mapped_column(ForeignKey("rectification.id"))
    division_code: Mapped[str] = mapped_column(CodeText)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.clock_timestamp()
    )

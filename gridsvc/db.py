"""Engine, tables' common base, and the session that is the only place where work is committed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import CheckConstraint, MetaData, Text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

from gridsvc.errors import BadInput

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


#: Codes sort and range-scan bytewise, whatever the database's locale.
CodeText = Text(collation="C")


class Base(DeclarativeBase):
    """Common base of all tables; constraints get speaking names."""

    metadata = MetaData(naming_convention=_NAMES)


def sound_geometry(column: str = "geom") -> CheckConstraint:
    """Constraint that a geometry is valid and lies on the globe.

    NaN and infinite coordinates fail ``ST_IsValid``; the box keeps out swapped or projected
    coordinates that were declared as degrees.
    """
    return CheckConstraint(
        f"ST_IsValid({column}) AND NOT ST_IsEmpty({column})"
        f" AND ST_XMin({column}) >= -180 AND ST_XMax({column}) <= 180"
        f" AND ST_YMin({column}) >= -90 AND ST_YMax({column}) <= 90",
        name=f"sound_{column}",
    )


def asyncpg_url(url: str) -> URL:
    """SQLAlchemy URL with the asyncpg driver for any PostgreSQL URL.

    Raises
    ------
    BadInput
        If the text is not a URL, or not one of PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as failure:  # ValueError: a port that is no number
        raise BadInput(
            "GRIDSVC_DATABASE_URL is not a database URL; "
            "write it as postgresql://user:password@host:5432/database"
        ) from failure
    if parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise BadInput(
            f"GRIDSVC_DATABASE_URL names {parsed.get_backend_name()}; gridsvc needs PostgreSQL "
            "with PostGIS: postgresql://user:password@host:5432/database"
        )
    return parsed.set(drivername="postgresql+asyncpg")


_SERVER_SETTINGS = {
    "application_name": "gridsvc",
    "timezone": "UTC",
    # A prepared statement keeps one plan for all values from its sixth execution on. For "the
    # nearest k of this role in this county" that plan sorts everybody instead of walking the
    # spatial index: 40 ms instead of 1. A plan for the values at hand costs a tenth of that 1.
    "plan_cache_mode": "force_custom_plan",
}


def make_engine(url: str, *, pool_size: int = 8) -> AsyncEngine:
    """Engine with a bounded pool for a PostgreSQL URL."""
    return create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # else errors quote descriptions and places into the logs
        connect_args={"server_settings": _SERVER_SETTINGS},
    )


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """One transaction: committed when the block ends well, rolled back when it raises."""
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        yield session


async def _request_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with transaction(request.app.state.engine) as session:
        yield session


#: One transaction per request. ``scope="function"`` commits before the answer is sent, so
#: that a 201 is never read by a client whose data is not yet safe.
Session = Annotated[AsyncSession, Depends(_request_session, scope="function")]

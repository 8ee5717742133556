"""Engine, tables' common base, and the session that is the only place where work is committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import Request
from sqlalchemy import CheckConstraint, MetaData, Text, text
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

#: Role of PostgreSQL in which the service works: it owns nothing, so that every policy holds.
SERVICE_ROLE = "gridsvc_service"

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
    # What a machine that lost its power had locked is free again after two minutes, not two hours.
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "6",
}


@dataclass(frozen=True)
class Login:
    """How the service logs in.

    Attributes
    ----------
    url
        PostgreSQL URL.
    role
        Role to work in, for a login that is a member of it; none = the login's own.
    """

    url: str
    role: str | None = None


#: Statements that a connection keeps prepared; more than there are on the ways of an event.
_KEPT_STATEMENTS = 500


def make_engine(url: str, *, pool_size: int = 8, role: str | None = None) -> AsyncEngine:
    """Engine with a bounded pool for a PostgreSQL URL.

    Parameters
    ----------
    role
        Role to work in, for a login that is a member of it; none = the login's own.
    """
    settings = _SERVER_SETTINGS | ({"role": role} if role else {})
    return create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # else errors quote descriptions and places into the logs
        connect_args={
            "server_settings": settings,
            "prepared_statement_cache_size": _KEPT_STATEMENTS,
        },
    )


@dataclass(frozen=True)
class Scope:
    """Rows the database shows to a transaction; what is not named stays hidden.

    Attributes
    ----------
    ranges
        Half-open ranges of division codes, as `codes.code_range` gives them.
    above
        Codes of the divisions these lie in, whose names and borders may be seen too.
    reporter
        Account whose own reports alone may be seen; ``*`` = everybody's.
    matters
        Codes of the matters whose events may be seen; ``*`` = every matter's.
    """

    ranges: tuple[tuple[str, str], ...]
    above: tuple[str, ...] = ()
    reporter: str = "*"
    matters: tuple[str, ...] = ("*",)

    def covers(self, other: Scope) -> bool:
        """Whether everything another scope shows is seen in this one."""
        names = [(code, code + "0") for code in other.above if code not in self.above]
        return self.shows_all_of((*other.ranges, *names))

    def shows_all_of(self, ranges: Iterable[tuple[str, str]]) -> bool:
        """Whether everything in some ranges of codes is seen in this scope."""
        return (
            self.reporter == "*"
            and self.matters == ("*",)
            and all(
                any(own_low <= low and high <= own_high for own_low, own_high in self.ranges)
                for low, high in ranges
            )
        )


NOWHERE = Scope(())
EVERYWHERE = Scope((("0", ":"),))

# Ended by the end of the transaction. The policies read these settings; where they are missing
# or empty nothing is seen (a setting once made local is '' afterwards, not NULL).
_ENTER = text("""
SELECT set_config('gridsvc.low', :low, true), set_config('gridsvc.high', :high, true),
       set_config('gridsvc.areas', :areas, true), set_config('gridsvc.above', :above, true),
       set_config('gridsvc.reporter', :reporter, true),
       set_config('gridsvc.matters', :matters, true)
""")
_PLAN = text("SELECT set_config('plan_cache_mode', :plans, true)")


async def enter(session: AsyncSession, scope: Scope) -> None:
    """Let a transaction see the rows of a scope from now on, and no others."""
    ranges = scope.ranges
    listed = ",".join(f'["{low}","{high}")' for low, high in ranges)
    await session.execute(
        _ENTER,
        {
            "low": min((low for low, _ in ranges), default=""),
            "high": max((high for _, high in ranges), default=""),
            # The bounds alone say a single range, which the planner can judge.
            "areas": "*" if len(ranges) == 1 else f"{{{listed}}}",
            "above": ",".join(scope.above),
            "reporter": scope.reporter,
            "matters": ",".join(scope.matters),
        },
    )
    session.info["scope"] = scope


@asynccontextmanager
async def widened(session: AsyncSession, scope: Scope) -> AsyncIterator[None]:
    """See another scope, too, for the length of a block: what the service does by itself.

    Whoever asked was let in before; an officer of the street may take an event of a community
    whose own people may not look into the street. In a scope that shows it all nothing changes.
    """
    before = session.info.get("scope", NOWHERE)
    if before.covers(scope):
        yield
        return
    await enter(session, scope)
    try:
        yield
        await enter(session, before)
    finally:
        session.info["scope"] = before  # rolled back, the database went back by itself


@asynccontextmanager
async def planned_anew(session: AsyncSession) -> AsyncIterator[None]:
    """Have every statement of a block planned for the values at hand.

    A prepared statement keeps one plan for all values from its sixth execution on, which saves
    most of a small statement's time. But for "the nearest k of this role in this county" that
    plan sorts everybody instead of walking the spatial index: 150 ms instead of 3.
    """
    await session.execute(_PLAN, {"plans": "force_custom_plan"})
    yield
    await session.execute(_PLAN, {"plans": "auto"})


@asynccontextmanager
async def transaction(
    engine: AsyncEngine, scope: Scope = EVERYWHERE
) -> AsyncIterator[AsyncSession]:
    """One transaction: committed when the block ends well, rolled back when it raises.

    Parameters
    ----------
    scope
        What may be seen; everything, for what no account asked for.
    """
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with sessions.begin() as session:
        await enter(session, scope)
        yield session


async def request_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction per request, which sees nothing until a scope is entered.

    Meant for ``Depends(..., scope="function")``, which commits before the answer is sent, so
    that a 201 is never read by a client whose data is not yet safe.
    """
    sessions = async_sessionmaker(request.app.state.engine, expire_on_commit=False)
    async with sessions.begin() as session:
        yield session

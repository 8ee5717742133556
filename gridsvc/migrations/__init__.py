"""The database's schema, step by step, and the commands that bring a database up to date."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from gridsvc.db import SERVICE_ROLE
from gridsvc.errors import Unavailable

_MINIMUM_POSTGIS = (3, 3)
#: Any number will do, as long as every gridsvc process takes the same.
_UPGRADE_LOCK = 7_246_001

# Roles belong to the whole server; another database's upgrade may be making it this moment. Who
# is no superuser must be a member to work in the role, where the service has no login of its own.
_SERVICE_ROLE = text(f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVICE_ROLE}') THEN
        CREATE ROLE {SERVICE_ROLE} LOGIN NOINHERIT;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
""")
_SERVICE_MEMBER = text(f"""
DO $$ BEGIN
    IF NOT pg_has_role('{SERVICE_ROLE}', 'MEMBER') THEN
        GRANT {SERVICE_ROLE} TO CURRENT_USER;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$
""")

# Under row-level security an index serves only operators that are known to tell nothing of the
# rows they compare. Overlap of bounding boxes is such a one; saying so takes a superuser.
_BOXES_LEAK_NOTHING = text("""
DO $$ BEGIN
    ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$
""")


@dataclass(frozen=True)
class SchemaStatus:
    """Where a database stands: its revision and the newest one known here."""

    revision: str | None
    newest: str

    @property
    def current(self) -> bool:
        """Whether nothing is left to upgrade."""
        return self.revision == self.newest


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


async def upgrade(engine: AsyncEngine) -> SchemaStatus:
    """Bring the schema to the newest revision; safe to run from several processes at once.

    Raises
    ------
    Unavailable
        If PostGIS is missing on the server or older than 3.3.
    """
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        version = await connection.scalar(
            text("SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'")
        )
        _check_postgis(version)
        await _make_service_role(connection)
        await connection.run_sync(
            lambda sync: command.upgrade(alembic_config(sync), "head"),
        )
        await connection.execute(_BOXES_LEAK_NOTHING)
        return await connection.run_sync(_status)


async def make_service_role(engine: AsyncEngine) -> None:
    """Have the role in which the service works, which a restored database grants rights to."""
    async with engine.begin() as connection:
        await _make_service_role(connection)


async def _make_service_role(connection: AsyncConnection) -> None:
    try:
        await connection.execute(_SERVICE_ROLE)
        await connection.execute(_SERVICE_MEMBER)
    except DBAPIError as failure:
        raise Unavailable(
            f"the database login may not make the role {SERVICE_ROLE}; have an administrator run: "
            f"CREATE ROLE {SERVICE_ROLE} LOGIN; GRANT {SERVICE_ROLE} TO the login of gridsvc"
        ) from failure


async def status(engine: AsyncEngine) -> SchemaStatus:
    """Revision the database is at, and the newest."""
    async with engine.connect() as connection:
        return await connection.run_sync(_status)


def _status(connection: Connection) -> SchemaStatus:
    newest = ScriptDirectory.from_config(alembic_config()).get_current_head()
    revision = MigrationContext.configure(connection).get_current_revision()
    return SchemaStatus(revision=revision, newest=str(newest))


def _check_postgis(version: str | None) -> None:
    if version is None:
        raise Unavailable(
            "the PostgreSQL server has no PostGIS; install it there "
            "(Debian: apt-get install postgresql-15-postgis-3)"
        )
    if tuple(int(part) for part in version.split(".")[:2]) < _MINIMUM_POSTGIS:
        raise Unavailable(f"the server's PostGIS is {version}; gridsvc needs 3.3 or newer")

"""The database's schema, step by step, and the commands that bring a database up to date."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.errors import Unavailable

_MINIMUM_POSTGIS = (3, 3)
#: Any number will do, as long as every gridsvc process takes the same.
_UPGRADE_LOCK = 7_246_001


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
        await connection.run_sync(
            lambda sync: command.upgrade(alembic_config(sync), "head"),
        )
        return await connection.run_sync(_status)


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

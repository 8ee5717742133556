"""One real PostGIS for the whole run; every test gets a database or a transaction of its own."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gridsvc import migrations
from gridsvc.db import make_engine
from gridsvc.postgis import Cluster, start

#: Tests lose nothing when the machine does: no waiting for the disk.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
TEMPLATE = "migrated"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real extracts, beside the checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real extracts are not here: {folder}")
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A private cluster of this run alone, with a migrated database to copy from."""
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-test-"))
    folder.chmod(0o755)
    with_cluster = start(folder / "data", settings=FAST)
    asyncio.run(_migrate(with_cluster))
    yield with_cluster
    with_cluster.stop()
    shutil.rmtree(folder)


async def _migrate(cluster: Cluster) -> None:
    await _on_server(cluster, f"CREATE DATABASE {TEMPLATE}")
    engine = make_engine(cluster.url_for(database=TEMPLATE))
    await migrations.upgrade(engine)
    await engine.dispose()


async def _on_server(cluster: Cluster, statement: str) -> None:
    engine = make_engine(cluster.url)
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text(statement))
    await engine.dispose()


@pytest.fixture
async def database_url(cluster: Cluster) -> AsyncIterator[str]:
    """A migrated, empty database of the test's own."""
    name = f"test_{uuid4().hex}"
    await _on_server(cluster, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield cluster.url_for(database=name)
    await _on_server(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Engine on the test's own database."""
    engine = make_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="session")
async def _shared_engine(cluster: Cluster) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(cluster.url_for(database=TEMPLATE).replace(TEMPLATE, "scratch"))
    await _on_server(cluster, f"CREATE DATABASE scratch TEMPLATE {TEMPLATE}")
    yield engine
    await engine.dispose()


@pytest.fixture
async def session(_shared_engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session whose transaction is rolled back: cheap, for tests that need no commit."""
    sessions = async_sessionmaker(_shared_engine, expire_on_commit=False)
    async with sessions() as session:
        yield session
        await session.rollback()

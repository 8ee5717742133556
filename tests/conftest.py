"""One real PostGIS for the whole run; every test gets a database or a transaction of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
from hypothesis import settings
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from gridsvc import migrations
from gridsvc.app import create_app
from gridsvc.config import Settings
from gridsvc.db import SERVICE_ROLE, Login, asyncpg_url, make_engine, transaction
from gridsvc.postgis import Cluster, start
from tests.folders import cluster_folder
from tests.towns import settle
from tests.who import ALL_ROUND, KEYRING, open_all_round

# The same examples every time, so that a run says something of the change and not of its luck;
# `make soak` tries new ones. Seconds are for benchmarks: no example has a deadline.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

#: Tests lose nothing when the machine does: no waiting for the disk.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
#: Templates that tests copy: the schema alone, and the paper town planned and published.
MIGRATED, SETTLED = "migrated", "settled"
#: Copied as files a database takes half as long as through the write-ahead log.
COPY = "STRATEGY file_copy"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real extracts, beside the checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the real extracts are not here: {folder}")
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A private cluster of this run alone, with databases to copy from."""
    with cluster_folder() as folder:
        with_cluster = start(folder / "data", settings=FAST)
        asyncio.run(_make_templates(with_cluster))
        yield with_cluster
        with_cluster.stop()


async def _make_templates(cluster: Cluster) -> None:
    await on_server(cluster, f"CREATE DATABASE {MIGRATED}")
    async with _engine(cluster.url_for(database=MIGRATED)) as engine:
        await migrations.upgrade(engine)
    await on_server(cluster, f"CREATE DATABASE {SETTLED} TEMPLATE {MIGRATED} {COPY}")
    async with _engine(cluster.url_for(database=SETTLED)) as engine:
        async with transaction(engine) as session:
            await settle(session)
            await open_all_round(session)
        # Copies are made from files: what one test finds hinted, the next finds too.
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("VACUUM ANALYZE"))


async def on_server(cluster: Cluster, statement: str) -> None:
    """Run a statement that no transaction may hold, such as CREATE DATABASE."""
    # Without SQLAlchemy, whose first questions to a server take longer than the statement.
    url = make_url(cluster.url).set(drivername="postgresql")
    connection = await asyncpg.connect(url.render_as_string(hide_password=False))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def _engine(url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(url)
    yield engine
    await engine.dispose()


def service_of(url: str) -> Login:
    """How the service logs in to a database: not as its owner."""
    own = asyncpg_url(url).set(username=SERVICE_ROLE)
    return Login(own.render_as_string(hide_password=False))


@asynccontextmanager
async def copy_of(cluster: Cluster, template: str) -> AsyncIterator[str]:
    """URL of a copy of a template, dropped in the end."""
    name = f"test_{uuid4().hex}"
    await on_server(cluster, f"CREATE DATABASE {name} TEMPLATE {template} {COPY}")
    yield cluster.url_for(database=name)
    await on_server(cluster, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(cluster: Cluster) -> AsyncIterator[str]:
    """A migrated, empty database of the test's own."""
    async with copy_of(cluster, MIGRATED) as url:
        yield url


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Engine on a migrated, empty database of the test's own."""
    async with _engine(database_url) as engine:
        yield engine


@pytest.fixture
async def town_url(cluster: Cluster) -> AsyncIterator[str]:
    """A database of the test's own with the paper town published, and nobody in it."""
    async with copy_of(cluster, SETTLED) as url:
        yield url


@pytest.fixture
async def town(town_url: str) -> AsyncIterator[AsyncEngine]:
    """Engine on the paper town."""
    async with _engine(town_url) as engine:
        yield engine


@pytest.fixture(scope="session")
async def _empty_engine(cluster: Cluster) -> AsyncIterator[AsyncEngine]:
    async with copy_of(cluster, MIGRATED) as url, _engine(url) as engine:
        yield engine


@pytest.fixture(scope="session")
async def _town_engine(cluster: Cluster) -> AsyncIterator[AsyncEngine]:
    async with copy_of(cluster, SETTLED) as url, _engine(url) as engine:
        yield engine


@asynccontextmanager
async def _rolled_back(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    async with async_sessionmaker(engine, expire_on_commit=False)() as session:
        yield session
        await session.rollback()


@pytest.fixture
async def session(_empty_engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session on empty tables, rolled back: cheap, for tests that need no commit."""
    async with _rolled_back(_empty_engine) as session:
        yield session


@pytest.fixture
async def town_session(_town_engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session on the paper town, rolled back."""
    async with _rolled_back(_town_engine) as session:
        yield session


@asynccontextmanager
async def _client_of(
    url: str, *, headers: dict[str, str] | None = ALL_ROUND, **settings: object
) -> AsyncIterator[httpx.AsyncClient]:
    # Nothing sweeps by itself: a test that wants a sweep asks for it.
    app = create_app(
        Settings(**({"sweep_s": 3600, "second_factor": "optional", "jobs": False} | settings)),
        service_of(url),
        KEYRING,
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://gridsvc", headers=headers
        ) as client,
    ):
        yield client


@pytest.fixture
def client_of():
    """Make HTTP clients of services on a database URL, with settings if given."""
    return _client_of


@pytest.fixture
async def client(town_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP client of a service on the paper town."""
    async with _client_of(town_url) as client:
        yield client


@pytest.fixture(scope="session")
def client_factory():
    """The same as `client_of`, for fixtures that outlive a test."""
    return _client_of

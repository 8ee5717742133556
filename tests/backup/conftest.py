"""A town with people and events, its backup, and empty databases to restore into."""

import stat
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from gridsvc.app import create_app
from gridsvc.backup import archive, service, tools
from gridsvc.config import Settings
from gridsvc.db import Base, make_engine
from tests.conftest import SETTLED, copy_of, on_server, service_of
from tests.flows.test_report_to_close import body
from tests.test_cli import failing, gridsvc  # noqa: F401 - fixtures
from tests.towns import a_person, an_officer, middle, staff
from tests.who import ALL_ROUND, KEYRING


@dataclass(frozen=True)
class Kept:
    """A busy town, its backup, and the shares of progress told meanwhile."""

    url: str
    file: Path
    manifest: archive.Manifest
    progress: list[float]


@asynccontextmanager
async def engine_on(url):
    engine = make_engine(url)
    yield engine
    await engine.dispose()


@asynccontextmanager
async def empty_database(cluster):
    """URL of a database that nothing was ever put into."""
    name = f"empty_{uuid4().hex}"
    await on_server(cluster, f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
    yield cluster.url_for(database=name)
    await on_server(cluster, f"DROP DATABASE {name} WITH (FORCE)")


async def rows_of(engine, *more):
    """Every row of every table of the models as text, so that new tables are covered too."""
    async with engine.connect() as connection:
        return {
            name: sorted(await connection.scalars(text(f'SELECT t::text FROM "{name}" t')))
            for name in [*Base.metadata.tables, *more]
        }


async def report_events(url, count, **columns):
    """Reports over HTTP, each of which is assigned; the ids they got."""
    app = create_app(Settings(sweep_s=3600, second_factor="optional"), service_of(url), KEYRING)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://gridsvc", headers=ALL_ROUND
        ) as client,
    ):
        answers = [
            await client.post("/api/events", json=body(n % 4, n // 4 % 4, **columns))
            for n in range(count)
        ]
    assert {answer.status_code for answer in answers} == {201}
    return [answer.json()["id"] for answer in answers]


@pytest.fixture(scope="session")
async def kept(cluster, tmp_path_factory):
    """The paper town at work, backed up once for all tests that only read the backup."""
    file = tmp_path_factory.mktemp("kept") / "town.backup"
    async with copy_of(cluster, SETTLED) as url:
        async with engine_on(url) as engine:
            people = [a_person(f"w{n}", middle(n, n)) for n in range(4)]
            await staff(engine, *people, an_officer("o1", middle(1, 1), name="欧阳,\"\\\t'青"))
            await report_events(url, 10)
            await report_events(url, 3, matter="E02", description="占道\n经营 \\. \\N \x7f 🚧")
            shares = []
            manifest = await service.back_up(engine, file, lambda _, share: shares.append(share))
        yield Kept(url, file, manifest, shares)


@pytest.fixture
async def empty_url(cluster):
    async with empty_database(cluster) as url:
        yield url


@pytest.fixture
async def empty(empty_url):
    """Engine on a database that nothing was ever put into."""
    async with engine_on(empty_url) as engine:
        yield engine


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory):
    """Put a script in the place of a PostgreSQL tool; ``$REAL`` is the tool itself."""

    def make(name, script):
        root = tmp_path_factory.mktemp("pg")
        real = tools.find_tool(name, 15)
        tool = root / "99" / "bin" / name
        tool.parent.mkdir(parents=True)
        tool.write_text(
            f'#!/bin/sh\nREAL="{real}"\n[ "$1" = --version ] && exec "$REAL" "$@"\n{script}\n',
            encoding="utf-8",
        )
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
        return root

    return make

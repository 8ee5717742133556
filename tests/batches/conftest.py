"""A generated town of four communities, loaded and not planned, and ways to look at its plans."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from gridsvc.audit.actor import Actor
from gridsvc.batches.work import Door, Order, plan_communities
from gridsvc.codes import WHOLE
from gridsvc.db import make_engine, transaction
from gridsvc.grids import service as grids
from gridsvc.grids.area_queries import AreaFrames
from gridsvc.grids.queries import households_of_communities
from gridsvc.town.generate import build_town
from tests.conftest import MIGRATED, copy_of
from tests.towns import settings

PLANNER = Actor(None, "planner", via="command_line")


@dataclass(frozen=True)
class Small:
    """A database with the town in it."""

    url: str
    engine: AsyncEngine
    households: dict[str, int]

    @property
    def door(self) -> Door:
        return Door(self.url)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.households)

    async def plans(self):
        """Community and state of every plan, in order."""
        return await self._rows("SELECT division_code, state FROM plan ORDER BY 1, 2")

    async def cells(self):
        """Every grid and micro-grid as it was stored, but for its numbers."""
        return await self._rows("""
            SELECT code, kind, households, encode(ST_AsBinary(geom), 'hex') FROM grid
            UNION ALL
            SELECT code, kind, households, encode(ST_AsBinary(geom), 'hex') FROM micro_grid
            ORDER BY 1, 4
        """)

    async def _rows(self, sql):
        async with self.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql))]

    async def spoil(self, code):
        """Move a community's boundary away from its buildings, which cannot be planned then."""
        async with transaction(self.engine) as session:
            await session.execute(
                text("UPDATE division SET geom = ST_Translate(geom, 1, 0) WHERE code = :code"),
                {"code": code},
            )

    @asynccontextmanager
    async def held(self, code):
        """Let no plan of a community be saved: who comes that far waits."""
        async with self.engine.connect() as connection:
            await connection.execute(
                text("SELECT FROM division WHERE code = :code FOR UPDATE"), {"code": code}
            )
            yield
            await connection.rollback()

    async def somebody_waits(self, *, but=frozenset()):
        """Server process of whoever waits for what is held, in 60 s, but for those named."""
        sql = (
            "SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        async with asyncio.timeout(60):
            while True:
                for (pid,) in await self._rows(sql):
                    if pid not in but:
                        return pid
                await asyncio.sleep(0.05)


@pytest.fixture(scope="session")
async def _generated(cluster):
    made = build_town(2500, seed=1)
    async with copy_of(cluster, MIGRATED) as url:
        engine = make_engine(url)
        async with transaction(engine) as session:
            rows = zip(
                made.divisions["code"],
                made.divisions["name"],
                made.divisions.geometry,
                strict=True,
            )
            await grids.load_divisions(session, [grids.DivisionRow(*row) for row in rows])
            await grids.load_area(
                session, AreaFrames(made.boundary, made.buildings, made.barriers, made.special)
            )
        await engine.dispose()
        yield make_url(url).database


@asynccontextmanager
async def _copy(cluster, template):
    async with copy_of(cluster, template) as url:
        engine = make_engine(url)
        async with transaction(engine) as session:
            households = await households_of_communities(session, WHOLE)
        yield Small(url, engine, households)
        await engine.dispose()


@pytest.fixture
async def small(cluster, _generated):
    """The town in a database of the test's own."""
    async with _copy(cluster, _generated) as small:
        yield small


@pytest.fixture(scope="session")
async def made_by_one(cluster, _generated):
    """Cells of the town as one process makes them, one community after another."""
    async with _copy(cluster, _generated) as small:
        await plan_communities(small.door, order(), small.codes)
        cells = await small.cells()
    assert len(cells) > 30
    return cells


def order(*, publish=False, after=0, method=None, **asked):
    """An order for drafts with the usual settings; what is asked may say otherwise."""
    own = {} if method is None else {"method": method}
    return Order(settings(**asked), publish, after, PLANNER, **own)

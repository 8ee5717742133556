"""What the queue does for whistle calls every minute, as the service and not as the owner."""

import asyncio

import pytest

from gridsvc.db import make_engine
from gridsvc.dispatch import tasks
from gridsvc.jobs.queue import queue_on, work
from tests.conftest import service_of
from tests.flows.test_event_walks import table
from tests.flows.test_whistle import a_call, http, let_pass, post, who

__all__ = ["http", "post", "who"]  # fixtures

RUNGS = "SELECT unit_code, rung FROM whistle_escalation ORDER BY unit_code, rung"


@pytest.fixture
async def unanswered(town, post):
    """A call of two units, long past the time to check in."""
    await post("desk", "", a_call("D00", "D01"), 201)
    await let_pass(town, 100)


async def test_the_queue_tells_of_who_does_not_come_once(town, town_url, unanswered):
    login = service_of(town_url)
    engine = make_engine(login.url)
    worker = asyncio.create_task(work(login, [tasks.tasks], {"engine": engine}))
    queue = queue_on(login, [tasks.tasks])
    written = []
    for _ in range(2):
        async with queue.open_async():
            await queue.configure_task("gridsvc:watch_the_called").defer_async(timestamp=0)
        for _ in range(200):
            if done := await finished(town):
                break
            await asyncio.sleep(0.05)
        assert done
        written.append([tuple(row.values()) for row in await table(town, RUNGS)])
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await engine.dispose()
    assert {unit for unit, _ in written[0]} == {"D00", "D01"}
    assert len(set(written[0])) == len(written[0])
    assert written[1] == written[0]


async def finished(engine):
    """Whether no job is left to do."""
    async with engine.begin() as connection:
        left = await connection.exec_driver_sql(
            "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status IN ('todo', 'doing')"
        )
        return left.scalar() == 0

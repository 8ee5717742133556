"""What the queue does every minute: safe to do twice, and after a worker was killed in between."""

import asyncio

import pytest

from gridsvc.db import make_engine
from gridsvc.events import tasks
from gridsvc.jobs.queue import queue_on, work
from tests.conftest import service_of
from tests.events.test_escalation import ROWS
from tests.flows.test_event_walks import let_pass, table
from tests.flows.test_report_to_close import body
from tests.limits import load_limits
from tests.towns import a_person, middle, staff


@pytest.fixture
async def late(town, client):
    """An event whose limits have all run out."""
    await staff(town, a_person("w0", middle(0, 0)))
    await load_limits(town, ("handle", 1, "", 10.0))
    await client.post("/api/events", json=body())
    await let_pass(town, 100)


async def defer(login):
    queue = queue_on(login, [tasks.tasks])
    async with queue.open_async():
        await queue.configure_task("gridsvc:watch_the_clock").defer_async(timestamp=0)


async def test_by_the_queue_as_the_service_and_not_its_owner(town, town_url, late):
    login = service_of(town_url)
    engine = make_engine(login.url)
    worker = asyncio.create_task(work(login, [tasks.tasks], {"engine": engine}))
    await defer(login)
    for _ in range(200):
        if await table(town, ROWS):
            break
        await asyncio.sleep(0.05)
    written = len(await table(town, ROWS))
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await engine.dispose()
    assert written == 10


async def test_a_worker_killed_in_the_midst_leaves_nothing_half_done(town, town_url, late):
    """The job is put back and done by the next one: every rung once."""
    login = service_of(town_url)
    await defer(login)
    async with town.begin() as connection:
        await connection.exec_driver_sql("SET LOCAL search_path = jobs")
        await connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'doing'")
    queue = queue_on(login, [tasks.tasks])
    async with queue.open_async():
        await queue.configure_task("gridsvc:take_up_stalled").defer_async(timestamp=0)
    engine = make_engine(login.url)
    worker = asyncio.create_task(work(login, [tasks.tasks], {"engine": engine}))
    for _ in range(400):
        if await table(town, ROWS):
            break
        await asyncio.sleep(0.05)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await engine.dispose()
    rows = await table(town, ROWS)
    assert len(rows) == len({(row["stage_id"], row["rung"]) for row in rows}) == 10

"""A job that is put into the queue with the rest of a transaction, or not at all."""

import asyncio

import pytest

from gridsvc.db import make_engine, transaction
from gridsvc.jobs import queries
from gridsvc.jobs.queue import QUEUES, USUAL, work
from tests.conftest import service_of
from tests.jobs.test_queue import counting, stop, until


@pytest.mark.parametrize("queue", QUEUES)
async def test_it_is_done_once_the_transaction_is_committed(database_url, queue):
    login, calls = service_of(database_url), []
    engine = make_engine(login.url)
    worker = asyncio.create_task(work(login, [counting(calls)], {"who": "w"}))
    async with transaction(engine) as session:
        await queries.defer(session, "count", queue=queue, lock="one", briefing_id=1)
        # The path is as it was: what follows finds its own tables.
        await queries.defer(session, "count", queue=queue)
    await until(lambda: len(calls) == 2)
    await stop(worker)
    await engine.dispose()


async def test_rolled_back_there_is_no_job(database_url):
    login, calls = service_of(database_url), []
    engine = make_engine(login.url)

    async def gives_up():
        async with transaction(engine) as session:
            await queries.defer(session, "count", queue=USUAL)
            raise LookupError

    with pytest.raises(LookupError):
        await gives_up()
    async with transaction(engine) as session:
        await queries.defer(session, "count", queue=USUAL)
    worker = asyncio.create_task(work(login, [counting(calls)], {"who": "w"}))
    await until(lambda: len(calls) == 1)
    await stop(worker)
    await engine.dispose()

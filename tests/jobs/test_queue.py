"""The job queue: by the clock once for all processes, again after a failure, through an outage."""

import asyncio
from hashlib import sha256
from importlib import import_module

import pytest
from procrastinate import Blueprint, JobContext, RetryStrategy
from procrastinate.schema import SchemaManager

from gridsvc.db import Login, make_engine
from gridsvc.jobs.queue import conninfo, queue_on, work
from tests.conftest import on_server, service_of


def counting(calls, *, fail_first=0):
    """What a room has to do: one task that writes down its calls."""

    def tasks():
        blueprint = Blueprint()

        @blueprint.task(
            name="count", pass_context=True, retry=RetryStrategy(max_attempts=5, wait=0)
        )
        async def count(context: JobContext, **_):
            calls.append(context.additional_context["who"])
            if len(calls) <= fail_first:
                raise ValueError("not yet")

        return blueprint

    return tasks


async def until(condition):
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to that")


@pytest.fixture
def login(database_url):
    return service_of(database_url)


async def defer(login, tasks, **arguments):
    queue = queue_on(login, [tasks])
    async with queue.open_async():
        await queue.configure_task("gridsvc:count").defer_async(**arguments)


async def stop(*workers):
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


async def test_a_job_is_done_once_by_whoever_comes_first(login):
    calls = []
    tasks = counting(calls)
    workers = [asyncio.create_task(work(login, [tasks], {"who": n})) for n in range(2)]
    for _ in range(5):
        await defer(login, tasks)
    await until(lambda: len(calls) == 5)
    await asyncio.sleep(0.3)
    await stop(*workers)
    assert len(calls) == 5


async def test_what_fails_is_tried_again(login):
    calls = []
    tasks = counting(calls, fail_first=2)
    await defer(login, tasks)
    worker = asyncio.create_task(work(login, [tasks], {"who": "w"}))
    await until(lambda: len(calls) == 3)
    await stop(worker)


async def test_a_worker_outlives_its_database(login, cluster, database_url, monkeypatch):
    monkeypatch.setattr("gridsvc.jobs.queue._AGAIN_S", 0.1)
    name = database_url.split("/")[-1].split("?")[0]
    calls = []
    tasks = counting(calls)
    worker = asyncio.create_task(work(login, [tasks], {"who": "w"}))
    await defer(login, tasks)
    await until(lambda: len(calls) == 1)
    await on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await on_server(
        cluster, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    )
    await asyncio.sleep(0.3)
    assert not worker.done()
    await on_server(cluster, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await defer(login, tasks)
    await until(lambda: len(calls) == 2)
    await stop(worker)


def test_the_tables_are_those_of_the_installed_procrastinate():
    """A newer one would need its own migrations run in one of ours."""
    script = SchemaManager.get_schema()
    migration = import_module("gridsvc.migrations.versions.0007_job_queue")
    assert sha256(script.encode()).hexdigest() == migration.SCRIPT_SHA256


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40ss@h:5433/d", {"host": "h", "port": 5433, "user": "u",
                                            "password": "p@ss", "dbname": "d"}),
        ("postgresql+asyncpg://g@/d?host=/run/x&port=5432", {"host": "/run/x", "port": "5432",
                                                              "user": "g", "dbname": "d"}),
    ],
)  # fmt: skip
def test_psycopg_is_led_where_asyncpg_is(url, expected):
    assert conninfo(Login(url)) == expected | {"application_name": "gridsvc-jobs"}


async def test_what_a_killed_worker_left_is_done_by_another(login):
    calls = []
    tasks = counting(calls)
    await defer(login, tasks)
    engine = make_engine(login.url)
    async with engine.begin() as connection:
        # As a worker leaves it that is killed at work: in hand, and nobody heard of any more.
        await connection.exec_driver_sql("SET LOCAL search_path = jobs")
        await connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'doing'")
    await engine.dispose()
    queue = queue_on(login, [tasks])
    async with queue.open_async():
        await queue.configure_task("gridsvc:take_up_stalled").defer_async(timestamp=0)
    worker = asyncio.create_task(work(login, [tasks], {"who": "another"}))
    await until(lambda: calls == ["another"])
    await stop(worker)

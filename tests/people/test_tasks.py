"""What the job queue does for people, done by the queue."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text

from gridsvc.db import make_engine, transaction
from gridsvc.jobs.queue import queue_on, work
from gridsvc.people import shifts, tasks
from gridsvc.people.schemas import ShiftIn
from tests.conftest import service_of
from tests.towns import a_person, middle, staff


@pytest.fixture
async def at_work(town, town_url):
    """The queue at work on a town with one worker off duty."""
    await staff(town, a_person("w", middle(0, 0), on_duty=False))
    login = service_of(town_url)
    engine = make_engine(login.url)
    worker = asyncio.create_task(work(login, [tasks.tasks], {"engine": engine}))
    yield login
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await engine.dispose()


async def done(login, task):
    """Have a task done by the queue."""
    queue = queue_on(login, [tasks.tasks])
    # Where the clock has put it into the queue already, it is yet to be done.
    async with queue.open_async():
        with suppress(AlreadyEnqueued):
            await queue.configure_task(f"gridsvc:{task}").defer_async(timestamp=0)


async def until(town, statement):
    for _ in range(400):
        async with town.connect() as connection:
            if await connection.scalar(text(statement)):
                return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to that")


async def test_duty_follows_shifts(town, at_work):
    begins = datetime.now(UTC) + timedelta(hours=1)
    async with transaction(town) as session:
        await shifts.plan(session, "w", ShiftIn(begins=begins, ends=begins + timedelta(hours=8)))
        await session.execute(
            text(
                "UPDATE shift SET during = tstzrange(lower(during) - interval '2 hours',"
                " upper(during) - interval '2 hours')"
            )
        )
    await done(at_work, "follow_shifts")
    await until(town, "SELECT on_duty FROM person WHERE code = 'w'")


async def test_months_of_the_track_are_made(town, at_work):
    months = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'track'::regclass"
    async with town.begin() as connection:
        before = await connection.scalar(text(months))
        last = await connection.scalar(
            text(
                "SELECT max(relname) FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
                " WHERE inhparent = 'track'::regclass"
            )
        )
        await connection.execute(text(f"DROP TABLE tracks.{last}"))
    await done(at_work, "make_months")
    await until(town, f"SELECT ({months}) = {before}")

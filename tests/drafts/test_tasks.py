"""Cells divided by the job queue: done once, stopped when asked, taken up after a crash."""

import asyncio
from collections import OrderedDict

import pytest
from sqlalchemy import text

from gridsvc.db import make_engine
from gridsvc.drafts import tasks
from gridsvc.jobs.queue import work
from tests.conftest import service_of
from tests.drafts.test_service import planner

__all__ = ["planner"]


@pytest.fixture
async def asked(planner):
    """A draft of one cell, and its division asked for; the path of the task."""
    await planner.begin(origin="blank")
    answer = await planner.post("/tasks", {"version": 0, "cells": [1]})
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "waiting"
    return planner, f"/tasks/{answer.json()['id']}", answer.json()["id"]


async def test_by_the_queue_as_the_service_and_not_its_owner(town_url, asked):
    planner, path, _ = asked
    login = service_of(town_url)
    engine = make_engine(login.url, role=login.role)
    worker = asyncio.create_task(work(login, [tasks.tasks], {"engine": engine}))
    for _ in range(600):
        task = await planner.get(path)
        if task["state"] not in {"waiting", "running"}:
            break
        await asyncio.sleep(0.05)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    await engine.dispose()
    assert (task["state"], task["progress"], task["failure"]) == ("done", 1, "")
    await planner.load()
    assert len(planner.cells) == 8
    await planner.assert_coverage()


async def test_one_that_was_stopped_before_its_turn_changes_nothing(asked):
    planner, path, task_id = asked
    assert (await planner.post(f"{path}/stop", None)).json()["state"] == "cancelled"
    await tasks.divide(planner.engine, task_id, OrderedDict())
    await planner.load()
    assert (len(planner.cells), planner.version) == (1, 0)


async def test_one_that_is_stopped_on_its_way_changes_nothing(asked, monkeypatch):
    planner, path, task_id = asked
    monkeypatch.setattr(tasks, "TELL_S", 0.0)
    real = tasks.divided

    def divided(*given, progress, **options):
        def stopped_at_once(step, share):
            asyncio.run_coroutine_threadsafe(planner.post(f"{path}/stop", None), loop).result(20)
            progress(step, share)

        return real(*given, progress=stopped_at_once, **options)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(tasks, "divided", divided)
    await tasks.divide(planner.engine, task_id, OrderedDict())
    assert (await planner.get(path))["state"] == "cancelled"
    await planner.load()
    assert (len(planner.cells), planner.version) == (1, 0)


async def test_one_whose_process_died_is_taken_up_by_the_next_and_not_before(asked):
    planner, path, task_id = asked

    async def left(seconds):
        async with planner.engine.begin() as connection:
            await connection.execute(
                text(
                    "UPDATE draft_task SET state = 'running', progress = 0.4,"
                    " at = now() - make_interval(secs => :s)"
                ),
                {"s": seconds},
            )

    await left(1)
    await tasks.divide(planner.engine, task_id, OrderedDict())
    assert (await planner.get(path))["state"] == "running"
    await left(2 * tasks.SILENT_S)
    await tasks.divide(planner.engine, task_id, OrderedDict())
    assert (await planner.get(path))["state"] == "done"


async def test_a_draft_changed_meanwhile_is_left_alone(asked):
    planner, path, task_id = asked
    await planner.operate("lock", cells=[1], locked=True)
    await tasks.divide(planner.engine, task_id, OrderedDict())
    task = await planner.get(path)
    assert task["state"] == "failed"
    assert task["failure"]
    assert len(planner.cells) == 1

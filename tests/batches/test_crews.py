"""Processes on this machine: the same result by any number of them, and without those killed."""

import asyncio
import multiprocessing
import os
import signal

from gridsvc.batches.crews import Here, Processes
from gridsvc.batches.handing import hand_out
from gridsvc.batches.sizing import batches_of
from gridsvc.progress import silent
from tests.batches.conftest import order


async def planned_by(number, small, **given):
    async with Processes(number, small.door, order(**given)) as crew:
        return await hand_out(batches_of(small.households, number), crew, small.households)


def processes():
    return {one.pid for one in multiprocessing.active_children()}


async def test_two_processes_make_what_one_makes(small, made_by_one):
    tally = await planned_by(2, small, publish=True)
    assert [one.division for one in tally.planned] == list(small.codes)
    assert await small.cells() == made_by_one
    assert processes() == set()


async def test_a_killed_process_loses_nothing_and_what_kills_it_twice_is_named(small, made_by_one):
    once, twice = (batch[0] for batch in batches_of(small.households, 1)[:2])
    seen = set()

    async def kill_whoever_waits():
        seen.add(await small.somebody_waits(but=seen))
        (pid,) = processes()
        os.kill(pid, signal.SIGKILL)

    async with small.held(twice):
        async with small.held(once):
            run = asyncio.create_task(planned_by(1, small))
            await kill_whoever_waits()
        for _ in range(2):
            await kill_whoever_waits()
        tally = await run
    assert [(one.division, one.error) for one in tally.failed] == [(twice, "WorkerDied")]
    assert await small.plans() == [(code, "draft") for code in small.codes if code != twice]
    assert await small.cells() == [cell for cell in made_by_one if not cell[0].startswith(twice)]


async def test_broken_off_no_process_is_left(small):
    first = batches_of(small.households, 1)[0][0]
    async with small.held(first):
        run = asyncio.create_task(planned_by(1, small))
        await small.somebody_waits()
        run.cancel()  # lets it end what it is at, which it cannot
        await asyncio.sleep(0.1)
        assert not run.done()
        run.cancel()
        await asyncio.wait([run])
        assert run.cancelled()
        assert processes() == set()
    assert await small.plans() == []


async def test_a_single_community_needs_no_process(small):
    code = small.codes[0]
    one = {code: small.households[code]}
    tally = await hand_out([(code,)], Here(small.door, order(), silent), one)
    assert [one.division for one in tally.planned] == [code]

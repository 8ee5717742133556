"""Workers of a Dask cluster: the same result, nothing lost with a worker, no password shown."""

import asyncio
import os
import signal
import socket
import traceback
from importlib import import_module

import dask
import pytest
from sqlalchemy import make_url

from gridsvc.batches import cluster as on_cluster
from gridsvc.batches.cluster import Cluster, check_address, on_this_machine
from gridsvc.batches.handing import hand_out
from gridsvc.batches.sizing import batches_of
from gridsvc.batches.work import Door
from gridsvc.errors import BadInput, Unavailable
from tests.batches.conftest import order


@pytest.fixture(scope="module")
async def dask_cluster():
    """A scheduler and two workers, each a process that comes back when it is killed."""
    distributed = import_module("distributed")
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        async with distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            asynchronous=True,
            dashboard_address="127.0.0.1:0",
        ) as cluster:
            yield cluster


@pytest.fixture
async def client(dask_cluster):
    distributed = import_module("distributed")
    async with distributed.Client(dask_cluster, asynchronous=True, set_as_default=False) as client:
        yield client


async def planned_on(dask_cluster, small, door=None, **given):
    async with Cluster(dask_cluster.scheduler_address, door or small.door, order(**given)) as crew:
        batches = batches_of(small.households, await crew.workers())
        return await hand_out(batches, crew, small.households)


async def worker_at(client, code):
    """Key of the batch of a community, and address of the worker that has it."""
    processing = await client.processing()
    return next(
        (key, worker) for worker, keys in processing.items() for key in keys if key.endswith(code)
    )


async def kill_worker_at(client, code):
    _, worker = await worker_at(client, code)
    pid = (await client.run(os.getpid, workers=[worker]))[worker]
    os.kill(pid, signal.SIGKILL)


async def test_workers_of_a_cluster_make_what_one_process_makes(dask_cluster, small, made_by_one):
    tally = await planned_on(dask_cluster, small, publish=True)
    assert [one.division for one in tally.planned] == list(small.codes)
    assert await small.cells() == made_by_one


async def test_cancelled_it_says_what_is_done(dask_cluster, small):
    first, *others = (batch[0] for batch in batches_of(small.households, 1))
    async with small.held(first):
        run = asyncio.create_task(planned_on(dask_cluster, small))
        await small.somebody_waits()
        run.cancel()
        await asyncio.sleep(0.5)
    tally = await run
    assert tally.stopped
    assert first in {one.division for one in tally.planned}
    done = [one.division for one in tally.planned]
    assert sorted(done + tally.left) == sorted([first, *others])
    assert await small.plans() == [(code, "draft") for code in done]


async def test_nothing_dask_shows_or_logs_holds_the_password(dask_cluster, client, small):
    url = make_url(small.url).set(password="s3cret-Passw0rd")
    door = Door(url.render_as_string(hide_password=False))
    # One batch fails in the worker, which Dask logs with its arguments; one is shown at work.
    failed = await planned_on(dask_cluster, small, door, method="another")
    assert {one.error for one in failed.failed} == {"Conflict"}
    code = small.codes[0]
    async with small.held(code):
        run = asyncio.create_task(planned_on(dask_cluster, small, door))
        await small.somebody_waits()
        key, worker = await worker_at(client, code)
        task = dask_cluster.scheduler.tasks[key]
        shown = [
            *(task, task.run_spec, task.group, task.prefix, task.annotations),
            await client.call_stack(keys=[key]),
            await client.run(tasks_of_worker, workers=[worker]),
        ]
    assert (await run).failed == []
    shown += [await client.get_worker_logs(), await client.get_scheduler_logs()]
    told = repr(shown)
    assert "plan_on_worker" in told
    assert "Compute Failed" in told
    assert "s3cret" not in told


def tasks_of_worker(dask_worker):
    return [(task, repr(task.run_spec)) for task in dask_worker.state.tasks.values()]


async def test_a_worker_killed_twice_at_a_community_loses_no_other(dask_cluster, client, small):
    bad, unplannable = small.codes[1], small.codes[2]
    await small.spoil(unplannable)
    seen = set()
    async with small.held(bad):
        run = asyncio.create_task(planned_on(dask_cluster, small))
        for _ in range(2):
            seen.add(await small.somebody_waits(but=seen))
            await kill_worker_at(client, bad)
        tally = await run
    failed = [(one.division, one.error) for one in tally.failed]
    assert failed == [(bad, "WorkerDied"), (unplannable, "BadInput")]
    done = [code for code in small.codes if code not in {bad, unplannable}]
    assert await small.plans() == [(code, "draft") for code in done]


def test_a_worker_prefers_its_own_way_to_the_database(monkeypatch):
    monkeypatch.delenv("GRIDSVC_DATABASE_URL", raising=False)
    assert on_cluster._own_door() is None
    monkeypatch.setenv("GRIDSVC_DATABASE_URL", "postgresql://own/grids")
    assert on_cluster._own_door() == Door("postgresql://own/grids")


def test_a_setting_a_worker_cannot_use_is_named_without_its_value(monkeypatch):
    monkeypatch.setenv("GRIDSVC_METRICS_TOKEN", "s3cret")
    with pytest.raises(BadInput, match="GRIDSVC_METRICS_TOKEN") as refused:
        on_cluster._own_door()
    assert "s3cret" not in "".join(traceback.format_exception(refused.value))


async def test_a_scheduler_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(on_cluster, "PATIENCE_S", 0.2)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unavailable, match="no Dask scheduler answers"):
            async with Cluster(address, Door("none"), order()):
                pass


async def test_a_scheduler_without_workers_is_said(monkeypatch):
    monkeypatch.setattr(on_cluster, "PATIENCE_S", 2)
    distributed = import_module("distributed")
    nowhere = {"host": "127.0.0.1", "port": 0, "dashboard_address": "127.0.0.1:0"}
    async with distributed.Scheduler(**nowhere) as lonely:
        with pytest.raises(Unavailable, match="has no workers"):
            async with Cluster(lonely.address, Door("none"), order()):
                pass


@pytest.mark.parametrize(
    "address", ["10.0.0.5:8786", "tcp://10.0.0.5", "http://a:1", "tcp://u@a:1"]
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(BadInput, match="tcp://10"):
        check_address(address)


def test_without_dask_it_is_said_how_to_install_it(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(on_cluster, "import_module", missing)
    with pytest.raises(BadInput, match=r"gridsvc\[cluster\]"):
        check_address("tcp://10.0.0.5:8786")


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("tcp://127.0.0.1:1", True),
        ("tcp://localhost:1", True),
        ("tcp://203.0.113.5:1", False),
        ("tcp://no-such-host.invalid:1", False),
    ],
)
def test_whether_a_scheduler_is_on_this_machine(address, here):
    assert on_this_machine(address) is here

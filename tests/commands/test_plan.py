"""The command ``gridsvc plan`` as a user calls it, for many communities."""

import asyncio
import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from gridsvc.batches.sizing import batches_of
from gridsvc.batches.work import plan_communities
from tests.batches.conftest import _generated, order, small  # noqa: F401 - fixtures
from tests.test_cli import failing, gridsvc  # noqa: F401 - fixtures

PROVINCE = "390000000000"
COMMAND_LINE = "from gridsvc.cli import main; main()"


@pytest.fixture
def started(small, tmp_path):  # noqa: F811
    """Start the command on the town as a process of its own."""

    def start(*arguments):
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND_LINE, "plan", "--division", PROVINCE, *arguments],
            cwd=tmp_path,
            env=os.environ
            | {"GRIDSVC_DATABASE_URL": small.url, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


async def ended(process):
    """Exit code and JSON of a command that ends by itself."""
    out, err = await asyncio.to_thread(process.communicate, timeout=120)
    assert err == ""
    return process.returncode, json.loads(out)


async def test_resumed_it_touches_nothing_that_is_done_and_lists_what_failed(small, started):  # noqa: F811
    bad, missing, *done = small.codes
    await small.spoil(bad)
    before = await plan_communities(small.door, order(publish=True), done)
    cells = await small.cells()
    code, told = await ended(started("--json", "--workers", "2", "--resume", "--publish"))
    assert code == 1
    (failed,) = told["failed"]
    assert (failed["division"], failed["error"]) == (bad, "BadInput")
    assert failed["reason"].startswith("boundary not covering")
    plans = {one["division"]: one for one in told["plans"]}
    assert list(plans) == [missing, *done]
    assert [one["kept"] for one in plans.values()] == [False, True, True]
    assert [plans[one.division]["plan"] for one in before] == [one.plan for one in before]
    assert await small.plans() == [(code, "published") for code in plans]
    assert [cell for cell in await small.cells() if not cell[0].startswith(missing)] == cells


async def test_ctrl_c_begins_nothing_more_and_says_what_is_done(small, started):  # noqa: F811
    first, *others = (batch[0] for batch in batches_of(small.households, 1))
    async with small.held(first):
        process = started("--json", "--workers", "1")
        await small.somebody_waits()
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(2)  # time to hear of it, on the busiest machine
    code, told = await ended(process)
    assert code == 130
    assert [one["division"] for one in told["plans"]] == [first]
    assert told["left"] == sorted(others)
    assert await small.plans() == [(first, "draft")]


async def test_killed_it_leaves_no_process_behind(small, started):  # noqa: F811
    first = batches_of(small.households, 1)[0][0]
    async with small.held(first):
        process = started("--workers", "1")
        await small.somebody_waits()
        workers = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        await asyncio.to_thread(process.communicate)
        _, alive = await asyncio.to_thread(psutil.wait_procs, workers, timeout=20)
    assert len(workers) >= 1
    assert alive == []
    assert await small.plans() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--scheduler", "10.0.0.5"], "tcp://10"),
        (["--scheduler", "tcp://203.0.113.5:8786"], "set GRIDSVC_DATABASE_URL"),
        (["--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "leave it out"),
        (["--target", "400"], "cannot hold"),
    ],
)
def test_what_cannot_be_is_refused_before_a_database_is_started(
    failing,  # noqa: F811
    monkeypatch,
    arguments,
    says,
):
    monkeypatch.delenv("GRIDSVC_DATABASE_URL", raising=False)
    monkeypatch.setenv("GRIDSVC_DATA_DIR", "none")
    assert says in failing("plan", "--division", PROVINCE, *arguments)

"""Real clusters in directories that PostgreSQL's user can reach, which tmp_path is not."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from sqlalchemy import make_url

from gridsvc.postgis import private_cluster
from gridsvc.postgis.account import Account, server_account
from gridsvc.postgis.binaries import find_binaries
from gridsvc.postgis.home import Home
from gridsvc.postgis.server import Server
from tests.folders import cluster_folder

#: Only a broken test waits as long; a disk that others keep busy takes its time.
PATIENCE_S = 300

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users")


def eventually(look: Callable[[], Any]) -> Any:
    """What `look` returns once it is true; fails when that never comes."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"never came: {look}")


async def connect(url: str) -> asyncpg.Connection:
    """A bare connection over the URL that gridsvc uses."""
    parts = make_url(url)
    return await asyncpg.connect(user=parts.username, database=parts.database, **parts.query)


async def ask(url: str, statement: str) -> Any:
    """First value of a statement's answer."""
    connection = await connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def sql(url: str, statement: str) -> Any:
    """`ask` where no event loop runs."""
    return asyncio.run(ask(url, statement))


def postgres_in(folder: Path) -> list[psutil.Process]:
    """PostgreSQL processes that work below a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def server_of(data_dir: Path) -> Server:
    """The server of a directory, to look at it from outside."""
    return Server(Home(data_dir.resolve()), server_account(), find_binaries())


def kill_postmaster(data_dir: Path) -> None:
    """End the postmaster as the kernel does when memory runs out."""
    process = server_of(data_dir).process()
    assert process is not None
    process.send_signal(signal.SIGKILL)
    eventually(lambda: server_of(data_dir).process() is None)


@pytest.fixture(scope="session")
def account() -> Account:
    return server_account()


def remember(url: str) -> int:
    """Write a row and commit it; its number."""
    sql(url, "CREATE TABLE IF NOT EXISTS remembered (n serial PRIMARY KEY)")
    return sql(url, "INSERT INTO remembered DEFAULT VALUES RETURNING n")


def remembers(url: str, number: int) -> bool:
    """Whether such a row is there."""
    return number in sql(url, "SELECT array_agg(n) FROM remembered")


def end_servers(folder: Path) -> None:
    """End what a failed test left running."""
    for process in postgres_in(folder):
        process.kill()
    eventually(lambda: not postgres_in(folder))


def _room() -> Iterator[Path]:
    with cluster_folder() as folder:
        yield folder
        end_servers(folder)


@pytest.fixture
def room() -> Iterator[Path]:
    """An empty folder that everybody may enter."""
    yield from _room()


@pytest.fixture(scope="session")
def _made() -> Iterator[Path]:
    for folder in _room():
        with private_cluster(folder / "data") as url:
            # Processes are killed here, but never the machine: no waiting for the disk.
            sql(url, "ALTER SYSTEM SET fsync = off")
        yield folder / "data"


@pytest.fixture
def data_dir(_made: Path) -> Iterator[Path]:
    """A stopped cluster that all tests use in turn, since making one takes seconds."""
    yield _made
    end_servers(_made)


@pytest.fixture
def spoilable(data_dir: Path, room: Path) -> Path:
    """A copy of it for a test that leaves it unfit for others."""
    subprocess.run(["cp", "--archive", data_dir, room / "data"], check=True)
    return room / "data"


class Holder:
    """Another process that uses a cluster."""

    def __init__(self, data_dir: Path) -> None:
        command = [sys.executable, Path(__file__).with_name("holder.py"), data_dir]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def url(self) -> str:
        """The URL it was given, once it has it."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> int:
        """End its input, wait for its end, return its exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(PATIENCE_S)

    def signal_group(self, number: signal.Signals) -> int:
        """Signal it and all processes of its group, as a terminal does; its exit code."""
        os.killpg(self.process.pid, number)
        return self.process.wait(PATIENCE_S)


@pytest.fixture
def hold() -> Iterator[Callable[[Path], Holder]]:
    """Start processes that use a cluster; whatever is left of them ends with the test."""
    holders: list[Holder] = []

    def begin(data_dir: Path) -> Holder:
        holders.append(Holder(data_dir))
        return holders[-1]

    yield begin
    for holder in holders:
        holder.process.kill()
        with holder.process:
            pass

"""Telling a living postmaster from what one left behind."""

import shutil
import signal
import subprocess
import threading

import psutil
import pytest

from gridsvc.postgis import private_cluster, start
from gridsvc.postgis.home import PORT

from .conftest import (
    eventually,
    kill_postmaster,
    postgres_in,
    remember,
    remembers,
    server_of,
    sql,
)


def forge_notes(data_dir, pid):
    """Have the notes of a crashed server name a process."""
    server = server_of(data_dir)
    lines = server.pid_file.read_text().splitlines()
    server.pid_file.write_text("\n".join([str(pid), *lines[1:]]) + "\n")
    lock = server.home.socket_folder / f".s.PGSQL.{PORT}.lock"
    lock.write_text("\n".join([str(pid), *lock.read_text().splitlines()[1:]]) + "\n")


@pytest.fixture
def crashed(data_dir):
    """A cluster whose server was killed, and the number of a row written before."""
    cluster = start(data_dir)
    number = remember(cluster.url)
    kill_postmaster(data_dir)
    eventually(lambda: not postgres_in(data_dir))
    cluster.stop()
    return data_dir, number


def as_server_user(account, *command):
    switch = {"user": account.uid, "group": account.gid} if account.switched else {}
    return subprocess.Popen(command, cwd="/", **switch)


def comes_up_again(data_dir, number):
    with private_cluster(data_dir) as url:
        return remembers(url, number)


def test_notes_of_a_process_that_is_gone(crashed):
    assert server_of(crashed[0]).pid_file.exists()
    assert comes_up_again(*crashed)


def test_notes_of_a_process_number_that_another_program_has_now(crashed, account):
    with as_server_user(account, "sleep", "600") as other:
        forge_notes(crashed[0], other.pid)
        assert comes_up_again(*crashed)
        assert other.poll() is None
        other.kill()


def test_notes_of_a_process_number_that_another_cluster_has_now(crashed, spoilable):
    other = start(spoilable)
    forge_notes(crashed[0], server_of(other.data_dir).process().pid)
    assert comes_up_again(*crashed)
    assert sql(other.url, "SELECT 1") == 1
    other.stop()


def test_notes_of_a_zombie(crashed, room):
    """The postmaster itself, dead, where nobody reaps it; only its name is left."""
    shutil.copy("/bin/true", room / "postgres")
    with subprocess.Popen([room / "postgres"], cwd=crashed[0] / "pgdata") as zombie:
        eventually(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE)
        assert psutil.Process(zombie.pid).name() == "postgres"
        forge_notes(crashed[0], zombie.pid)
        assert comes_up_again(*crashed)


@pytest.mark.parametrize("notes", ["", "nonsense\n", "999999999999\n"])
def test_notes_that_say_nothing(crashed, notes):
    server_of(crashed[0]).pid_file.write_text(notes)
    assert comes_up_again(*crashed)


def test_no_server_starts_while_orphans_of_the_last_one_still_write(data_dir):
    """A stopped backend cannot notice that its postmaster died and keeps its memory."""
    cluster = start(data_dir)
    number = remember(cluster.url)
    orphan = next(p for p in postgres_in(data_dir) if "checkpointer" in " ".join(p.cmdline()))
    orphan.send_signal(signal.SIGSTOP)
    kill_postmaster(data_dir)
    starter = threading.Thread(target=cluster.ensure_running)
    starter.start()
    log = server_of(data_dir).home.log
    eventually(lambda: log.exists() and "shared memory block" in log.read_text())
    assert server_of(data_dir).process() is None
    orphan.send_signal(signal.SIGCONT)
    starter.join()
    assert remembers(cluster.url, number)
    cluster.stop()


def test_a_server_that_ignores_order_is_stopped_at_once(data_dir, monkeypatch):
    cluster = start(data_dir)
    number = remember(cluster.url)
    stuck = next(p for p in postgres_in(data_dir) if "checkpointer" in " ".join(p.cmdline()))
    stuck.send_signal(signal.SIGSTOP)
    monkeypatch.setattr("gridsvc.postgis.server.STOP_TIMEOUT_S", 1)
    threading.Timer(1.5, stuck.send_signal, [signal.SIGCONT]).start()
    cluster.stop()
    assert not postgres_in(data_dir)
    assert comes_up_again(data_dir, number)

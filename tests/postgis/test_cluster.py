"""Starting, sharing and leaving real clusters."""

import asyncio
import multiprocessing
import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import psutil
import pytest
from asyncpg.exceptions import InternalClientError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from gridsvc.errors import Unavailable
from gridsvc.postgis import private_cluster, start
from gridsvc.postgis.account import server_account
from gridsvc.postgis.home import Home
from gridsvc.postgis.locks import starting

from .conftest import (
    as_root,
    ask,
    connect,
    eventually,
    kill_postmaster,
    postgres_in,
    remember,
    remembers,
    server_of,
    sql,
)


async def test_the_url_serves_sqlalchemy_with_postgis(data_dir):
    with private_cluster(data_dir) as url:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            area = await connection.scalar(text("SELECT ST_Area(ST_MakeEnvelope(0, 0, 2, 3))"))
            user = await connection.scalar(text("SELECT current_user"))
        await engine.dispose()
    assert (area, user) == (6.0, "gridsvc")


def test_a_cold_start_makes_a_cluster_durable_unicode_and_private(room):
    data_dir = room / "deep" / "data"
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "lc_collate": "C.UTF-8",
        "listen_addresses": "",
    }
    with private_cluster(data_dir) as url:
        shown = {name: sql(url, f"SHOW {name}") for name in expected}
        processes = postgres_in(room)
        listening = [c for p in processes for c in p.net_connections("tcp")]
        users = {process.uids().real for process in processes}
        assert stat.S_IMODE(Home(data_dir).socket_folder.stat().st_mode) == 0o700
    assert shown == expected
    assert not listening
    assert users == {server_account().uid}
    assert 0 not in users
    assert not postgres_in(room)


def test_a_warm_start_keeps_what_was_written(data_dir):
    with private_cluster(data_dir) as url:
        number = remember(url)
    assert not postgres_in(data_dir)
    with private_cluster(data_dir) as url:
        assert remembers(url, number)


def test_the_environment_leads_nobody_elsewhere(data_dir, monkeypatch):
    for name, value in {
        "PGHOST": "nowhere.invalid", "PGPORT": "9", "PGUSER": "somebody", "PGSSLMODE": "require",
        "PGDATA": "/nowhere", "PGDATABASE": "other", "PGOPTIONS": "-c search_path=other",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    with private_cluster(data_dir) as url:
        assert sql(url, "SELECT current_database()") == "gridsvc"


def test_other_databases_of_the_cluster_have_a_url(data_dir):
    cluster = start(data_dir)
    sql(cluster.url, "CREATE DATABASE second")
    assert sql(cluster.url_for(database="second"), "SELECT current_database()") == "second"
    cluster.stop()


def test_processes_share_the_server_and_the_last_one_out_stops_it(data_dir, hold):
    first, second = hold(data_dir), hold(data_dir)
    assert first.url() == second.url()
    cluster = start(data_dir)
    began = sql(cluster.url, "SELECT pg_postmaster_start_time()")
    assert first.leave() == 0
    assert second.leave() == 0
    assert sql(cluster.url, "SELECT pg_postmaster_start_time()") == began
    cluster.stop()
    assert not postgres_in(data_dir)


def test_stopping_twice_is_stopping_once(data_dir):
    first, second = start(data_dir), start(data_dir)
    first.stop()
    first.stop()
    assert sql(second.url, "SELECT 1") == 1
    second.stop()


def test_a_killed_process_is_no_longer_counted(data_dir, hold):
    killed = hold(data_dir)
    killed.url()
    cluster = start(data_dir)
    killed.signal_group(signal.SIGKILL)
    assert sql(cluster.url, "SELECT 1") == 1
    cluster.stop()
    assert not postgres_in(data_dir)


def test_a_server_left_behind_by_a_killed_process_is_taken_over(data_dir, hold):
    killed = hold(data_dir)
    began = sql(killed.url(), "SELECT pg_postmaster_start_time()")
    killed.signal_group(signal.SIGKILL)
    cluster = start(data_dir)
    assert sql(cluster.url, "SELECT pg_postmaster_start_time()") == began
    cluster.stop()
    assert not postgres_in(data_dir)


def test_ctrl_c_stops_the_server_in_good_order(data_dir, hold):
    holder = hold(data_dir)
    number = remember(holder.url())
    assert holder.signal_group(signal.SIGINT) == 130
    assert not postgres_in(data_dir)
    server = server_of(data_dir)
    control = server.account.run(server.binaries.folder / "pg_controldata", server.home.pgdata)
    state = next(line for line in control.stdout.splitlines() if "cluster state" in line)
    assert state.split(":")[1].strip() == "shut down"
    with private_cluster(data_dir) as url:
        assert remembers(url, number)


def test_ctrl_c_during_the_start_leaves_no_server(room, hold):
    holder = hold(room / "data")
    eventually(lambda: list(room.glob("data/initdb-*/base")))
    holder.signal_group(signal.SIGINT)
    eventually(lambda: not postgres_in(room))
    with private_cluster(room / "data") as url:
        assert sql(url, "SELECT 1") == 1


def test_six_simultaneous_first_starts_make_one_cluster(room, hold):
    holders = [hold(room / "data") for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        urls = list(pool.map(lambda holder: holder.url(), holders))
    assert len(set(urls)) == 1
    assert len([p for p in postgres_in(room) if p.parent().name() != "postgres"]) == 1
    assert [holder.leave() for holder in holders] == [0] * 6
    assert not postgres_in(room)


#: What a server that was killed leaves its clients with, connected already or not yet.
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, InternalClientError)


async def write_until_lost(url, acknowledged):
    """Insert numbers, noting each that was acknowledged, until the connection breaks."""
    try:
        connection = await connect(url)
    except LOST:
        return
    try:
        while True:
            acknowledged.append(
                await connection.fetchval("INSERT INTO written DEFAULT VALUES RETURNING n")
            )
    except LOST:
        return
    finally:
        connection.terminate()


async def test_acknowledged_writes_survive_a_killed_postmaster(data_dir):
    acknowledged: list[int] = []
    cluster = start(data_dir)
    await ask(cluster.url, "CREATE TABLE written (n serial PRIMARY KEY)")
    for round_ in range(1, 4):
        writers = [
            asyncio.create_task(write_until_lost(cluster.url, acknowledged)) for _ in range(4)
        ]
        while len(acknowledged) < 200 * round_:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(kill_postmaster, data_dir)
        await asyncio.gather(*writers)
        assert cluster.ensure_running()
        assert not cluster.ensure_running()
        kept = await ask(cluster.url, "SELECT array_agg(n) FROM written")
        assert set(acknowledged) <= set(kept)
    cluster.stop()


def test_a_killed_postmaster_is_brought_back_under_the_same_url(data_dir, hold):
    with private_cluster(data_dir) as url:
        other = hold(data_dir)
        assert other.url() == url
        number = remember(url)
        kill_postmaster(data_dir)
        eventually(server_of(data_dir).is_ready)
        assert remembers(url, number)
        assert other.leave() == 0
        assert remembers(url, number)
    assert not postgres_in(data_dir)


def test_a_locked_directory_is_one_line(data_dir, account):
    with (
        starting(Home(data_dir), account, patience_s=0),
        pytest.raises(Unavailable, match="wait until it is done or end it") as refused,
    ):
        start(data_dir, patience_s=0.1)
    assert "\n" not in refused.value.detail


def test_a_cluster_of_another_version_is_left_alone(spoilable):
    (spoilable / "pgdata" / "PG_VERSION").write_text("13\n")
    with pytest.raises(Unavailable, match=r"was made by PostgreSQL 13: .*postgresql-13-postgis-3"):
        start(spoilable)
    assert (spoilable / "pgdata" / "PG_VERSION").read_text() == "13\n"


def test_a_server_that_does_not_start_says_why(spoilable):
    control = spoilable / "pgdata" / "global" / "pg_control"
    control.rename(spoilable / "aside")
    with pytest.raises(Unavailable, match="could not find the database system") as refused:
        start(spoilable)
    assert "\n" not in refused.value.detail
    (spoilable / "aside").rename(control)
    with private_cluster(spoilable) as url:
        assert sql(url, "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_works(room, spoilable):
    longer = spoilable.rename(room / ("x" * 120))
    with private_cluster(longer) as url:
        assert sql(url, "SELECT 1") == 1
        outside = Home(longer).socket_folder
        assert not outside.is_relative_to(room)
        assert stat.S_IMODE(outside.stat().st_mode) == 0o700
    assert not outside.exists()


@as_root
def test_a_user_that_is_not_root_runs_its_own(room, account):
    """A child process becomes an ordinary user; its exit code tells what went wrong."""
    theirs = room / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)

    def run() -> None:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        with private_cluster(theirs / "data") as url:
            assert sql(url, "SELECT 1") == 1
            assert {p.uids().real for p in postgres_in(theirs)} == {65534}

    child = multiprocessing.get_context("fork").Process(target=run)
    child.start()
    child.join()
    assert child.exitcode == 0
    with pytest.raises(Unavailable, match="belongs to user nobody"):
        start(theirs / "data")
    assert not [p for p in psutil.process_iter() if p in postgres_in(theirs)]

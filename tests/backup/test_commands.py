"""The two commands as people and scripts call them, and as they are interrupted."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Thread

import psutil
import pytest
from sqlalchemy import make_url

from gridsvc.backup import tools
from gridsvc.postgis import Cluster
from tests.backup.conftest import engine_on, rows_of
from tests.conftest import on_server

PASSWORD = "s3cret-Räksmörgås@/"


@pytest.fixture
def on(monkeypatch):
    """Choose the database of the next commands."""
    return lambda url: monkeypatch.setenv("GRIDSVC_DATABASE_URL", str(url))


def test_there_and_back(gridsvc, on, kept, empty_url):
    on(kept.url)
    code, out, err = gridsvc("backup", "town.backup", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["rows"] == kept.manifest.rows
    on(empty_url)
    code, out, err = gridsvc("restore", "town.backup", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == told
    code, out, _ = gridsvc("db", "status", "--json")
    assert json.loads(out)["current"]


def test_results_are_readable_without_json(gridsvc, on, kept):
    on(kept.url)
    code, out, _ = gridsvc("backup", "town.backup")
    assert code == 0
    assert "public.event: 13" in out


def test_what_is_in_the_way_is_one_line(failing, on, kept, town_url, tmp_path):
    on(town_url)
    assert "already holds" in failing("restore", kept.file)
    assert "no file" in failing("restore", "none.backup")
    assert "exists already" in failing("backup", kept.file)
    assert "does not exist" in failing("backup", "none/town.backup")
    content = bytearray(kept.file.read_bytes())
    (tmp_path / "cut.backup").write_bytes(content[: len(content) // 2])
    content[len(content) // 2] ^= 1
    (tmp_path / "damaged.backup").write_bytes(content)
    (tmp_path / "foreign.backup").write_text("code,name\n", encoding="utf-8")
    for name in ("cut", "damaged", "foreign"):
        assert "no complete gridsvc backup" in failing("restore", f"{name}.backup")


@pytest.mark.parametrize("name", ["pg_dump", "pg_restore"])
def test_a_missing_tool_is_one_line(failing, on, kept, empty_url, monkeypatch, tmp_path, name):
    monkeypatch.setattr(tools, "DEBIAN_ROOT", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    on(kept.url if name == "pg_dump" else empty_url)
    arguments = ("backup", "x.backup") if name == "pg_dump" else ("restore", kept.file)
    assert f"{name} of PostgreSQL 15" in failing(*arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def hanging(kept, stand_in, tmp_path_factory):
    """A hanging backup and the folder it writes to, for each signal that may end it."""
    root = stand_in("pg_dump", '"$REAL" "$@" | head -c 9000; exec sleep 300')
    backups = {
        number: (start(kept, root, out), out)
        for number in (signal.SIGKILL, signal.SIGINT)
        for out in [tmp_path_factory.mktemp("out")]
    }
    for process, out in backups.values():
        wait_until(lambda out=out: any(x.stat().st_size for x in out.iterdir()), process)
    yield backups
    for process, _ in backups.values():
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


class TestInterrupted:
    """A pg_dump that hands over half and then hangs, and what ends the backup."""

    def test_killed(self, hanging, failing, on, empty_url):
        process, out = hanging[signal.SIGKILL]
        process.kill()
        process.wait()
        (left,) = out.iterdir()
        assert left.name.endswith(".part")
        on(empty_url)
        assert "no complete gridsvc backup" in failing("restore", left)
        shutil.copy(left, out / "town.backup")
        assert "no complete gridsvc backup" in failing("restore", out / "town.backup")

    def test_stopped_with_ctrl_c(self, hanging):
        process, out = hanging[signal.SIGINT]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 128 + signal.SIGINT
        assert list(out.iterdir()) == []
        assert "Traceback" not in process.communicate()[1]


def start(kept, root, out):
    code = (
        "import sys; from pathlib import Path; from gridsvc import cli; "
        "from gridsvc.backup import tools; tools.DEBIAN_ROOT = Path(sys.argv.pop()); cli.main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, "backup", out / "town.backup", root],
        env=os.environ | {"GRIDSVC_DATABASE_URL": kept.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until(seen, process):
    for _ in range(1200):
        assert process.poll() is None, process.stderr.read()
        if seen():
            return
        time.sleep(0.05)
    pytest.fail("it never came so far")


class TestPassword:
    """A role that must give its password, on the cluster whose other roles need none."""

    @pytest.fixture
    def url_of(self, cluster):
        """URL of a database for that role."""
        hba = cluster.data_dir / "pgdata" / "pg_hba.conf"
        usual = hba.read_text(encoding="utf-8")
        quoted = PASSWORD.replace("'", "''")
        run = partial(on_server_now, cluster)
        run(f"CREATE ROLE keeper LOGIN PASSWORD '{quoted}' BYPASSRLS IN ROLE pg_read_all_data")
        hba.write_text(f"local all keeper scram-sha-256\n{usual}", encoding="utf-8")
        run("SELECT pg_reload_conf()")
        yield (
            lambda url, password=PASSWORD: (
                make_url(url)
                .set(username="keeper", password=password)
                .render_as_string(hide_password=False)
            )
        )
        hba.write_text(usual, encoding="utf-8")
        run("SELECT pg_reload_conf()")
        run("DROP OWNED BY keeper")
        run("DROP ROLE keeper")

    @pytest.fixture
    def owned(self, cluster, empty_url, url_of):
        """An empty database of that role, who is no superuser, as an administrator makes it."""
        run = partial(on_server_now, cluster)
        name = make_url(empty_url).database
        run(f"ALTER DATABASE {name} OWNER TO keeper")
        for extension in ("postgis", "btree_gist", "pg_trgm"):
            asyncio.run(execute(empty_url, f"CREATE EXTENSION {extension}"))
        yield url_of(empty_url)
        run(f"ALTER DATABASE {name} OWNER TO gridsvc")
        asyncio.run(execute(empty_url, "DROP OWNED BY keeper"))

    def test_is_never_seen(self, gridsvc, on, kept, url_of, owned):
        for command, url in (("backup", url_of(kept.url)), ("restore", owned)):
            on(url)
            with every_command_line() as lines:
                code, out, err = gridsvc(command, "town.backup")
            assert code == 0, err
            assert any(f"pg_{'dump' if command == 'backup' else 'restore'}" in x for x in lines)
            assert not any(PASSWORD in line for line in lines)
            assert PASSWORD not in out + err
        assert asyncio.run(everything(owned)) == asyncio.run(everything(kept.url))

    def test_is_not_told_when_it_is_wrong(self, failing, on, kept, url_of, monkeypatch):
        on(url_of(kept.url, "wrong-one"))
        assert "wrong-one" not in failing("backup", "town.backup")
        assert "wrong-one" not in failing("restore", kept.file)


async def execute(url, statement):
    async with engine_on(url) as engine, engine.begin() as connection:
        await connection.exec_driver_sql(statement)


async def everything(url):
    async with engine_on(url) as engine:
        return await rows_of(engine, "alembic_version")


def on_server_now(cluster: Cluster, statement):
    asyncio.run(on_server(cluster, statement))


@contextmanager
def every_command_line():
    """Command lines of all processes, looked at again and again while the block runs."""
    lines, done = set(), Event()

    def look():
        while not done.is_set():
            for process in psutil.process_iter():
                with suppress(psutil.Error):
                    lines.add(" ".join(process.cmdline()))

    watcher = Thread(target=look)
    watcher.start()
    try:
        yield lines
    finally:
        done.set()
        watcher.join()

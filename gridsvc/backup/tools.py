"""Runs pg_dump and pg_restore as the operating system's packages installed them."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.engine import URL

from gridsvc.errors import Unavailable
from gridsvc.postgis.binaries import DEBIAN_ROOT, postgis_package

_CHUNK_BYTES = 2**18
#: pg_restore repeats the statement that failed, which may hold a long line.
_LONGEST_LINE_BYTES = 2**24
#: A backup holds its snapshot while pg_dump asks for its locks; a schema upgrade that waits in
#: between would stop both for ever.
_LOCK_PATIENCE_MS = 60_000
#: Variables that lead libpq, but not asyncpg, to another server or change how it answers.
_STEERING = {"PGSERVICE", "PGSERVICEFILE", "PGHOSTADDR", "PGOPTIONS", "GRIDSVC_DATABASE_URL"}
_TABLE = re.compile(r'dumping contents of table "(.+)"')
_REASON = re.compile(r"(?:error|FATAL|PANIC): +(.+)")


def find_tool(name: str, server: int) -> Path:
    """Find a PostgreSQL client program that fits a server.

    That of the server's own major version is best: a newer one may write what an older server
    does not understand; an older one refuses.

    Raises
    ------
    Unavailable
        If none is installed that is new enough; the line names the package.
    """
    on_path = shutil.which(name)
    found = [folder / name for folder in DEBIAN_ROOT.glob("*/bin")]
    found += [Path(on_path)] if on_path else []
    versions = {tool: _version(tool) for tool in found if os.access(tool, os.X_OK)}
    fitting = [tool for tool, version in versions.items() if version >= server]
    if not fitting:
        raise Unavailable(
            f"{name} of PostgreSQL {server} or newer is not installed; install it with: "
            f"apt-get install {postgis_package(server)}"
        )
    return min(fitting, key=lambda tool: versions[tool])


def environment(url: URL) -> dict[str, str]:
    """Environment that leads libpq to the same database as the URL leads asyncpg to.

    Everything goes here and nothing on the command line, which any user of the machine can
    read. ``LC_ALL`` keeps the messages in English, in which we read them.
    """
    asked = {name: _text(value) for name, value in url.query.items()}
    given = {
        "PGHOST": asked.get("host") or url.host,
        "PGPORT": asked.get("port") or (str(url.port) if url.port else None),
        "PGUSER": asked.get("user") or url.username,
        "PGPASSWORD": asked.get("password") or url.password,
        "PGDATABASE": asked.get("database") or url.database,
        "PGPASSFILE": asked.get("passfile"),
        "PGSSLMODE": asked.get("ssl") or asked.get("sslmode"),
        "PGAPPNAME": "gridsvc",
        "LC_ALL": "C.UTF-8",
    }
    kept = {name: value for name, value in os.environ.items() if name not in _STEERING}
    return kept | {name: value for name, value in given.items() if value}


async def dump(
    url: URL,
    *,
    server: int,
    snapshot: str,
    without_rows_of: Iterable[tuple[str, str]],
    write: Callable[[bytes], None],
    on_table: Callable[[str], None],
) -> None:
    """Dump a database in custom format.

    Parameters
    ----------
    server
        Major version of the server.
    snapshot
        Name of the exported snapshot to dump.
    without_rows_of
        Schema and name of tables whose rows stay out: those of extensions come with the
        extension, and only its owner may write them.
    write
        Takes the next bytes.
    on_table
        Told ``schema.table`` when its rows begin.

    Raises
    ------
    Unavailable
        If pg_dump is missing or fails; the line carries its own reason.
    """

    def listen(line: str) -> None:
        if table := _TABLE.search(line):
            on_table(table[1])

    options = [f"--snapshot={snapshot}", f"--lock-wait-timeout={_LOCK_PATIENCE_MS}", "--verbose"]
    options += [f'--exclude-table-data="{schema}"."{name}"' for schema, name in without_rows_of]
    tool = find_tool("pg_dump", server)
    async with _running(
        tool, "--format=custom", "--no-password", *options, url=url, listen=listen
    ) as process:
        while process.stdout and (chunk := await process.stdout.read(_CHUNK_BYTES)):
            write(chunk)


async def restore(url: URL, *, server: int, dumped: Iterable[bytes]) -> None:
    """Restore a dump into a database in one transaction: all of it or nothing.

    The owner becomes whoever restores; privileges stay. Comments are those of extensions,
    which only their owner may set.

    Raises
    ------
    Unavailable
        If pg_restore is missing or fails; nothing was changed then.
    """
    options = ("--no-password", "--no-owner", "--no-comments")
    tool = find_tool("pg_restore", server)
    # An empty name makes it connect, to the database the environment names.
    async with _running(
        tool, "--dbname=", "--single-transaction", "--exit-on-error", *options, url=url
    ) as process:
        if process.stdin is None:
            return
        try:
            for chunk in dumped:
                process.stdin.write(chunk)
                await process.stdin.drain()
            process.stdin.close()
            await process.stdin.wait_closed()
        except (BrokenPipeError, ConnectionResetError):
            return  # it ended early; its own words say why


def _unheard(line: str) -> None:
    """Take no notice of what a tool says while it works."""


@asynccontextmanager
async def _running(
    tool: Path, *options: str, url: URL, listen: Callable[[str], None] = _unheard
) -> AsyncIterator[Process]:
    """Run a tool for the length of the block; it must have ended well when the block does."""
    process = await asyncio.create_subprocess_exec(
        tool,
        *options,
        stdin=DEVNULL if tool.name == "pg_dump" else PIPE,
        stdout=PIPE if tool.name == "pg_dump" else DEVNULL,
        stderr=PIPE,
        env=environment(url),
        limit=_LONGEST_LINE_BYTES,
    )
    listener = asyncio.create_task(_first_error(process, listen))
    try:
        yield process
        reason, code = await listener, await process.wait()
    finally:
        # Ended by an error or Ctrl-C: without it the server rolls back.
        if process.returncode is None:
            process.kill()
            await process.wait()
        listener.cancel()
    if code != 0:
        ended = f"it ended with status {code}" if code > 0 else f"it was killed by signal {-code}"
        raise Unavailable(f"{tool.name} failed: {reason or ended}; mend that and try again")


async def _first_error(process: Process, listen: Callable[[str], None]) -> str | None:
    """Hear a tool to its end; its first complaint."""
    reason = None
    while process.stderr and (line := await process.stderr.readline()):
        told = line.decode("utf-8", "replace").strip()
        listen(told)
        complaint = _REASON.search(told)
        reason = reason or (complaint[1] if complaint else None)
    return reason


def _version(tool: Path) -> int:
    """Major version a tool says it has; 0 where it cannot run."""
    try:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
            [tool, "--version"], capture_output=True, text=True, check=False, timeout=30
        )
    except OSError:
        return 0
    version = re.search(r"\) (\d+)", done.stdout)
    return int(version[1]) if version else 0


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ",".join(value)

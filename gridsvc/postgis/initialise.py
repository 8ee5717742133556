"""Makes a new cluster with its database, complete or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from gridsvc.errors import Unavailable
from gridsvc.postgis.account import Account
from gridsvc.postgis.binaries import Binaries
from gridsvc.postgis.configure import DATABASE, OWNER, SETTINGS_FILE
from gridsvc.postgis.home import Home

_DRAFT = "initdb-"


def made_by(home: Home) -> int | None:
    """Major version of the PostgreSQL that made the cluster; ``None`` before there is one.

    Raises
    ------
    Unavailable
        If what lies there is no cluster.
    """
    if not home.pgdata.exists():
        return None
    try:
        return int((home.pgdata / "PG_VERSION").read_text("ascii"))
    except (OSError, ValueError) as broken:
        raise Unavailable(
            f"{home.pgdata} is not a PostgreSQL data directory; restore it from a backup, or "
            "move it away to begin with an empty database"
        ) from broken


def initialise(home: Home, account: Account, binaries: Binaries) -> None:
    """Make the cluster under a temporary name, then give it its own.

    Callers hold the start lock. A run that was cut short leaves only a draft, which the next
    one removes; its name is never used again, because an orphaned ``initdb`` may still write.

    Raises
    ------
    Unavailable
        If ``initdb`` or the creation of the database fails.
    """
    for leftover in home.root.glob(f"{_DRAFT}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=home.root))
    account.take(draft)
    try:
        _initdb(draft, account, binaries)
        _execute(f"CREATE DATABASE {DATABASE}", "postgres", draft, account, binaries)
        _execute("CREATE EXTENSION postgis", DATABASE, draft, account, binaries)
        draft.rename(home.pgdata)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _sync(home.root)


def _initdb(draft: Path, account: Account, binaries: Binaries) -> None:
    done = account.run(
        binaries.folder / "initdb",
        f"--pgdata={draft}",
        f"--username={OWNER}",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--data-checksums",
        "--auth=peer",
        "--no-instructions",
    )
    if done.returncode != 0:
        raise _failure(draft, done.stderr)
    # After initdb's own lines, which fit the machine's shared memory, so that ours win.
    with (draft / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write(f"include_if_exists '{SETTINGS_FILE}'\n")


def _execute(sql: str, database: str, draft: Path, account: Account, binaries: Binaries) -> None:
    """Run one statement in single-user mode, before anybody can connect.

    PostgreSQL ends with status 0 there even when a statement failed.
    """
    done = account.run(
        binaries.folder / "postgres", "--single", "-D", draft, database, send=f"{sql};\n"
    )
    if done.returncode != 0 or re.search(r"\b(ERROR|FATAL|PANIC):", done.stderr):
        raise _failure(draft, done.stderr)


def _failure(draft: Path, said: str) -> Unavailable:
    reasons = re.findall(r"(?:error|ERROR|FATAL|PANIC): +(.+)", said)
    reason = reasons[0] if reasons else (said.strip().splitlines() or ["no reason given"])[-1]
    return Unavailable(
        f"cannot make a PostgreSQL cluster in {draft.parent}: {reason}; mend that and try again"
    )


def _sync(folder: Path) -> None:
    """Make a rename in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Who runs PostgreSQL's binaries: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridsvc.errors import Unavailable

#: Made by Debian's postgresql-common.
SERVER_USER = "postgres"


@dataclass(frozen=True)
class Account:
    """The operating system user that owns the cluster's files and runs its processes.

    Attributes
    ----------
    switched
        Whether this is another user than ours, which only root may choose.
    """

    name: str
    uid: int
    gid: int
    switched: bool

    def run(
        self, *command: str | Path, send: str = "", timeout_s: float = 600
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this user, away from our terminal, and collect what it says.

        A session of its own keeps Ctrl-C from reaching PostgreSQL; ``/`` is a working
        directory that every user may enter.
        """
        switch: dict[str, Any] = {}
        if self.switched:
            switch = {"user": self.uid, "group": self.gid, "extra_groups": []}
        try:
            return subprocess.run(  # noqa: S603 - commands are ours, no shell is involved
                [str(part) for part in command],
                input=send,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=timeout_s,
                cwd="/",
                env=_environment(),
                start_new_session=True,
                umask=0o077,
                **switch,
            )
        except subprocess.TimeoutExpired as late:
            raise Unavailable(
                f"{command[0]} has not finished in {timeout_s:.0f} s; "
                "see whether the disk or the machine is overloaded, then try again"
            ) from late

    def may_enter(self, folder: Path) -> bool:
        """Whether this user can reach a folder through all folders above it."""
        return self.run("test", "-x", folder).returncode == 0

    def take(self, path: Path | int) -> None:
        """Give a file, named or open, to this user."""
        if self.switched:
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """Find the user that runs the binaries: ourselves, or `SERVER_USER` when we are root.

    Raises
    ------
    Unavailable
        If that user does not exist.
    """
    uid = os.geteuid()
    try:
        entry = pwd.getpwnam(SERVER_USER) if uid == 0 else pwd.getpwuid(uid)
    except KeyError as missing:
        if uid == 0:
            raise Unavailable(
                f"PostgreSQL does not run as root and there is no user {SERVER_USER!r}; "
                "install it with: apt-get install postgresql-15-postgis-3"
            ) from missing
        raise Unavailable(
            f"user id {uid} has no name on this machine, which PostgreSQL requires; "
            "run gridsvc as a named user or set GRIDSVC_DATABASE_URL"
        ) from missing
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switched=uid == 0)


def _environment() -> dict[str, str]:
    """Our environment without what would steer libpq or PostgreSQL elsewhere.

    ``LC_ALL`` keeps PostgreSQL's messages in English, in which we read them.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C.UTF-8", "HOME": "/"}

"""One PostgreSQL server on our data directory: is it running, start it, stop it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from gridsvc.errors import Unavailable
from gridsvc.postgis.account import Account
from gridsvc.postgis.binaries import Binaries
from gridsvc.postgis.home import PORT, Home

#: Crash recovery replays at most ``max_wal_size``; this leaves it ample time.
START_TIMEOUT_S = 300
STOP_TIMEOUT_S = 60
#: Backends notice within moments that their postmaster died.
_ORPHANS_TIMEOUT_S = 20
_POLL_S = 0.05
#: Beyond the largest process id that Linux gives out (2**22), so never a living process.
_NO_PROCESS = 2**31 - 1


@dataclass(frozen=True)
class Server:
    """The server of one data directory, whether it runs or not.

    Every method that changes something is called under the start lock.
    """

    home: Home
    account: Account
    binaries: Binaries

    @property
    def pid_file(self) -> Path:
        """Where PostgreSQL notes its process, its state and its shared memory."""
        return self.home.pgdata / "postmaster.pid"

    def process(self) -> psutil.Process | None:
        """Return the living postmaster of this data directory.

        A note in the pid file is not enough: the process may be gone, a zombie that nobody
        reaps, or another program that was given the same number after a reboot.
        """
        pid = self._noted_pid()
        if pid is None:
            return None
        try:
            found = psutil.Process(pid)
            return found if self._works_here(found) else None
        except psutil.NoSuchProcess:
            return None

    def is_ready(self) -> bool:
        """Whether the server runs and accepts connections."""
        return self.process() is not None and self._state() == "ready"

    def start(self) -> None:
        """Start the server and wait until it accepts connections.

        After a crash PostgreSQL replays its log first, so every acknowledged write is there.

        Raises
        ------
        Unavailable
            If it does not come up; the line carries PostgreSQL's own reason.
        """
        self._retire_stale_notes()
        if self.home.log.exists():
            self.home.log.replace(self.home.log.with_suffix(".log.1"))
        deadline = time.monotonic() + _ORPHANS_TIMEOUT_S
        while not self._pg_ctl("start", START_TIMEOUT_S, "--log", self.home.log):
            reason = self._last_fatal()
            # Backends of a killed postmaster still hold its memory: PostgreSQL rightly waits.
            if "shared memory block" not in reason or time.monotonic() >= deadline:
                raise Unavailable(
                    f"PostgreSQL does not start in {self.home.root}: {reason}; "
                    f"mend that and try again, the whole story is in {self.home.log}"
                )
            time.sleep(_POLL_S)

    def settle(self) -> None:
        """Wait while a server that somebody else began to start or stop is on its way.

        Raises
        ------
        Unavailable
            If it takes longer than a start may take.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.process() is not None and not self.is_ready():
            if time.monotonic() >= deadline:
                raise Unavailable(
                    f"the PostgreSQL in {self.home.root} neither comes up nor ends; "
                    f"see {self.home.log}, end it and try again"
                )
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """Stop the server in good order, or at once should it not end in time.

        Raises
        ------
        Unavailable
            If it cannot be stopped at all.
        """
        for mode in ("fast", "immediate"):
            if self.process() is None:
                return
            if self._pg_ctl("stop", STOP_TIMEOUT_S, f"--mode={mode}"):
                return
        if self.process() is not None:
            raise Unavailable(
                f"the PostgreSQL in {self.home.root} does not stop; see {self.home.log}"
            )

    def _pg_ctl(self, action: str, timeout_s: int, *options: str | Path) -> bool:
        common = ("--silent", "--wait", f"--timeout={timeout_s}", f"--pgdata={self.home.pgdata}")
        tool = self.binaries.folder / "pg_ctl"
        done = self.account.run(tool, action, *common, *options, timeout_s=timeout_s + 30)
        return done.returncode == 0

    def _lines(self) -> list[str]:
        try:
            return self.pid_file.read_text("utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def _noted_pid(self) -> int | None:
        lines = self._lines()
        # Negative in a single-user session.
        return abs(int(lines[0])) if lines and re.fullmatch(r"-?\d+", lines[0]) else None

    def _state(self) -> str:
        """Return the eighth line: starting, ready, standby or stopping."""
        lines = self._lines()
        return lines[7].strip() if len(lines) > 7 else "starting"

    def _works_here(self, found: psutil.Process) -> bool:
        """Whether a process is PostgreSQL at work on our files; a zombie works nowhere."""
        if found.name() not in ("postgres", "postmaster"):
            return False
        try:
            return bool(found.cwd() == str(self.home.pgdata))
        except psutil.AccessDenied:
            # Containers may hide the folder even from root, but not the command line.
            return str(self.home.pgdata) in found.cmdline()

    def _retire_stale_notes(self) -> None:
        """Keep the notes of a dead server from stopping a new one.

        The pid file stays, for it also names the shared memory by which PostgreSQL finds out
        whether orphans of its last run still write; only its process becomes one that cannot be.
        """
        lines = self._lines()
        if lines and self._noted_pid() is not None:
            self.pid_file.write_text("\n".join([str(_NO_PROCESS), *lines[1:]]) + "\n", "utf-8")
        else:
            self.pid_file.unlink(missing_ok=True)
        for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
            (self.home.socket_folder / name).unlink(missing_ok=True)

    def _last_fatal(self) -> str:
        try:
            log = self.home.log.read_text("utf-8", errors="replace")
        except OSError:
            return "it left no log"
        lines = re.findall(r"(?:(?:FATAL|PANIC|ERROR|error): +|^postgres: )(.+)", log, re.MULTILINE)
        return str(lines[-1]) if lines else "no reason given"

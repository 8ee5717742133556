"""Locks between processes that the kernel releases when a process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridsvc.errors import Unavailable
from gridsvc.postgis.account import Account
from gridsvc.postgis.home import Home

_POLL_S = 0.02


@contextmanager
def starting(home: Home, account: Account, patience_s: float) -> Iterator[None]:
    """Hold the lock under which a server is started or stopped.

    Raises
    ------
    Unavailable
        If another process holds it for longer than `patience_s`.
    """
    handle = _open(home.start_lock, account)
    try:
        _wait(handle, home, patience_s)
        yield
    finally:
        os.close(handle)


class UserCount:
    """A shared lock that stands for one user of the server."""

    def __init__(self, home: Home, account: Account) -> None:
        self._handle = _open(home.users_lock, account)
        # Never blocks: `leave` holds it alone only under the lock of `starting`, as we do.
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def leave(self) -> bool:
        """Give the lock back; whether nobody else holds it.

        Callers hold the lock of `starting`, so nobody joins in between.
        """
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(self._handle)
        return True


def _open(path: Path, account: Account) -> int:
    """Open a lock file, refusing links that lead elsewhere."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as refused:
        raise Unavailable(
            f"cannot open {path}: {refused.strerror}; run gridsvc as the user who made it, or "
            "choose another directory with GRIDSVC_DATA_DIR"
        ) from refused
    account.take(handle)
    return handle


def _wait(handle: int, home: Home, patience_s: float) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Unavailable(
                    f"another gridsvc has been starting or stopping {home.root} for "
                    f"{patience_s:.0f} s; wait until it is done or end it, then try again"
                ) from None
            time.sleep(_POLL_S)
        else:
            return

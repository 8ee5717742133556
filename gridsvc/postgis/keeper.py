"""Brings the server back when it dies under a running service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from gridsvc.errors import Unavailable

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.5


@contextmanager
def kept_running(ensure_running: Callable[[], bool]) -> Iterator[None]:
    """Call `ensure_running` twice a second from a thread until the block ends.

    A failed attempt is logged and made again: a full disk may be emptied meanwhile.
    """
    done = Event()
    thread = Thread(target=_keep, args=(ensure_running, done), name="postgis-keeper", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _keep(ensure_running: Callable[[], bool], done: Event) -> None:
    while not done.wait(_LOOK_EVERY_S):
        try:
            if ensure_running():
                _LOG.warning("PostgreSQL had died and runs again", extra={"action": "revived"})
        except Unavailable as failure:
            _LOG.error("PostgreSQL died: %s", failure, extra={"action": "revive_failed"})

"""Reading in a process of its own, ended when it takes more time or memory than it may.

GDAL, libosmium and the rest cannot be stopped from within, and a file made for it lets them
run for hours, fill the memory or crash. A forked process can be stopped, and dies alone.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import signal
import traceback
from collections.abc import Callable
from math import ceil
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from gridsvc.config import FileLimits
from gridsvc.errors import BadInput, GridsvcError

Told = TypeVar("Told")
Given = ParamSpec("Given")

#: A port that is kept for throwing things away.
_NOBODY = "http://127.0.0.1:9"
# Forked, not spawned: what reads is imported already, and a fork takes a few milliseconds.
_FORK = multiprocessing.get_context("fork")


def read_apart(
    name: str,
    limits: FileLimits,
    read: Callable[Given, Told],
    *args: Given.args,
    **options: Given.kwargs,
) -> Told:
    """What `read` gives for its arguments, read in a process apart without network.

    Parameters
    ----------
    name
        File as messages call it.
    limits
        Seconds on the clock and bytes of memory it may take.

    Raises
    ------
    BadInput
        If reading takes too long or too much memory, or breaks off; whatever `read` raises is
        raised here too.
    """
    receiver, sender = _FORK.Pipe(duplex=False)
    worker = _FORK.Process(target=_work, args=(sender, name, limits, read, args, options))
    # Else the child would clear away what the parent left, such as threads it does not have.
    gc.freeze()
    worker.start()
    gc.unfreeze()
    sender.close()
    try:
        if not receiver.poll(limits.seconds):
            raise BadInput(f"{name} takes over {limits.seconds:g} s to read; divide it")
        answer = receiver.recv()
    except EOFError as failure:
        raise BadInput(
            f"{name} cannot be read: reading it broke off; export it again or divide it"
        ) from failure
    finally:
        worker.kill()
        worker.join()
        receiver.close()
    if isinstance(answer, Exception):
        raise answer
    return answer  # type: ignore[no-any-return]


def _work(
    sender: Connection,
    name: str,
    limits: FileLimits,
    read: Callable[..., Any],
    args: tuple[Any, ...],
    options: dict[str, Any],
) -> None:
    """Read and tell the result, or the error by which reading ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _limit(limits)
    _unplug()
    try:
        sender.send(read(*args, **options))
    except GridsvcError as failure:
        sender.send(_alone(failure))
    except MemoryError:
        mb = limits.memory_bytes // 2**20
        sender.send(BadInput(f"{name} takes over {mb} MB of memory to read; divide it"))
    except Exception as failure:
        failure.add_note(traceback.format_exc())
        sender.send(_alone(failure))
        raise SystemExit(1) from failure


def _alone(failure: Exception) -> Exception:
    """An error without what led to it: errors of compiled libraries do not survive the way."""
    failure.__cause__ = failure.__context__ = None
    return failure.with_traceback(None)


def _unplug() -> None:
    """Lead every request for an address that a file names to where nobody answers."""
    for name in ("GDAL_HTTP_PROXY", "GDAL_HTTPS_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        os.environ[name] = _NOBODY
    for name in ("no_proxy", "NO_PROXY"):
        os.environ.pop(name, None)


def _limit(limits: FileLimits) -> None:
    """Bound memory, and processor time in case nobody is left to end the process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + limits.memory_bytes
    seconds = ceil(limits.seconds * (os.cpu_count() or 1)) + 1
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))

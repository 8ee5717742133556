"""One task in a fresh process: its answer, its seconds and the most memory it held."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import psutil

#: Seconds between two looks at the memory of a process and its children.
LOOK_S = 0.1


@dataclass(frozen=True)
class Outcome:
    """What came of a task.

    Attributes
    ----------
    answer
        None if it failed or took too long.
    seconds
        From the start of the process to its end.
    peak_mb
        Most memory of the process and its children together.
    """

    answer: dict[str, Any] | None
    seconds: float
    peak_mb: float


def run(task: str, *arguments: object, limit_s: float = 3600.0) -> Outcome:
    """Run a task of `tests.bench.planning.tasks` in a process of its own."""
    module = ["-W", "ignore", "-m", "tests.bench.planning.tasks"]
    command = [sys.executable, *module, task, *map(str, arguments)]
    with tempfile.TemporaryFile("w+") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, start_new_session=True)
        try:
            status, peak_mb = _wait(process, begin + limit_s)
        except BaseException:
            _end(process)
            raise
        seconds = time.perf_counter() - begin
        output.seek(0)
        lines = output.read().splitlines()
    return Outcome(json.loads(lines[-1]) if status == 0 else None, seconds, peak_mb)


def need(outcome: Outcome) -> dict[str, Any]:
    """The answer of a task that the bench cannot do without."""
    if outcome.answer is None:
        raise SystemExit("a task of the bench failed; its error is above")
    return outcome.answer


def _wait(process: subprocess.Popen[bytes], end: float) -> tuple[int, float]:
    """Wait for a process, or end it when its time is over; exit code and peak MB."""
    together = 0.0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            # Linux and the BSDs give kB; what children held with it is only in the looks.
            return process.returncode, max(usage.ru_maxrss / 1024, together)
        together = max(together, _memory_mb(process.pid))
        if time.perf_counter() > end:
            _end(process)
            end = float("inf")
        time.sleep(LOOK_S)


def _memory_mb(pid: int) -> float:
    """Memory a process and its children hold now; 0 if it has none, which `wait4` covers."""
    try:
        parent = psutil.Process(pid)
        children = parent.children(recursive=True)
        if not children:
            return 0.0
        shares = [one.memory_full_info().pss for one in (parent, *children)]
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0
    return float(sum(shares)) / 2**20


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and what it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return

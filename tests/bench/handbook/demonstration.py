"""A demonstration of our own, made anew and thrown away."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

#: How long a demonstration may take to be made.
PATIENCE_S = 900


@contextmanager
def demonstration() -> Iterator[str]:
    """Address of a demonstration that runs as long as it is looked at."""
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-handbook-"))
    folder.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from gridsvc.cli import main; main()"]
    settings = {"GRIDSVC_DATA_DIR": str(folder / "data"), "GRIDSVC_REQUESTS_PER_MINUTE": "100000"}
    server = subprocess.Popen(
        [*command, "run", "--demo", "--port", str(port)],
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/health/ready", server)
        yield address
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder)


def _wait_for(url: str, server: subprocess.Popen) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        assert server.poll() is None, "the demonstration ended"
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(1)
    raise TimeoutError(url)

"""The service starts, says where to click, and leaves nothing behind when told to end."""

import os
import signal
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.folders import cluster_folder
from tests.postgis.conftest import postgres_in

COMMAND_LINE = "from gridsvc.cli import main; main()"


@pytest.fixture
def data_dir():
    with cluster_folder() as folder:
        yield folder / "data"
        for process in postgres_in(folder):
            process.kill()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_it_serves_and_takes_its_database_along(data_dir, number, code):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND_LINE, "run", "--port", str(port)],
        env=os.environ | {"GRIDSVC_DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert wait_for(f"http://127.0.0.1:{port}/health/ready", process) == 200
        assert postgres_in(data_dir)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert f"http://127.0.0.1:{port}/" in out
    assert "Traceback" not in err
    assert process.returncode == code
    assert not postgres_in(data_dir)


def wait_for(url, process):
    for _ in range(1800):
        assert process.poll() is None, process.stderr.read()
        try:
            with urlopen(url) as answer:  # noqa: S310 - our own address
                return answer.status
        except URLError:
            time.sleep(0.1)
    return None

"""The service behind its real server: in a thread, or in a process that can be killed."""

import asyncio
import multiprocessing
import socket
import threading
from contextlib import contextmanager

from gridsvc.config import Settings
from gridsvc.serving import Server, server_config
from tests.conftest import service_of
from tests.who import KEYRING

NO_LIMITS = {
    "requests_per_minute": 10**9,
    "sign_ins_per_minute": 10**9,
    "public_per_minute": 10**9,
    "reports_per_hour": 10**9,
    "second_factor": "optional",
    "jobs": False,
    "sweep_s": 3600,
}
#: Starts from a process that has everything imported, which is most of a start.
_FORKS = multiprocessing.get_context("forkserver")


def _server(url, settings):
    return Server(server_config(Settings(**(NO_LIMITS | settings)), service_of(url), KEYRING))


@contextmanager
def served(url, **settings):
    """Address of a service on a database, for the length of the block."""
    server = _server(url, settings)
    server.config.host, server.config.port = "127.0.0.1", 0
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.05)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


class Killable:
    """A service in a process of its own, killed and started again on the same port.

    The port stays open between two lives, so that whoever calls meanwhile waits.
    """

    def __init__(self, url, **settings):
        _FORKS.set_forkserver_preload(["tests.live"])
        self._given = url, settings
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
        self._listener.close()

    @property
    def address(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def pid(self):
        return self._process.pid

    def start(self):
        self._process = _FORKS.Process(
            target=_serve_on, args=(self._listener, *self._given), daemon=True
        )
        self._process.start()

    def kill(self):
        """As the kernel does when memory runs out."""
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve_on(listener, url, settings):
    _server(url, settings).run(sockets=[listener])

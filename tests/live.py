"""The service behind its real server, in a thread with an event loop of its own."""

import asyncio
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
    "second_factor": "optional",
    "jobs": False,
    "sweep_s": 3600,
}


@contextmanager
def served(url, **settings):
    """Address of a service on a database, for the length of the block."""
    given = Settings(**(NO_LIMITS | settings))
    config = server_config(given, service_of(url), KEYRING)
    config.host, config.port = "127.0.0.1", 0
    server = Server(config)
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

"""Starts, shares and leaves the private cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from gridsvc.errors import Unavailable
from gridsvc.postgis.account import server_account
from gridsvc.postgis.binaries import Binaries, find_binaries
from gridsvc.postgis.configure import DATABASE, OWNER, configure
from gridsvc.postgis.home import PORT, Home, claim, prepare_socket_folder, remove_socket_folder
from gridsvc.postgis.initialise import initialise, made_by
from gridsvc.postgis.keeper import kept_running
from gridsvc.postgis.locks import UserCount, starting
from gridsvc.postgis.server import Server

#: How long to wait for another process that starts or stops the same cluster.
PATIENCE_S = 120.0


class Cluster:
    """One process's share of a running cluster; made by `start`.

    The share ends with `stop` or with the process, even one that is killed.
    """

    def __init__(
        self, server: Server, users: UserCount, settings: Mapping[str, object], patience_s: float
    ) -> None:
        self._server = server
        self._users: UserCount | None = users
        self._settings = settings
        self._patience_s = patience_s

    @property
    def url(self) -> str:
        """SQLAlchemy URL (asyncpg) of the database, logged in as its owner."""
        return self.url_for()

    @property
    def data_dir(self) -> Path:
        """Data directory, absolute and without links."""
        return self._server.home.root

    def url_for(self, *, role: str = OWNER, database: str = DATABASE) -> str:
        """SQLAlchemy URL (asyncpg) for another role or another database of the cluster."""
        # Named here lest PGPORT in the environment leads asyncpg elsewhere.
        query = {"host": str(self._server.home.socket_folder), "port": str(PORT)}
        url = URL.create("postgresql+asyncpg", username=role, database=database, query=query)
        return url.render_as_string(hide_password=False)

    def ensure_running(self) -> bool:
        """Start the server again should it have died; whether that was needed.

        Cheap while the server lives. The URL stays the same.

        Raises
        ------
        Unavailable
            If it does not come up again.
        """
        if self._server.is_ready():
            return False
        with starting(self._server.home, self._server.account, self._patience_s):
            return _bring_up(self._server, self._settings)

    def stop(self) -> None:
        """Give up our share; the last to do so stops the server. Twice is once."""
        if self._users is None:
            return
        with starting(self._server.home, self._server.account, self._patience_s):
            users, self._users = self._users, None
            _leave(self._server, users)


def start(
    data_dir: Path,
    *,
    settings: Mapping[str, object] | None = None,
    patience_s: float = PATIENCE_S,
) -> Cluster:
    """Start the cluster of a data directory, or join the processes that already use it.

    Parameters
    ----------
    data_dir
        Absent, empty, or used by gridsvc before. As root it must be within reach of the
        user ``postgres``.
    settings
        PostgreSQL settings beyond the usual; they hold only if this call starts the server.
    patience_s
        How long to wait for another process that starts or stops the same cluster.

    Raises
    ------
    Unavailable
        If PostgreSQL or PostGIS is missing or too old, the directory cannot be used or is
        locked, or the server does not come up.
    """
    account = server_account()
    home = claim(data_dir, account)
    with starting(home, account, patience_s):
        server = Server(home, account, _fitting_binaries(home))
        users = UserCount(home, account)
        try:
            _bring_up(server, settings or {})
        except BaseException:
            _leave(server, users)
            raise
    return Cluster(server, users, settings or {}, patience_s)


@contextmanager
def private_cluster(
    data_dir: Path, *, settings: Mapping[str, object] | None = None
) -> Iterator[str]:
    """Run the cluster of a data directory for the length of a ``with`` block.

    Parameters
    ----------
    data_dir, settings
        As for `start`.

    Yields
    ------
    str
        SQLAlchemy URL (asyncpg) of the database.

    Raises
    ------
    Unavailable
        As for `start`.
    """
    cluster = start(data_dir, settings=settings)
    try:
        with kept_running(cluster.ensure_running):
            yield cluster.url
    finally:
        cluster.stop()


def _fitting_binaries(home: Home) -> Binaries:
    """Binaries of the version that made the cluster, or the newest for a new one."""
    major = made_by(home)
    try:
        return find_binaries(major)
    except Unavailable as lacking:
        if major is None:
            raise
        raise Unavailable(
            f"{home.root} was made by PostgreSQL {major}: {lacking.detail}, or move "
            f"{home.pgdata} away to begin with an empty database"
        ) from lacking


def _bring_up(server: Server, settings: Mapping[str, object]) -> bool:
    """Have the server run; whether it had to be started. Callers hold the start lock."""
    server.settle()
    if server.is_ready():
        return False
    if made_by(server.home) is None:
        initialise(server.home, server.account, server.binaries)
    prepare_socket_folder(server.home, server.account)
    configure(server.home, server.account, settings)
    server.start()
    return True


def _leave(server: Server, users: UserCount) -> None:
    """Give up one share. Callers hold the start lock."""
    if users.leave():
        server.stop()
        remove_socket_folder(server.home)

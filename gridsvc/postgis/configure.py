"""Settings and access rules of the private cluster, written anew at every start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gridsvc.db import SERVICE_ROLE
from gridsvc.postgis.account import Account
from gridsvc.postgis.home import PORT, Home

#: Owner of the database and of everything that migrations make in it.
OWNER = "gridsvc"
DATABASE = "gridsvc"
#: Roles in which the users of the socket may log in.
ROLES: Sequence[str] = (OWNER, SERVICE_ROLE)

#: Read by PostgreSQL after the ``postgresql.conf`` that initdb wrote.
SETTINGS_FILE = "gridsvc.conf"
#: Sized for a machine of two cores that does other work too. Everything about durability
#: stays at PostgreSQL's safe defaults.
SETTINGS: Mapping[str, object] = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "cluster_name": "gridsvc",
    "max_connections": 60,
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": 1.1,
    # Compiling costs more than it saves on our short spatial queries.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "lc_messages": "C.UTF-8",
}


def configure(home: Home, account: Account, settings: Mapping[str, object]) -> None:
    """Write `SETTINGS_FILE`, ``pg_hba.conf`` and ``pg_ident.conf``.

    Parameters
    ----------
    home
        Data directory of a server that does not run.
    account
        User that runs the server; it and root may log in as any of `ROLES`.
    settings
        Settings beyond, or instead of, `SETTINGS`.
    """
    own = {"unix_socket_directories": str(home.socket_folder)}
    lines = [
        f"{name} = {_quoted(value)}" for name, value in {**SETTINGS, **own, **settings}.items()
    ]
    logins = [f'gridsvc "{user}" {role}' for user in _users(account) for role in ROLES]
    _write(home.pgdata / SETTINGS_FILE, lines, account)
    _write(home.pgdata / "pg_hba.conf", ["local all all peer map=gridsvc"], account)
    _write(home.pgdata / "pg_ident.conf", logins, account)


def _users(account: Account) -> list[str]:
    return list(dict.fromkeys(["root", account.name]))


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'"


def _write(path: Path, lines: Sequence[str], account: Account) -> None:
    """Replace a file at once, so that a crash leaves the old or the new one."""
    draft = path.with_suffix(".new")
    draft.write_text("# Written by gridsvc at every start.\n" + "\n".join(lines) + "\n", "utf-8")
    draft.chmod(0o600)
    account.take(draft)
    draft.replace(path)

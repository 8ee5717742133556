"""The data directory: where everything of one cluster lies, and whether it is ours."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gridsvc.errors import Unavailable
from gridsvc.postgis.account import Account

#: Both the lock around start and stop, and the mark by which we know our own directory:
#: it is the first thing written there, and creating it is atomic.
MARK = "gridsvc.lock"
PORT = 5432
#: The kernel allows 107 bytes for a socket's path; the name in it takes 14 and a slash.
_LONGEST_SOCKET_FOLDER = 107 - len(f"/.s.PGSQL.{PORT}.lock")
_ELSEWHERE = "choose another directory with GRIDSVC_DATA_DIR"


@dataclass(frozen=True)
class Home:
    """Paths inside one data directory."""

    root: Path

    @property
    def pgdata(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.root / "pgdata"

    @property
    def start_lock(self) -> Path:
        """Held while somebody starts or stops the server."""
        return self.root / MARK

    @property
    def users_lock(self) -> Path:
        """Held shared by every process that uses the server."""
        return self.root / "users.lock"

    @property
    def log(self) -> Path:
        """What PostgreSQL said since it was last started."""
        return self.root / "postgresql.log"

    @property
    def socket_entry(self) -> Path:
        """Folder of the socket, or a link to it where the path would be too long."""
        return self.root / "socket"

    @property
    def socket_folder(self) -> Path:
        """Real folder of the socket, short enough for the kernel."""
        return self.socket_entry.resolve()


def claim(data_dir: Path, account: Account) -> Home:
    """Make a directory ours, or find that it already is.

    Parameters
    ----------
    data_dir
        Absent, empty, or made by an earlier call.
    account
        User that is to own it.

    Raises
    ------
    Unavailable
        If it cannot be made or entered, holds files of somebody else, or belongs to another
        user. Nothing in it is changed then.
    """
    root = data_dir.expanduser().resolve()
    _refuse_out_of_reach(root, account)
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The listing comes before the owner: whoever marks a directory owns it by then.
        entries = {entry.name for entry in root.iterdir()} - {"lost+found"}
        owner = root.stat().st_uid
    except OSError as refused:
        raise Unavailable(f"cannot use {root}: {refused.strerror}; {_ELSEWHERE}") from refused
    if entries and MARK not in entries:
        raise Unavailable(f"{root} holds files that gridsvc did not make; empty it or {_ELSEWHERE}")
    if not entries and account.switched:
        account.take(root)
    elif owner != account.uid:
        raise Unavailable(
            f"{root} belongs to user {_user_name(owner)}, PostgreSQL would run as "
            f"{account.name}; run gridsvc as the same user as before, or {_ELSEWHERE}"
        )
    return Home(root)


def _refuse_out_of_reach(root: Path, account: Account) -> None:
    """Stop before anything is made where the server's user could not follow."""
    if not account.switched:
        return
    # Of the directory itself only the owner matters, which `claim` looks at.
    standing = next(each for each in root.parents if each.is_dir())
    if not account.may_enter(standing):
        raise Unavailable(
            f"user {account.name}, who runs PostgreSQL, cannot enter {standing}; "
            f"{_ELSEWHERE}, for instance /var/lib/gridsvc"
        )


def prepare_socket_folder(home: Home, account: Account) -> None:
    """Provide a folder for the socket that only the server's user and root may enter.

    It lies in the data directory, or behind a link under the system's temporary directory
    where that path would be too long for a socket. One made before is used again, since
    other processes may know it.
    """
    entry, longest = home.socket_entry, _LONGEST_SOCKET_FOLDER
    if _is_private(home.socket_folder, account) and _length(home.socket_folder) <= longest:
        return
    if entry.is_symlink():
        entry.unlink()
    if _length(entry) <= longest:
        entry.mkdir(mode=0o700, exist_ok=True)
        account.take(entry)
        entry.chmod(0o700)
        return
    # Left from the time before the data directory was moved here.
    shutil.rmtree(entry, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="gridsvc-"))
    account.take(folder)
    entry.symlink_to(folder)


def remove_socket_folder(home: Home) -> None:
    """Clear away what `prepare_socket_folder` made outside the data directory."""
    if home.socket_entry.is_symlink():
        shutil.rmtree(home.socket_folder, ignore_errors=True)
        home.socket_entry.unlink()


def _length(path: Path) -> int:
    return len(os.fsencode(path))


def _is_private(folder: Path, account: Account) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
    return private and found.st_uid == account.uid


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

"""Whose directory it is, and where the socket lies."""

import os

import pytest

from gridsvc.errors import Unavailable
from gridsvc.postgis import start
from gridsvc.postgis.home import MARK, Home, claim, prepare_socket_folder

from .conftest import as_root


def test_an_absent_and_an_empty_directory_become_ours(room, account):
    (room / "empty").mkdir()
    for name in ("empty", "absent", "far/below"):
        home = claim(room / name, account)
        assert home.root.stat().st_uid == account.uid


def test_a_foreign_directory_is_left_as_it_was(room):
    foreign = room / "photos"
    foreign.mkdir()
    (foreign / "cat.jpg").write_bytes(b"meow")
    before = foreign.stat()
    with pytest.raises(Unavailable, match="gridsvc did not make") as refused:
        start(foreign)
    assert "\n" not in refused.value.detail
    assert [path.name for path in foreign.iterdir()] == ["cat.jpg"]
    assert foreign.stat().st_uid == before.st_uid


def test_a_file_is_no_directory(room, account):
    (room / "file").write_text("")
    for path in (room / "file", room / "file" / "below"):
        with pytest.raises(Unavailable, match="GRIDSVC_DATA_DIR"):
            claim(path, account)


def test_a_data_directory_that_is_no_cluster_is_left_alone(room, account):
    home = claim(room / "data", account)
    home.start_lock.touch()
    home.pgdata.mkdir()
    (home.pgdata / "precious").touch()
    with pytest.raises(Unavailable, match="not a PostgreSQL data directory"):
        start(home.root)
    assert (home.pgdata / "precious").exists()


@as_root
@pytest.mark.parametrize("name", ["data", "a/b/data"])
def test_a_directory_out_of_the_servers_reach_is_refused_before_anything_is_made(room, name):
    closed = room / "closed"
    closed.mkdir(mode=0o700)
    (closed / "something").touch()
    with pytest.raises(Unavailable, match=r"user postgres.* cannot enter .*closed"):
        start(closed / name)
    assert [path.name for path in closed.iterdir()] == ["something"]


@as_root
def test_an_empty_directory_behind_a_closed_one_is_refused(room):
    closed = room / "closed"
    (closed / "data").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(Unavailable, match="cannot enter"):
        start(closed / "data")
    assert (closed / "data").stat().st_uid == 0


@as_root
def test_a_directory_of_another_user_is_refused(spoilable):
    os.chown(spoilable, 65534, 65534)
    spoilable.chmod(0o755)
    with pytest.raises(Unavailable, match="belongs to user nobody"):
        start(spoilable)


def test_lock_files_are_not_followed_elsewhere(room, account):
    target = room / "target"
    home = claim(room / "data", account)
    (home.root / MARK).symlink_to(target)
    with pytest.raises(Unavailable, match="cannot open"):
        start(home.root)
    assert not target.exists()


def test_a_socket_folder_others_could_enter_is_closed_or_replaced(room, account):
    home = Home(room)
    home.socket_entry.mkdir(mode=0o777)
    prepare_socket_folder(home, account)
    found = home.socket_folder.stat()
    assert (found.st_mode & 0o777, found.st_uid) == (0o700, account.uid)


def test_a_socket_link_to_what_is_not_ours_is_replaced(room, account):
    (room / "elsewhere").mkdir(mode=0o755)
    home = Home(room)
    home.socket_entry.symlink_to(room / "elsewhere")
    prepare_socket_folder(home, account)
    assert home.socket_folder == room / "socket"

"""As whom and in what surroundings PostgreSQL's tools run."""

import os

import pytest

from gridsvc.errors import Unavailable
from gridsvc.postgis.account import server_account

from .conftest import as_root


def test_tools_run_as_the_server_user_in_a_session_of_their_own(account, monkeypatch):
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    done = account.run(
        "sh", "-c", 'id -u; id -G; umask; pwd; ps -o sid= $$; echo "$PGHOST$LC_ALL"; cat',
        send="输入",
    )  # fmt: skip
    uid, groups, umask, folder, session, environment, sent = done.stdout.splitlines()
    assert (int(uid), umask, folder, environment, sent) == (
        account.uid, "0077", "/", "C.UTF-8", "输入",
    )  # fmt: skip
    assert int(session) != os.getsid(0)
    if account.switched:
        assert groups == str(account.gid)


def test_a_tool_that_hangs_is_one_line(account):
    with pytest.raises(Unavailable, match="sleep has not finished"):
        account.run("sleep", "60", timeout_s=0.2)


@as_root
def test_root_hands_over_to_an_unprivileged_user(account):
    assert account.switched
    assert account.uid != 0


@as_root
def test_without_that_user_the_package_is_named(monkeypatch):
    monkeypatch.setattr("gridsvc.postgis.account.SERVER_USER", "nobody-of-that-name")
    with pytest.raises(Unavailable, match="apt-get install postgresql-15-postgis-3"):
        server_account()


def test_a_user_without_a_name_is_told_so(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(Unavailable, match="user id 54321 has no name"):
        server_account()

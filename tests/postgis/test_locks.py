"""Locks between processes, seen through separate open files as two processes would."""

import pytest

from gridsvc.errors import Unavailable
from gridsvc.postgis.home import claim
from gridsvc.postgis.locks import UserCount, starting


@pytest.fixture
def home(room, account):
    return claim(room / "data", account)


def test_only_one_starts_at_a_time(home, account):
    with (
        starting(home, account, patience_s=0),
        pytest.raises(Unavailable),
        starting(home, account, patience_s=0.05),
    ):
        pass
    with starting(home, account, patience_s=0):
        pass


def test_the_lock_is_given_back_after_a_failure(home, account):
    with pytest.raises(ZeroDivisionError), starting(home, account, patience_s=0):
        raise ZeroDivisionError
    with starting(home, account, patience_s=0):
        pass


@pytest.mark.parametrize("users", [1, 2, 5])
def test_only_the_last_user_is_the_last(home, account, users):
    counted = [UserCount(home, account) for _ in range(users)]
    assert [user.leave() for user in counted] == [False] * (users - 1) + [True]


def test_lock_files_belong_to_the_servers_user(home, account):
    with starting(home, account, patience_s=0):
        UserCount(home, account).leave()
    for path in (home.start_lock, home.users_lock):
        found = path.stat()
        assert (found.st_uid, found.st_mode & 0o777) == (account.uid, 0o600)

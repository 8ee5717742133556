"""Who acts in a transaction is who was let in, and the system where nobody was."""

import getpass
import os
import pwd
from types import SimpleNamespace

import pytest

from gridsvc.audit.actor import SYSTEM, Actor, acting, actor_of, command_line

SOMEBODY = Actor(7, "wang.fang")


@pytest.fixture
def session():
    return SimpleNamespace(info={})


def test_without_anybody_it_is_the_system(session):
    assert actor_of(session) is SYSTEM


def test_somebody_acts_for_the_length_of_a_block(session):
    with acting(session, SOMEBODY):
        assert actor_of(session) is SOMEBODY
        with acting(session, SYSTEM):
            assert actor_of(session) is SYSTEM
        assert actor_of(session) is SOMEBODY
    assert actor_of(session) is SYSTEM


def test_and_no_longer_when_it_fails(session):
    with pytest.raises(ValueError, match="stop"), acting(session, SOMEBODY):
        raise ValueError("stop")
    assert actor_of(session) is SYSTEM


def test_the_command_line_believes_the_machine_and_not_the_environment(monkeypatch):
    monkeypatch.setenv("LOGNAME", "somebody.else")
    assert getpass.getuser() == "somebody.else"
    actor = command_line()
    assert (actor.login, actor.via) == (pwd.getpwuid(os.getuid()).pw_name, "command_line")


def test_a_user_without_a_name_is_a_number(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 3_000_000_001)
    assert command_line().login == "uid 3000000001"


def test_a_person_is_shown_by_their_code():
    assert SOMEBODY.shown == "wang.fang"
    assert Actor(7, "wang.fang", person_code="GW0001").shown == "GW0001"

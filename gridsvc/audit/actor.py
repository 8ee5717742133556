"""Who does what a transaction does; pure."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Actor:
    """Somebody, or the system, at work in one transaction.

    Attributes
    ----------
    account_id
        Database id of the account; none where nobody is signed in.
    login
        Name the account signs in by, also once it is closed.
    roles
        What the account was for at that time.
    person_code
        Grid worker, liaison or officer the account stands for, if any.
    via
        How they proved who they are: session, token, api_key, sign_in (not proved yet),
        command_line, public (nobody proves anything), or system.
    address
        Network address they came from.
    request_id
        Id that the request has in the logs, too.
    purpose
        What they said it was for.
    """

    account_id: int | None
    login: str
    roles: tuple[str, ...] = ()
    person_code: str | None = None
    via: str = "system"
    address: str | None = None
    request_id: str | None = None
    purpose: str | None = None

    @property
    def shown(self) -> str:
        """Code of the person, or the name the account signs in by."""
        return self.person_code or self.login


class HasInfo(Protocol):
    """A session, as far as it matters here: what is noted on it lives as long as it does."""

    @property
    def info(self) -> dict[Any, Any]:
        """Notes."""


#: The service itself, where nobody asked.
SYSTEM = Actor(None, "system")


def command_line() -> Actor:
    """Whoever works on the command line, as the machine knows them and not as they say."""
    user_id = os.getuid()
    try:
        login = pwd.getpwuid(user_id).pw_name
    except KeyError:  # containers run under ids that have no name
        login = f"uid {user_id}"
    return Actor(None, login, via="command_line")


def actor_of(session: HasInfo) -> Actor:
    """Who works in a transaction."""
    actor: Actor = session.info.get("actor", SYSTEM)
    return actor


@contextmanager
def acting(session: HasInfo, actor: Actor) -> Iterator[None]:
    """Let somebody else do what the block does."""
    before = actor_of(session)
    session.info["actor"] = actor
    try:
        yield
    finally:
        session.info["actor"] = before

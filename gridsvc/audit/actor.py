"""Who does what a transaction does; pure."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Actor:
    """Somebody, or the system, at work in one transaction."""

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


#: The service itself, where nobody asked.
SYSTEM = Actor(None, "system")


def command_line() -> Actor:
    """Whoever works on the command line, by the name the machine knows them by."""
    return Actor(None, getpass.getuser(), via="command_line")


def actor_of(session: AsyncSession) -> Actor:
    """Who works in a transaction."""
    actor: Actor = session.info.get("actor", SYSTEM)
    return actor


@contextmanager
def acting(session: AsyncSession, actor: Actor) -> Iterator[None]:
    """Let somebody else do what the block does."""
    before = actor_of(session)
    session.info["actor"] = actor
    try:
        yield
    finally:
        session.info["actor"] = before

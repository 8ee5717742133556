"""Passwords: what may be one, and how one is kept (Argon2id, by pwdlib)."""

from __future__ import annotations

import asyncio
import secrets

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from gridsvc.errors import BadInput

SHORTEST, LONGEST = 12, 128
#: Of the four kinds of characters so many must be there (MLPS, level 3).
FEWEST_KINDS = 3

_HASHING = PasswordHash.recommended()
#: What an unknown login is compared with, so that it takes as long as a known one.
_NOBODY = _HASHING.hash(secrets.token_urlsafe())


def check(password: str, login: str) -> None:
    """Refuse a password that is too easy to guess.

    Raises
    ------
    BadInput
        If it is too short or too long, has too few kinds of characters, or holds the login.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(f"the password has {len(password)} characters; choose {SHORTEST} to 128")
    kinds = {_kind_of(character) for character in password}
    if len(kinds) < FEWEST_KINDS:
        raise BadInput(
            "the password is too plain; use at least three of: small letters, capitals, digits, "
            "other characters"
        )
    if login in password.lower():
        raise BadInput("the password holds the name you sign in by; choose another")


def _kind_of(character: str) -> str:
    if "a" <= character <= "z":
        return "small letter"
    if "A" <= character <= "Z":
        return "capital"
    return "digit" if "0" <= character <= "9" else "other"


async def hashed(password: str) -> str:
    """Argon2id hash of a password, computed off the event loop."""
    return await asyncio.to_thread(_HASHING.hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Whether a password is the one that was hashed; as slow without a stored hash as with one."""
    return await asyncio.to_thread(_verify, password[: LONGEST + 1], stored)


def _verify(password: str, stored: str | None) -> bool:
    try:
        return _HASHING.verify(password, stored or _NOBODY) and stored is not None
    except UnknownHashError:
        return False


def one_time() -> str:
    """A password for the first sign-in, easy to read aloud and within the rules."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    capital, digit = secrets.choice("ABCDEFGHJKMNPQRSTUVWXYZ"), secrets.choice("23456789")
    return "-".join([*groups, capital + digit])

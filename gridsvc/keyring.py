"""The installation's keys: what personal data is sealed with, and what tokens are signed with.

A file of its own, apart from the database and its backups: whoever has only one of the two reads
nothing. Sealing is Fernet (AES-128-CBC with HMAC-SHA256, of the ``cryptography`` package).
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from gridsvc.errors import BadInput, Unavailable

#: How a text that was stored before there were keys is marked; it is sealed at the next start.
PLAIN = "plain"
_SIGNING_BYTES = 32


@dataclass(frozen=True)
class Keyring:
    """Keys by name, newest first; the newest seals and signs, older ones still open.

    Attributes
    ----------
    sealing
        Fernet keys (32 bytes, URL-safe base64) by name.
    signing
        Secret of tokens and cookies, hexadecimal.
    """

    sealing: dict[str, str]
    signing: str

    @property
    def newest(self) -> str:
        """Name of the key that seals."""
        return next(iter(self.sealing))

    def seal(self, text: str) -> str:
        """Encrypt a text; the result carries the key's name."""
        token = Fernet(self.sealing[self.newest]).encrypt(text.encode())
        return f"{self.newest}:{token.decode()}"

    def open(self, sealed: str) -> str:
        """Decrypt what `seal` gave.

        Raises
        ------
        Unavailable
            If its key is not on the ring, or the text was changed.
        """
        name, _, token = sealed.partition(":")
        if name == PLAIN:
            return token
        if name not in self.sealing:
            raise Unavailable(
                f"the key {name} that sealed this is not in the key file; put the key file of "
                "this database back"
            )
        try:
            return Fernet(self.sealing[name]).decrypt(token).decode()
        except InvalidToken as failure:
            raise Unavailable(
                "a sealed value cannot be opened: it was changed, or the key file is another's"
            ) from failure

    def reseal(self, sealed: str) -> str:
        """Seal again with the newest key."""
        return self.seal(self.open(sealed))

    def with_new_key(self) -> Keyring:
        """The ring with a fresh key in front, for rotation."""
        return Keyring(_fresh_key(len(self.sealing) + 1) | self.sealing, self.signing)

    def with_newest_only(self) -> Keyring:
        """The ring without its older keys, once nothing is sealed with them."""
        return Keyring({self.newest: self.sealing[self.newest]}, self.signing)


def new_keyring() -> Keyring:
    """Fresh keys."""
    return Keyring(_fresh_key(1), secrets.token_hex(_SIGNING_BYTES))


def _fresh_key(number: int) -> dict[str, str]:
    # Two installations that rotate on one day must not share a name.
    return {f"k{number}{secrets.token_hex(3)}": Fernet.generate_key().decode()}


def load(path: Path) -> Keyring:
    """Read the key file.

    Raises
    ------
    Unavailable
        If it is missing or cannot be read.
    BadInput
        If it is no key file, or others may read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise BadInput(f"{path} may be read by others; run chmod 600 {path}")
        told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        ring = Keyring(dict(told["sealing"]), str(told["signing"]))
        for key in ring.sealing.values():
            Fernet(key)
        ring.newest  # noqa: B018 - a ring without keys is none
    except FileNotFoundError as failure:
        raise Unavailable(
            f"there is no key file {path}; put back the one that belongs to this database"
        ) from failure
    except OSError as failure:
        raise Unavailable(f"the key file {path} cannot be read ({failure.strerror})") from failure
    except (ValueError, KeyError, TypeError, StopIteration) as failure:
        raise BadInput(f"{path} is not a key file; put back the one of this database") from failure
    return ring


def save(ring: Keyring, path: Path) -> None:
    """Write the key file whole or not at all, readable by its owner alone.

    Raises
    ------
    Unavailable
        If it cannot be written.
    """
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"sealing": ring.sealing, "signing": ring.signing}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as failure:
        draft.unlink(missing_ok=True)
        raise Unavailable(f"cannot write the key file {path} ({failure.strerror})") from failure


def load_or_make(path: Path) -> Keyring:
    """Read the key file, or make one where there is none yet."""
    if not path.exists():
        save(new_keyring(), path)
    return load(path)

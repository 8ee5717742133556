"""Client keys: what a client sends again under the same key is the same thing, or refused.

Phones repeat what they had no answer to. The key is the client's own, the digest tells whether what
comes again is what came before.
"""

from __future__ import annotations

import hashlib

from pydantic import BaseModel

from gridsvc.errors import BadInput


def digest_of(body: BaseModel) -> bytes:
    """What tells one body from another: SHA-256 of its JSON."""
    return hashlib.sha256(body.model_dump_json().encode()).digest()


def check_same(client_key: str, known: bytes, sent: bytes, *, used: str) -> None:
    """Refuse a key that comes again with something else.

    Parameters
    ----------
    known, sent
        Digests of what came first and of what comes now.
    used
        What the key was used for, as the message tells it: ``with another body``.

    Raises
    ------
    BadInput
        If the digests differ.
    """
    if bytes(known) != sent:
        raise BadInput(
            f"client_key {client_key!r} was used {used}; choose a new key, and repeat one only "
            "with the same body"
        )

"""Secrets that are given out once and kept as their digests."""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32
KEY_BEGINS = "gsk_"
BEGINNING_SHOWN = 10


def new_secret() -> str:
    """256 random bits, as text for a URL, a header or a cookie."""
    return secrets.token_urlsafe(_BYTES)


def new_key() -> str:
    """An API key: 256 random bits behind a beginning that scanners for leaked keys know."""
    return KEY_BEGINS + new_secret()


def digest_of(secret: str) -> bytes:
    """SHA-256 of a secret; random ones of this length need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()

"""Short-lived tokens for the API: JWT (RFC 7519) of one algorithm, by joserfc."""

from __future__ import annotations

import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from gridsvc.errors import Unauthenticated
from gridsvc.keyring import Keyring

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "gridsvc"

_CLAIMS = jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": AUDIENCE},
    exp={"essential": True},
    iat={"essential": True},
    sub={"essential": True},
)


def issue(keyring: Keyring, account_id: int, *, lives_s: int) -> str:
    """A token that stands for an account for so many seconds."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(account_id),
        "iat": now,
        "exp": now + lives_s,
    }
    return jwt.encode({"alg": ALGORITHM}, claims, _key(keyring))


def account_of(keyring: Keyring, token: str) -> int:
    """Account a token stands for.

    Raises
    ------
    Unauthenticated
        If it is none of ours, was changed, has run out, or lacks a claim.
    """
    try:
        found = jwt.decode(token, _key(keyring), algorithms=[ALGORITHM])
        _CLAIMS.validate(found.claims)
        account_id = int(found.claims["sub"])
        if not 0 < account_id < 2**63:
            raise ValueError("no account has such a number")
        return account_id
    except (JoseError, ValueError, TypeError) as failure:
        raise Unauthenticated(
            "the token has run out or is none of this service; get a new one at /api/token"
        ) from failure


def _key(keyring: Keyring) -> OctKey:
    return OctKey.import_key(bytes.fromhex(keyring.signing))

"""The second factor: time-based codes of a phone's authenticator (RFC 6238), by pyotp."""

from __future__ import annotations

import pyotp
import segno

_STEP_S = 30
#: Codes of the neighbouring half minutes count too: phones' clocks differ.
_NEIGHBOURS = (0, -1, 1)


def new_secret() -> str:
    """A fresh secret, 160 bit in base 32."""
    return pyotp.random_base32()


def step_of(secret: str, code: str, *, now_s: float, last_step: int | None) -> int | None:
    """Time step a code belongs to; none if it is wrong, too old, or was used before.

    Parameters
    ----------
    now_s
        Seconds since 1970.
    last_step
        Step of the last code that was taken, none if there was none.
    """
    totp = pyotp.TOTP(secret)
    for neighbour in _NEIGHBOURS:
        step = int(now_s // _STEP_S) + neighbour
        if pyotp.utils.strings_equal(code, totp.generate_otp(step)):
            return step if last_step is None or step > last_step else None
    return None


def picture(secret: str, login: str) -> str:
    """QR code of a secret as a data URI (SVG), for the authenticator to scan."""
    address = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="gridsvc")
    uri: str = segno.make(address, error="m").svg_data_uri(scale=5, border=2)
    return uri

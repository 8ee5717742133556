"""Keeps whoever sends a notice from connecting anywhere but to its channel's own address.

Apprise sends by requests and smtplib, which look names up themselves: an address that was checked
before may be another one when it is used. Python tells of every name that is looked up and every
address that is connected to before it happens (audit events), and there both are checked: no name
but the channel's, so that no redirect and no proxy of the environment is followed, and no address
that is not public, so that a name that changes its mind gains nothing.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from gridsvc.errors import BadInput
from gridsvc.outbound import Network, check_address


@dataclass
class Bounds:
    """Where one sending may connect to, and what came of it.

    Attributes
    ----------
    connected
        Whether the guard was asked, and had nothing against it.
    refusal
        What it had against it.
    """

    host: str
    allowed: Sequence[Network]
    connected: bool = False
    refusal: BadInput | None = None


_bounds: ContextVar[Bounds | None] = ContextVar("bounds", default=None)


@contextmanager
def bounded(host: str, allowed: Sequence[Network]) -> Iterator[Bounds]:
    """Let what the block sends, in its own thread, reach this host only.

    Raises
    ------
    BadInput
        If the block would have connected elsewhere.
    """
    _install()
    bounds = Bounds(host.lower().rstrip("."), allowed)
    token = _bounds.set(bounds)
    try:
        yield bounds
    finally:
        _bounds.reset(token)
    if bounds.refusal is not None:
        raise bounds.refusal


@cache
def _install() -> None:
    sys.addaudithook(_on_audit)  # for good: there is no way to take one back


def _on_audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    bounds = _bounds.get()
    if bounds is None:
        return
    try:
        if event == "socket.getaddrinfo":
            _check_name(bounds, arguments[0])
        elif event in {"socket.connect", "socket.sendto"}:
            _check_connection(bounds, arguments[1])
    except BadInput as refusal:
        bounds.refusal = refusal
        # As if the system refused: libraries tidy up after that.
        raise PermissionError(refusal.detail) from refusal


def _check_name(bounds: Bounds, name: object) -> None:
    told = name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)
    if told.lower().rstrip(".") != bounds.host:
        raise BadInput(
            f"a notice for {bounds.host} would go by way of another host; redirects and proxies "
            "are not followed"
        )


def _check_connection(bounds: Bounds, address: object) -> None:
    host = address[0] if isinstance(address, tuple) else None
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError as failure:
        raise BadInput(f"a notice for {bounds.host} would go to no address") from failure
    check_address(str(host), bounds.allowed)
    bounds.connected = True

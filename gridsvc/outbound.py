"""Requests the service makes by itself, to addresses that others gave.

A name is looked up once, every address behind it is checked, and the connection goes to the very
address that was checked: a name that changes its mind in between (DNS rebinding) gains nothing.
TLS still verifies the name. Proxies of the environment and redirects are not followed.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore
import httpx

from gridsvc.errors import BadInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: Looks a name up: host and port to addresses.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

#: IPv6 addresses that carry an IPv4 one for a translator (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


async def look_up(host: str, port: int) -> Sequence[str]:
    """Addresses of a name, asked of the system off the event loop."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as failure:
        raise BadInput(f"the address {host} cannot be found; check its spelling") from failure
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check_address(address: str, allowed: Iterable[Network]) -> Address:
    """The address itself, if the service may connect to it.

    Parameters
    ----------
    allowed
        Networks that may be reached although they are not public.

    Raises
    ------
    BadInput
        If it leads to this machine, the local network, or nowhere.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    for inner in _inside(found):
        if not (inner.is_global and not inner.is_multicast) and not any(
            inner in network for network in allowed if network.version == inner.version
        ):
            raise BadInput(
                f"{address} lies in a network that is not public; an administrator may allow it "
                "with GRIDSVC_OUTBOUND_NETWORKS"
            )
    return found


def _inside(address: Address) -> list[Address]:
    """An address, or the IPv4 addresses that an IPv6 one stands for or carries."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    if address.teredo is not None:
        return [address, *address.teredo]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]


class _CheckedConnections(httpcore.AsyncNetworkBackend):
    """Connects only to addresses that were checked."""

    def __init__(self, allowed: Sequence[Network], resolver: Resolver) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self, host: str, port: int, *args: Any, **kwargs: Any
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolver(host, port)
        # One bad address among good ones would be enough to lead inside.
        checked = [check_address(address, self._allowed) for address in addresses]
        return await self._inner.connect_tcp(str(checked[0]), port, *args, **kwargs)

    async def connect_unix_socket(
        self, path: str, *_args: Any, **_kwargs: Any
    ) -> httpcore.AsyncNetworkStream:
        raise BadInput(f"{path} is no address on the network")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class Outbound(httpx.AsyncHTTPTransport):
    """Transport of httpx that reaches public addresses by TLS, and networks that are allowed.

    Parameters
    ----------
    allowed
        Networks that may be reached although they are not public, also without TLS.
    resolver
        How names are looked up.
    """

    def __init__(self, allowed: Sequence[Network] = (), resolver: Resolver = look_up) -> None:
        super().__init__(trust_env=False)
        self._allowed = allowed
        self._resolver = resolver
        self._pool = self._fresh_pool()

    def _fresh_pool(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            network_backend=_CheckedConnections(self._allowed, self._resolver),
        )

    async def __aenter__(self) -> Outbound:
        """Begin anew: a client closes its transport in the end, the next one opens it again."""
        self._pool = self._fresh_pool()
        await super().__aenter__()
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, unless its address is one that outsiders should not choose.

        Raises
        ------
        BadInput
            If the address holds a password, is not https outside the allowed networks, or leads
            to a network that is not public.
        """
        url = request.url
        if url.userinfo:
            raise BadInput(f"the address of {url.host} holds a name or password; leave them out")
        if url.scheme != "https":
            await self._check_local(url)
        return await super().handle_async_request(request)

    async def _check_local(self, url: httpx.URL) -> None:
        port = url.port or 80
        local = [
            any(
                ipaddress.ip_address(address) in network
                for network in self._allowed
                if network.version == ipaddress.ip_address(address).version
            )
            for address in await self._resolver(url.host, port)
        ]
        if not (local and all(local)):
            raise BadInput(f"{url.host} is asked without encryption; give an https address")

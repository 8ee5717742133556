"""Channels as Apprise knows them: which ones are kept, what may stand in their addresses, sending.

The kinds of channels are few and each says beforehand to which host it will go.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from apprise import Apprise, NotifyFormat

from gridsvc.errors import BadInput, Unavailable
from gridsvc.notices.answers import heard_out
from gridsvc.notices.guard import bounded
from gridsvc.notices.kinds import Words
from gridsvc.outbound import Network, Resolver, check_address, look_up

# Its messages hold tokens and addresses.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)

#: Longest an address may be.
LONGEST = 500


@dataclass(frozen=True)
class Scheme:
    """A kind of channel.

    Attributes
    ----------
    service
        What we call it.
    host
        Host it sends to; none = the one its address names.
    parameters
        What may stand after the question mark: nothing that turns checks off, adds headers or
        changes the address.
    encrypted
        Whether TLS is certain.
    """

    service: str
    host: str | None = None
    parameters: frozenset[str] = frozenset()
    encrypted: bool = True


_MAIL = frozenset({"to", "from", "smtp", "mode"})
SCHEMES = {
    "wecombot": Scheme("wecom", "qyapi.weixin.qq.com"),
    "dingtalk": Scheme("dingtalk", "oapi.dingtalk.com"),
    "feishu": Scheme("feishu", "open.feishu.cn"),
    "mailtos": Scheme("mail", parameters=_MAIL),
    "mailto": Scheme("mail", parameters=_MAIL, encrypted=False),
    "jsons": Scheme("webhook"),
    "json": Scheme("webhook", encrypted=False),
}
#: Services whose messages are read as markup.
CHATS = frozenset({"wecom", "dingtalk", "feishu"})


@dataclass(frozen=True)
class Address:
    """An address that is in order: what Apprise makes of it, and the host it goes to."""

    service: str
    host: str
    encrypted: bool
    plugin: Any


def read(url: str) -> Address:
    """An Apprise URL of a kind that is kept, with nothing in it that is not needed.

    Raises
    ------
    BadInput
        If it is none.
    """
    scheme, parts = _split(url)
    given = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if beyond := sorted(given - scheme.parameters):
        raise BadInput(f"leave {beyond[0][:40]!r} out of the channel's address")
    if parts.fragment or ("mode" in given and not url.lower().startswith("mailtos:")):
        raise BadInput("leave what stands after # and the mode out of the channel's address")
    plugin: Any = Apprise.instantiate(url)
    if plugin is None:
        raise BadInput(
            f"the channel's address is not complete; write it as in {_EXAMPLES[scheme.service]}"
        )
    # The answer of a foreign host does not say where to go next; text is not read as HTML.
    plugin.redirects = False
    plugin.notify_format = NotifyFormat.TEXT
    if scheme.service == "mail" and getattr(plugin, "secure_mode", "") == "insecure":
        scheme = SCHEMES["mailto"]
    host = scheme.host or getattr(plugin, "smtp_host", None) or plugin.host
    return Address(scheme.service, str(host), scheme.encrypted, plugin)


_EXAMPLES = {
    "wecom": "wecombot://KEY",
    "dingtalk": "dingtalk://SECRET@TOKEN",
    "feishu": "feishu://TOKEN",
    "mail": "mailtos://user:password@example.cn?to=somebody@example.cn",
    "webhook": "jsons://host/path",
}


def _split(url: str) -> tuple[Scheme, Any]:
    if len(url) > LONGEST or not url.isprintable():
        raise BadInput(f"a channel's address is one line of at most {LONGEST} characters")
    try:
        parts = urlsplit(url)
    except ValueError as failure:
        raise BadInput("the channel's address is none; check its spelling") from failure
    scheme = SCHEMES.get(parts.scheme.lower())
    if scheme is None:
        kept = ", ".join(_EXAMPLES.values())
        raise BadInput(f"channels of this kind are not kept; give one of {kept}")
    return scheme, parts


async def check(address: Address, allowed: Sequence[Network], resolver: Resolver = look_up) -> None:
    """Refuse an address that leads inside, before it is kept; sending checks it again.

    Raises
    ------
    BadInput
        If its host lies in a network that is not public, or is reached without encryption
        outside of the networks that are allowed.
    """
    found = [check_address(one, allowed) for one in await resolver(address.host, 443)]
    local = all(
        any(one in network for network in allowed if network.version == one.version)
        for one in found
    )
    if not address.encrypted and not local:
        raise BadInput("this channel would send without encryption; give a mailtos or jsons one")


def send(url: str, words: Words, allowed: Sequence[Network], *, phone: str | None = None) -> bool:
    """Send, blocking; whether the other side took it.

    Parameters
    ----------
    phone
        Number that a gateway is told to send it on to.

    Raises
    ------
    BadInput
        If the address is none that is kept, or leads inside by now.
    Unavailable
        If it cannot be known where it went, or the answer refuses it.
    """
    address = read(url)
    if phone is not None:
        address.plugin.payload_extras = {"phone": phone}
    with heard_out(), bounded(address.host, allowed) as bounds:
        taken = bool(
            address.plugin.notify(body=words.text, title=words.title, body_format=NotifyFormat.TEXT)
        )
    if taken and not bounds.connected:
        raise Unavailable("a notice went out by a way that cannot be watched")
    return taken

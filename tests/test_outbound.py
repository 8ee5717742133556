"""What the service asks by itself never leads inside, however the address is written."""

import asyncio
import ipaddress

import httpx
import pytest

from gridsvc.errors import BadInput
from gridsvc.outbound import Outbound, check_address

INSIDE = [
    *("127.0.0.1", "127.255.0.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),  # noqa: S104
    *("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1"),
    *("::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("2001:0:7f00:1::", "2001:db8::1"),
]
PUBLIC = ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_are_refused(address):
    with pytest.raises(BadInput, match="not public"):
        check_address(address, ())


@pytest.mark.parametrize("address", PUBLIC)
def test_public_ones_are_not(address):
    check_address(address, ())


def test_a_network_may_be_allowed_and_no_more_than_it():
    allowed = [ipaddress.ip_network("10.1.0.0/16")]
    check_address("10.1.2.3", allowed)
    with pytest.raises(BadInput):
        check_address("10.2.2.3", allowed)


async def ask(url, *, allowed=(), resolver=None):
    given = {"resolver": resolver} if resolver else {}
    transport = Outbound([ipaddress.ip_network(one) for one in allowed], **given)
    async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
        return await client.get(url)


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://0x7f000001/"),
        *("https://2130706433/", "https://0177.0.0.1/", "https://127.1/", "https://0/"),
        *("https://169.254.169.254/latest/meta-data/", "https://[::ffff:127.0.0.1]/"),
        *("http://8.8.8.8/", "https://user:secret@8.8.8.8/", "https://nowhere.invalid/"),
    ],
)
async def test_every_spelling_of_inside_is_refused(url):
    with pytest.raises((BadInput, httpx.InvalidURL)):
        await ask(url)


async def test_a_name_with_one_address_inside_is_refused():
    async def both(host, port):
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(BadInput, match=r"10\.0\.0\.1"):
        await ask("https://clever.example/", resolver=both)


@pytest.fixture
async def local():
    """A little server; its port, and the heads of the requests it got."""
    heads = []

    async def serve(reader, writer):
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(
            b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heads


async def test_a_name_is_looked_up_for_the_check_and_the_connection_goes_there(local):
    """A name that changes its mind between check and connection gains nothing."""
    port, heads = local
    answers = [["127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"]]

    async def rebinding(host, port):
        return answers.pop(0)

    answer = await ask(
        f"http://partner.example:{port}/", allowed=["127.0.0.0/8"], resolver=rebinding
    )
    assert answer.status_code == 302  # and not followed
    assert "Host: partner.example" in heads[0]
    with pytest.raises(BadInput):
        await ask(f"http://partner.example:{port}/", allowed=["127.0.0.0/8"], resolver=rebinding)
    assert len(heads) == 1


async def test_proxies_of_the_environment_are_not_asked(local, monkeypatch):
    port, heads = local
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    await ask(f"http://127.0.0.1:{port}/", allowed=["127.0.0.0/8"])
    assert len(heads) == 1

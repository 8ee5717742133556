"""Channels' addresses: a few kinds, nothing that turns a check off, nothing inside."""

import http.server
import ipaddress
import socket
import threading

import pytest

from gridsvc.errors import BadInput
from gridsvc.notices import addresses
from gridsvc.notices.guard import bounded
from gridsvc.notices.kinds import Words

LOCAL = [ipaddress.ip_network("127.0.0.0/8")]
WORDS = Words("题目", "内容")


@pytest.mark.parametrize(
    ("url", "service", "host"),
    [
        ("wecombot://abc-def", "wecom", "qyapi.weixin.qq.com"),
        ("dingtalk://SECabc@token123", "dingtalk", "oapi.dingtalk.com"),
        ("feishu://token123", "feishu", "open.feishu.cn"),
        ("mailtos://u:p@example.cn?to=a@b.cn&smtp=mail.example.cn", "mail", "mail.example.cn"),
        ("mailtos://u:p@gmail.com", "mail", "smtp.gmail.com"),
        ("jsons://u:p@hook.example.cn:8443/a/b", "webhook", "hook.example.cn"),
    ],
)
def test_what_is_kept_says_where_it_goes(url, service, host):
    found = addresses.read(url)
    assert (found.service, found.host, found.encrypted) == (service, host, True)
    assert found.plugin.redirects is False
    assert found.plugin.verify_certificate is True


@pytest.mark.parametrize(
    "url",
    [
        "slack://a/b/c",
        "file:///etc/passwd",
        "syslog://",
        "dbus://",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc",
        "jsons://host/?verify=no",
        "jsons://host/?redirect=yes",
        "jsons://host/?+X-Forwarded-For=127.0.0.1",
        "jsons://host/?method=DELETE",
        "jsons://host/?:payload=x",
        "mailtos://u:p@example.cn?cto=9999",
        "mailto://u:p@example.cn?mode=ssl",
        "feishu://evil/x?token=abc",
        "wecombot://",
        "jsons://",
        "jsons://[::1",
        "jsons://host/#a",
        "jsons://host/\nx",
        "jsons://" + "x" * 600,
        "",
    ],
)
def test_everything_else_is_refused(url):
    with pytest.raises(BadInput):
        addresses.read(url)


@pytest.mark.parametrize(
    ("url", "found", "allowed", "good"),
    [
        ("jsons://h.cn/", ["93.184.216.34"], [], True),
        ("json://h.cn/", ["93.184.216.34"], [], False),
        ("jsons://h.cn/", ["10.0.0.8"], [], False),
        ("jsons://h.cn/", ["93.184.216.34", "127.0.0.1"], [], False),
        ("jsons://h.cn/", ["169.254.169.254"], [], False),
        ("jsons://h.cn/", ["::ffff:127.0.0.1"], [], False),
        ("json://h.cn/", ["127.0.0.1"], LOCAL, True),
        ("mailto://u:p@h.cn?to=a@b.cn", ["93.184.216.34"], [], False),
        ("mailto://h.cn?to=a@b.cn&from=c@d.cn", ["127.0.0.1"], LOCAL, True),
    ],
)
async def test_an_address_that_leads_inside_is_not_kept(url, found, allowed, good):
    async def resolver(host, port):
        assert host == "h.cn"
        return found

    try:
        await addresses.check(addresses.read(url), allowed, resolver)
    except BadInput:
        assert not good
    else:
        assert good


@pytest.fixture
def inside():
    """A service of the inner network, and what it was asked."""
    asked = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(self.path)
            self.send_response(307 if self.path == "/away" else 200)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/secret")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_checked_again_when_it_is_sent(inside):
    """As a name does that led outside when it was checked, and leads inside now."""
    host, asked = inside
    with pytest.raises(BadInput, match="not public"):
        addresses.send(f"json://{host}/", WORDS, [])
    assert asked == []
    assert addresses.send(f"json://{host}/hook", WORDS, LOCAL)
    assert asked == ["/hook"]


def test_redirects_are_not_followed(inside):
    host, asked = inside
    assert not addresses.send(f"json://{host}/away", WORDS, LOCAL)
    assert asked == ["/away"]


def test_proxies_of_the_environment_are_not_used(inside, monkeypatch):
    host, asked = inside
    monkeypatch.setenv("http_proxy", f"http://{host}")
    monkeypatch.delenv("no_proxy", raising=False)
    with pytest.raises(BadInput, match="proxies"):
        addresses.send("json://hook.example.cn/", WORDS, LOCAL)
    assert asked == []


def test_mail_is_bounded_as_well(inside):
    with pytest.raises(BadInput, match="not public"):
        addresses.send(f"mailto://{inside[0]}?to=a@b.cn&from=c@d.cn", WORDS, [])


def test_others_are_not_bounded(inside):
    host, _, port = inside[0].partition(":")
    with (
        pytest.raises(BadInput, match="another host"),
        bounded("elsewhere.cn", []),
        pytest.raises(PermissionError),
    ):
        socket.create_connection((host, int(port)))
    socket.create_connection((host, int(port))).close()

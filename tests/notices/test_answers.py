"""What WeCom and DingTalk answer with status 200 and a number is no success."""

import http.server
import ipaddress
import json
import threading

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.wecombot import NotifyWeComBot

from gridsvc.errors import Unavailable
from gridsvc.notices import addresses
from gridsvc.notices.addresses import Scheme
from gridsvc.notices.answers import errcode_of
from gridsvc.notices.kinds import Words

LOCAL = [ipaddress.ip_network("127.0.0.0/8")]
WORDS = Words("题目", "内容")
CHANNELS = {"wecombot": "wecombot://abc-def", "dingtalk": "dingtalk://SECabc@token123"}


@pytest.fixture
def robot(monkeypatch):
    """A robot's server on this machine; what it answers is to be set."""

    class Answer(http.server.BaseHTTPRequestHandler):
        content = b""

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(Answer.content)))
            self.end_headers()
            self.wfile.write(Answer.content)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    here = f"http://127.0.0.1:{server.server_port}/send"
    monkeypatch.setattr(NotifyWeComBot, "notify_url", here + "?key={key}")
    monkeypatch.setattr(NotifyDingTalk, "notify_url", here + "?access_token={token}")
    for scheme in CHANNELS:
        known = addresses.SCHEMES[scheme]
        monkeypatch.setitem(
            addresses.SCHEMES, scheme, Scheme(known.service, "127.0.0.1", known.parameters)
        )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Answer
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("scheme", sorted(CHANNELS))
def test_a_refusal_with_status_200_is_one(robot, scheme):
    robot.content = json.dumps({"errcode": 93000, "errmsg": "invalid webhook url"}).encode()
    with pytest.raises(Unavailable, match="errcode 93000"):
        addresses.send(CHANNELS[scheme], WORDS, LOCAL)
    robot.content = b'{"errcode": 0, "errmsg": "ok"}'
    assert addresses.send(CHANNELS[scheme], WORDS, LOCAL)


@pytest.mark.parametrize(
    ("content", "errcode"),
    [
        (b"", 0),
        (b"ok", 0),
        (b"[1]", 0),
        (b"\xff", 0),
        (b"{}", 0),
        (b'{"errcode": 0}', 0),
        (b'{"errcode": 45009}', 45009),
        (b'{"errcode": "x"}', -1),
        (b'{"errcode": 1, "x": "' + b"y" * 20_000 + b'"}', 0),
    ],
)
def test_numbers_are_read_from_whatever_comes(content, errcode):
    assert errcode_of(content) == errcode

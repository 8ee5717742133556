"""A webhook and a mail server on this machine, which fail as long as they are told to."""

import http.server
import json
import socket
import threading
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller


class Webhook:
    """What came in over HTTP."""

    def __init__(self):
        self.taken, self.refusals = [], 0
        hook = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if hook.refusals > 0:
                    hook.refusals -= 1
                    self.send_error(500)
                else:
                    hook.taken.append(body)
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"json://127.0.0.1:{self._server.server_port}/hook"

    @contextmanager
    def open(self):
        thread = threading.Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class MailServer:
    """What came in by SMTP."""

    def __init__(self):
        self.taken, self.refusals = [], 0

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        if self.refusals > 0:
            self.refusals -= 1
            return "451 try again later"
        self.taken.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    @contextmanager
    def open(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        controller = Controller(self, hostname="127.0.0.1", port=port)
        controller.start()
        self.url = f"mailto://127.0.0.1:{port}?to=desk@example.cn&from=grid@example.cn"
        try:
            yield self
        finally:
            controller.stop()

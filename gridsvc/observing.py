"""What every request gets: headers that protect its reader, a log line, and its figures."""

from __future__ import annotations

import logging
import re
from time import perf_counter

from asgi_correlation_id import CorrelationIdMiddleware
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gridsvc.metrics import Metrics

log = logging.getLogger(__name__)

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
#: Logged when the client went before it was answered, as nginx does.
_CLIENT_GONE = 499
_STATIC = "/static/"
_REQUEST_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def with_request_ids(app: ASGIApp) -> ASGIApp:
    """Let every answer and log line carry the request's id.

    A client's or proxy's own is kept if it is a UUID or 32 hexadecimal digits (nginx,
    OpenTelemetry); anything freer could smuggle text into the logs.
    """
    return CorrelationIdMiddleware(
        app, validator=lambda told: _REQUEST_ID.fullmatch(told) is not None
    )


class Observed:
    """Harden, log and count every answer, refusals and bugs included."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and watch its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = _CLIENT_GONE, perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _harden(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._note(scope, status, perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        route = route_of(scope)
        self._metrics.observe(method=method, route=route, status=status, seconds=seconds)
        facts = {"method": method, "route": route, "status": status, "seconds": round(seconds, 4)}
        log.info("request", extra=facts)


def route_of(scope: Scope) -> str:
    """Template of the route that answered: paths hold codes of people, queries coordinates."""
    if "router" not in scope:
        return "refused"  # before it came to a route
    route = scope.get("route")
    if route is not None:
        return str(route.path)
    return "/static" if scope["path"].startswith(_STATIC) else "unmatched"


def _harden(headers: MutableHeaders, path: str) -> None:
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Content-Security-Policy", "frame-ancestors 'none'")
    if not path.startswith(_STATIC):
        headers.setdefault("Cache-Control", "no-store")

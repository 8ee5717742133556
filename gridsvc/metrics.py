"""Figures for Prometheus: requests, the pool, and what is on the dispatch desk."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable, Iterator
from ipaddress import ip_address

from asyncpg import InterfaceError as DriverError
from asyncpg import PostgresError
from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from gridsvc.accounts.access import address_of, public
from gridsvc.db import transaction
from gridsvc.dispatch.queries import DeskFigures, desk_figures
from gridsvc.errors import Forbidden

log = logging.getLogger(__name__)

#: Prometheus gives up after ten seconds; better a scrape without the desk than none.
_DESK_PATIENCE_S = 2.0

router = APIRouter(include_in_schema=False)


class Metrics:
    """The figures of one service; nothing is shared between services of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Histogram(
            "gridsvc_request_seconds",
            "Requests answered and the seconds they took",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.desk = _Desk()
        self.registry.register(self.desk)

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `method` and `route` must come from a bounded set."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def watch(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        """Give a figure that is asked for at every scrape."""
        Gauge(f"gridsvc_{name}", meaning, registry=self.registry).set_function(value)


class _Desk(Collector):
    """Figures of the database; left out while it cannot be asked."""

    figures: DeskFigures | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(
            "gridsvc_database_answers",
            "1 when the database answered this scrape in time, else 0",
            value=float(self.figures is not None),
        )
        if self.figures is not None:
            waiting, assigned = self.figures
            yield GaugeMetricFamily("gridsvc_events_waiting", "Events nobody has yet", waiting)
            yield GaugeMetricFamily("gridsvc_assignments_open", "Events in hand", assigned)


@router.get(
    "/metrics",
    dependencies=[public("must answer without the database; for this machine and its keeper")],
)
async def metrics(request: Request) -> Response:
    """Figures in the text format of Prometheus, for this machine or whoever has the token."""
    _check_watcher(request)
    figures: Metrics = request.app.state.metrics
    figures.desk.figures = await _ask(request.app.state.engine)
    return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)


def _check_watcher(request: Request) -> None:
    """Refuse everybody else; no account is asked for, since those lie in the database.

    Raises
    ------
    Forbidden
        If the request neither comes from this machine nor carries the metrics token.
    """
    token = request.app.state.settings.metrics_token
    told = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is not None and hmac.compare_digest(told.encode(), token.encode()):
        return
    address = address_of(request)
    if token is not None or address is None or not ip_address(address).is_loopback:
        raise Forbidden("figures are told to this machine only, or by GRIDSVC_METRICS_TOKEN")


async def _ask(engine: AsyncEngine) -> DeskFigures | None:
    try:
        async with asyncio.timeout(_DESK_PATIENCE_S), transaction(engine) as session:
            return await desk_figures(session)
    # The driver's own errors come from connecting; OSError is also what is out of time.
    except (SQLAlchemyError, PostgresError, DriverError, OSError) as failure:
        log.warning("the desk's figures could not be read", exc_info=failure)
        return None


def watch_pool(figures: Metrics, engine: AsyncEngine) -> None:
    """Tell how many connections of an engine's pool are in use, and how many there may be."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)  # noqa: S101 - what make_engine builds
    figures.watch("pool_in_use", "Database connections in use", pool.checkedout)
    figures.watch("pool_size", "Database connections there may be", pool.size)

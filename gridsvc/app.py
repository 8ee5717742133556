"""The whole service on one page: routers, error handlers, lifespan."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp

from gridsvc import __version__, health, metrics, problems
from gridsvc.config import Settings
from gridsvc.db import make_engine
from gridsvc.dispatch import routes as dispatch
from gridsvc.dispatch.service import sweep
from gridsvc.events import routes as events
from gridsvc.grids import routes as grids
from gridsvc.maps import routes as maps
from gridsvc.observing import Observed, with_request_ids
from gridsvc.pressure import BodyLimit, WorkLimit
from gridsvc.web import pages

log = logging.getLogger(__name__)


def create_app(settings: Settings, database_url: str) -> FastAPI:
    """Build the service on a database that is already at the newest revision."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = make_engine(database_url, pool_size=settings.pool_size)
        metrics.watch_pool(app.state.metrics, app.state.engine)
        sweeper = asyncio.create_task(_sweep_for_ever(app, settings.sweep_s))
        yield
        sweeper.cancel()
        with suppress(asyncio.CancelledError):
            await sweeper
        await app.state.engine.dispose()

    app = FastAPI(
        title="gridsvc",
        version=__version__,
        summary="Grid management: grids and micro-grids, events, coverage maps",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.metrics = metrics.Metrics()
    problems.install(app)
    for room in (grids, events, dispatch, maps, health, metrics, pages):
        app.include_router(room.router)
    pages.mount_static(app)
    _surround(app, settings)
    return app


def _surround(app: FastAPI, settings: Settings) -> None:
    """Put limits, logs and request ids around everything.

    Starlette answers a bug outside of every middleware an application may add; these go
    around that answer too.
    """
    heart = app.build_middleware_stack

    def stack() -> ASGIApp:
        work = WorkLimit(heart(), most=settings.max_in_flight)
        app.state.metrics.watch("in_flight", "Requests worked on now", lambda: work.in_flight)
        bodies = BodyLimit(
            work,
            most_bytes=settings.max_body_bytes,
            most_s=settings.max_body_s,
            most_held_bytes=settings.max_in_flight * settings.max_body_bytes,
        )
        return with_request_ids(Observed(bodies, app.state.metrics))

    app.build_middleware_stack = stack  # type: ignore[method-assign]


async def _sweep_for_ever(app: FastAPI, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            assigned = await sweep(app.state.engine)
        except (SQLAlchemyError, OSError):
            log.warning("waiting events could not be swept; trying again", exc_info=True)
        else:
            if assigned:
                log.info("waiting events were assigned", extra={"assigned": assigned})

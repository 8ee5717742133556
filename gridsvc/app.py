"""The whole service on one page: routers, error handlers, lifespan."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from gridsvc import __version__, health, metrics, problems
from gridsvc.accounts import audit_routes as audit
from gridsvc.accounts import routes as accounts
from gridsvc.accounts.access import describe_rights
from gridsvc.accounts.openid import Provider
from gridsvc.accounts.rates import Rates
from gridsvc.appraisal import reward_routes as rewards
from gridsvc.appraisal import round_routes as rounds
from gridsvc.appraisal import routes as appraisal
from gridsvc.appraisal import star_routes as stars
from gridsvc.appraisal import survey_routes as surveys
from gridsvc.appraisal import tasks as appraisal_tasks
from gridsvc.briefing import appraisal_routes as books
from gridsvc.briefing import reception_routes as decks
from gridsvc.briefing import register_routes as register_books
from gridsvc.briefing import routes as briefings
from gridsvc.briefing import tasks as briefing_tasks
from gridsvc.config import Settings
from gridsvc.db import Login, make_engine
from gridsvc.dispatch import citizen_routes as citizens
from gridsvc.dispatch import desk_routes as desk
from gridsvc.dispatch import routes as dispatch
from gridsvc.dispatch import tasks as dispatch_tasks
from gridsvc.dispatch import whistle_routes as whistles
from gridsvc.dispatch.assigning import ask_the_next, sweep
from gridsvc.drafts import routes as drafts
from gridsvc.drafts import tasks as draft_tasks
from gridsvc.events import field_routes as field
from gridsvc.events import life_routes as lives
from gridsvc.events import overview_routes as overviews
from gridsvc.events import public_routes as public
from gridsvc.events import routes as events
from gridsvc.events import tasks as event_tasks
from gridsvc.exchange import draft_routes as draft_files
from gridsvc.exchange import phone_routes as phones
from gridsvc.exchange import table_routes as tables
from gridsvc.feed import routes as feed
from gridsvc.feed.hub import Hub
from gridsvc.grids import routes as grids
from gridsvc.grids import tile_routes
from gridsvc.grids.tiles import Tiles
from gridsvc.jobs import queue as jobs
from gridsvc.keyring import Keyring
from gridsvc.ledger import routes as ledger
from gridsvc.mandates import office_routes as offices
from gridsvc.mandates import routes as mandates
from gridsvc.maps import basemap_routes as basemap
from gridsvc.maps import ground_routes as ground
from gridsvc.maps import routes as maps
from gridsvc.notices import contact_routes as contacts
from gridsvc.notices import routes as notices
from gridsvc.notices.sender import Sender
from gridsvc.observing import Observed, with_request_ids
from gridsvc.outreach import device_routes as place_devices
from gridsvc.outreach import field_routes as field_visits
from gridsvc.outreach import reception_routes as receptions
from gridsvc.outreach import tasks as outreach_tasks
from gridsvc.outreach import visit_routes as visits
from gridsvc.outreach import warning_routes as warnings
from gridsvc.outreach import window_routes as windows
from gridsvc.people import posting_routes as postings
from gridsvc.people import routes as people
from gridsvc.people import shift_routes as shifts
from gridsvc.people import tasks as people_tasks
from gridsvc.people import track_routes as tracks
from gridsvc.people import training_routes as trainings
from gridsvc.pressure import BodyLimit, WorkLimit
from gridsvc.privacy import routes as privacy
from gridsvc.privacy import tasks as privacy_tasks
from gridsvc.registers import group_routes as groups
from gridsvc.registers import project_routes as projects
from gridsvc.registers import repair_routes as repairs
from gridsvc.registers import sitting_routes as sittings
from gridsvc.registers import standard_routes as standards
from gridsvc.roads import routes as roads
from gridsvc.web import (
    appraisal_pages,
    desk_pages,
    help_pages,
    outreach_pages,
    overview_pages,
    pages,
    phone_pages,
    plan_pages,
    register_pages,
    sign_in_pages,
)

log = logging.getLogger(__name__)

#: Every router of the service.
DOORS = (
    *(accounts, audit, grids, tile_routes, mandates, offices, roads),
    *(people, shifts, postings, trainings, tracks, lives),
    *(events, dispatch, desk, whistles, phones, feed, notices, maps, public, citizens, privacy),
    contacts,
    *(field, ground, basemap, drafts, draft_files, tables, briefings, overviews),
    *(visits, field_visits, warnings, windows, receptions, decks, place_devices),
    *(groups, standards, projects, sittings, repairs, register_books),
    *(appraisal, surveys, rewards, stars, rounds, books, ledger),
    *(pages, plan_pages, phone_pages, desk_pages, overview_pages, outreach_pages),
    *(appraisal_pages, register_pages, sign_in_pages, help_pages),
    *(health, metrics),
)
#: Largest photos that may be on their way at a time; a phone sends a third of that.
_PHOTOS_AT_ONCE = 16
#: Seconds somebody may take at the OpenID provider.
_OPENID_S = 600

#: Answers that are worth packing, and how hard: higher levels take longer for a few percent.
_PACKED = ("/api/tiles/", "/api/divisions", "/api/grids", "/api/micro-grids", "/api/public/ground")
_PACK_LEVEL = 4

#: What each room has to do in the job queue.
_TASKS = (
    *(event_tasks.tasks, dispatch_tasks.tasks, people_tasks.tasks, privacy_tasks.tasks),
    *(draft_tasks.tasks, briefing_tasks.tasks, outreach_tasks.tasks, appraisal_tasks.tasks),
)


def create_app(settings: Settings, login: Login, keyring: Keyring) -> FastAPI:
    """Build the service on a database that is already at the newest revision.

    Parameters
    ----------
    login
        How the service logs in: a role that owns nothing, so that policies hold.
    keyring
        Keys of this database.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.engine = make_engine(login.url, pool_size=settings.pool_size, role=login.role)
        metrics.watch_pool(app.state.metrics, app.state.engine)
        context = {"engine": app.state.engine, "settings": settings}
        app.state.live = _hub(app, settings)
        beside = [
            asyncio.create_task(_sweep_for_ever(app, settings.sweep_s)),
            asyncio.create_task(app.state.live.run()),
        ]
        if settings.jobs:
            beside.append(asyncio.create_task(jobs.work(login, _TASKS, context)))
            sender = Sender(app.state.engine, settings, keyring)
            beside.append(asyncio.create_task(sender.run()))
        yield
        for task in beside:
            task.cancel()
        for task in beside:
            with suppress(asyncio.CancelledError):
                await task
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
    app.state.keyring = keyring
    app.state.metrics = metrics.Metrics()
    app.state.tiles = Tiles()
    app.state.grounds = OrderedDict()
    app.state.rates = Rates(
        requests_per_minute=settings.requests_per_minute,
        sign_ins_per_minute=settings.sign_ins_per_minute,
        public_per_minute=settings.public_per_minute,
        reports_per_hour=settings.reports_per_hour,
    )
    app.state.openid = Provider(settings) if settings.openid_issuer else None
    if settings.openid_issuer:
        # Holds what a sign-in began with until the provider sends the browser back.
        app.add_middleware(
            SessionMiddleware,
            secret_key=keyring.signing,
            session_cookie="gridsvc_openid",
            max_age=_OPENID_S,
            https_only=settings.encrypted,
        )
    problems.install(app)
    _open_doors(app)
    pages.mount_static(app)
    _surround(app, settings)
    return app


def _open_doors(app: FastAPI) -> None:
    """Give the app the routes that the doors have made, which name their own prefix and rights.

    `include_router` would make every route once more, for each app, at its first request, and look
    each request up twice.
    """
    for door in DOORS:
        describe_rights(door.router)
        app.router.routes.extend(door.router.routes)


def _packed(app: ASGIApp) -> ASGIApp:
    """Cells and tiles gzipped for whoever takes it.

    Other answers may hold a secret beside words of a stranger, whose size would tell of it
    (BREACH); the pages of maps are packed inside.
    """
    squeezed = GZipMiddleware(app, minimum_size=1000, compresslevel=_PACK_LEVEL)

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        of_cells = scope["type"] == "http" and scope["path"].startswith(_PACKED)
        await (squeezed if of_cells else app)(scope, receive, send)

    return chosen


def _hub(app: FastAPI, settings: Settings) -> Hub:
    hub = Hub(app.state.engine, every_s=settings.live_s, most=settings.live_streams)
    app.state.metrics.watch("live_streams", "Live streams open now", lambda: hub.open_streams)
    return hub


def _surround(app: FastAPI, settings: Settings) -> None:
    """Put limits, logs and request ids around everything.

    Starlette answers a bug outside of every middleware an application may add; these go
    around that answer too.
    """
    heart = app.build_middleware_stack

    def stack() -> ASGIApp:
        work = WorkLimit(_packed(heart()), most=settings.max_in_flight)
        app.state.metrics.watch("in_flight", "Requests worked on now", lambda: work.in_flight)
        bodies = BodyLimit(
            work,
            most_bytes=settings.max_body_bytes,
            most_photo_bytes=settings.max_photo_bytes,
            most_s=settings.max_body_s,
            most_held_bytes=settings.max_in_flight * settings.max_body_bytes
            + _PHOTOS_AT_ONCE * settings.max_photo_bytes,
        )
        return with_request_ids(Observed(bodies, app.state.metrics))

    app.build_middleware_stack = stack  # type: ignore[method-assign]


async def _sweep_for_ever(app: FastAPI, every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await ask_the_next(app.state.engine)
            assigned = await sweep(app.state.engine)
        except (SQLAlchemyError, OSError):
            log.warning("waiting events could not be swept; trying again", exc_info=True)
        else:
            if assigned:
                log.info("waiting events were assigned", extra={"assigned": assigned})

"""The pages for phones: the citizen's and the field worker's. They open without a network.

What these answer with is kept in the phone and holds nothing of anybody: who is signed in, tasks
and reports come over the API and stay in the phone's own store.
"""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.access import RawSession, address_of, public
from gridsvc.db import EVERYWHERE, enter
from gridsvc.web import phone_queries
from gridsvc.web.drawing import HERE, page
from gridsvc.web.languages import language_of, marked, translations

router = APIRouter(
    include_in_schema=False,
    dependencies=[public("forms and streets; what they show of anybody comes over the API")],
)

Scope = Literal["report", "field"]
#: Full and short name of each page where it is installed.
_NAMES = {
    "report": (marked("网格随手报"), marked("随手报")),
    "field": (marked("网格员工作台"), marked("网格工作")),
}
_COLOUR = "#0d3c7a"


@router.get("/report", response_class=HTMLResponse)
async def report(request: Request, session: RawSession) -> HTMLResponse:
    """Report something: photo, place, words or voice."""
    return await _citizen_page(request, session, "new")


@router.get("/report/mine", response_class=HTMLResponse)
async def reports(request: Request, session: RawSession) -> HTMLResponse:
    """How one's reports go, by their tracking numbers."""
    return await _citizen_page(request, session, "mine")


@router.get("/report/handled", response_class=HTMLResponse)
async def handled(request: Request, session: RawSession) -> HTMLResponse:
    """What was handled and published, at coarse places."""
    return await _citizen_page(request, session, "handled")


@router.get("/field", response_class=HTMLResponse)
async def field(request: Request, session: RawSession) -> HTMLResponse:
    """The field worker's page; who they are and what they have in hand the API tells."""
    return await _shell(request, session, "field.html", scope="/field")


@router.get("/{scope}/worker.js", response_class=FileResponse)
async def worker(scope: Scope) -> FileResponse:
    """The service worker of a page: served beside it, since it may rule no other."""
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": f"/{scope}"}
    script = HERE / "static" / "vendor" / "desk" / "phone-worker.js"
    return FileResponse(script, media_type="text/javascript", headers=headers)


@router.get("/{scope}/app.webmanifest", response_class=JSONResponse)
async def manifest(request: Request, scope: Scope) -> Response:
    """What a phone needs to know to install a page: name, colours, icons made by `.ci/icons`."""
    words = translations(language_of(request))
    name, short = (words.get(one, one) for one in _NAMES[scope])
    icons = [
        {"src": f"/static/icons/{kind}-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
        | ({"purpose": "maskable"} if kind == "maskable" else {})
        for kind in ("icon", "maskable")
        for side in (192, 512)
    ]
    told = {
        "id": f"/{scope}",
        "name": name,
        "short_name": short,
        "start_url": f"/{scope}",
        "scope": f"/{scope}",
        "display": "standalone",
        "lang": language_of(request),
        "background_color": _COLOUR,
        "theme_color": _COLOUR,
        "icons": icons,
    }
    return JSONResponse(told, media_type="application/manifest+json")


async def _citizen_page(request: Request, session: AsyncSession, view: str) -> HTMLResponse:
    return await _shell(request, session, "report.html", scope="/report", view=view)


async def _shell(
    request: Request, session: AsyncSession, template: str, **context: Any
) -> HTMLResponse:
    """A page without anything of anybody, so that a phone may keep it."""
    await request.app.state.rates.count_public(address_of(request))
    await enter(session, EVERYWHERE)
    groups = await phone_queries.matter_groups(session)
    middle = await phone_queries.middle(session)
    return page(request, template, groups=groups, middle=middle, **context)

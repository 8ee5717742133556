"""The landing page and the API documentation, served without anything from outside."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from gridsvc.db import Session
from gridsvc.geo import Datum
from gridsvc.grids.queries import division_name
from gridsvc.maps.inline import vendor_folder
from gridsvc.maps.queries import widest_division
from gridsvc.maps.sheet import moment
from gridsvc.web import queries
from gridsvc.web.queries import TownFigures

_HERE = Path(__file__).parent
_TEMPLATES = Jinja2Templates(directory=_HERE / "templates")
_TEMPLATES.env.filters["moment"] = moment

#: Only this service's own files, no inline script or style: were markup to slip through the
#: templates' escaping, it still would not run.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
_DATUMS = {
    Datum.WGS84: "WGS-84（GPS）",
    Datum.GCJ02: "GCJ-02（高德、腾讯、手机）",
    Datum.BD09: "BD-09（百度）",
    Datum.CGCS2000: "CGCS2000（国家大地坐标系）",
}


router = APIRouter(include_in_schema=False)


async def town_figures(request: Request, session: Session) -> TownFigures | None:
    """Figures of what is published, and of the smallest division that holds it all."""
    code = await widest_division(session)
    town = await division_name(session, code) if code else None
    made_at = datetime.now(ZoneInfo(request.app.state.settings.time_zone))
    return await queries.town_figures(session, town=town, made_at=made_at) if town else None


@router.get("/", response_class=HTMLResponse)
async def landing(
    request: Request, figures: Annotated[TownFigures | None, Depends(town_figures)]
) -> HTMLResponse:
    """Figures of the place, ways on, and a form that locates a point."""
    return _page(request, "landing.html", figures=figures, datums=_DATUMS)


@router.get("/docs", response_class=HTMLResponse)
async def api_documentation(request: Request) -> HTMLResponse:
    """The API's documentation, drawn by the bundled Swagger UI."""
    return _page(request, "docs.html", schema_url=request.app.openapi_url)


def _page(request: Request, template: str, **context: Any) -> HTMLResponse:
    return _TEMPLATES.TemplateResponse(request, template, context, headers=_HEADERS)


def mount_static(app: FastAPI) -> None:
    """Serve style sheets, scripts and the bundled assets under ``/static``.

    Raises
    ------
    Unavailable
        If the assets have not been built.
    """
    vendor_folder()
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")

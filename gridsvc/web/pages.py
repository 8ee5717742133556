"""The landing page and the API documentation, served without anything from outside.

The landing page shows figures of the town where the application provides them::

    app.state.town_figures = figures    # async (request) -> TownFigures
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from gridsvc.geo import Datum
from gridsvc.maps.inline import vendor_folder
from gridsvc.maps.sheet import moment

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


@dataclass(frozen=True)
class TownFigures:
    """What the landing page says of the town; counts taken at `made_at`, which is aware.

    `lon` and `lat` (WGS-84) are a place inside the town for a first try of the form, and
    `matters` the codes and names it offers.
    """

    town: str
    made_at: datetime
    communities: int
    households: int
    grids: int
    micro_grids: int
    workers: int
    workers_on_duty: int
    officers: int
    officers_on_duty: int
    open_events: int
    waiting_events: int
    lon: float
    lat: float
    matters: list[tuple[str, str]]


async def town_figures(request: Request) -> TownFigures | None:
    """Figures from ``app.state.town_figures``; none where the application provides none."""
    figures: Callable[[Request], Awaitable[TownFigures | None]] | None = getattr(
        request.app.state, "town_figures", None
    )
    return await figures(request) if figures else None


router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def landing(
    request: Request, figures: Annotated[TownFigures | None, Depends(town_figures)]
) -> HTMLResponse:
    """The landing page: figures, ways on, and a form that locates a point."""
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

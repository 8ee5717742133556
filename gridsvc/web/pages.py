"""The landing page and the API documentation, served without anything from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from gridsvc.accounts.access import RawSession, Visitor, public
from gridsvc.geo import Datum
from gridsvc.grids.queries import division_name
from gridsvc.maps.inline import vendor_folder
from gridsvc.maps.queries import widest_division
from gridsvc.web import chapters, queries
from gridsvc.web.drawing import HERE, own_path, page
from gridsvc.web.languages import COOKIE, marked
from gridsvc.web.queries import TownFigures

_DATUMS = {
    Datum.WGS84: marked("WGS-84（GPS）"),
    Datum.GCJ02: marked("GCJ-02（高德、腾讯、手机）"),
    Datum.BD09: marked("BD-09（百度）"),
    Datum.CGCS2000: marked("CGCS2000（国家大地坐标系）"),
}


router = APIRouter(
    include_in_schema=False, dependencies=[public("tells strangers no more than where to sign in")]
)


async def town_figures(
    request: Request, session: RawSession, visitor: Visitor
) -> TownFigures | None:
    """Figures of what is published in the visitor's areas; none for strangers."""
    if visitor is None:
        return None
    code = await widest_division(session)
    town = await division_name(session, code) if code else None
    made_at = datetime.now(ZoneInfo(request.app.state.settings.time_zone))
    return await queries.town_figures(session, town=town, made_at=made_at) if town else None


@router.get("/", response_class=HTMLResponse)
async def landing(
    request: Request,
    visitor: Visitor,
    figures: Annotated[TownFigures | None, Depends(town_figures)],
) -> HTMLResponse:
    """Figures of the place, ways on, and a form that locates a point."""
    return page(request, "landing.html", visitor=visitor, figures=figures, datums=_DATUMS)


@router.get("/docs", response_class=HTMLResponse)
async def api_documentation(request: Request, visitor: Visitor) -> HTMLResponse:
    """The API's documentation, drawn by the bundled Swagger UI."""
    return page(request, "docs.html", visitor=visitor, schema_url=request.app.openapi_url)


@router.get("/language/{language}")
async def choose_language(
    language: Literal["zh-CN", "en"],
    goal: Annotated[str, Query(alias="next", max_length=500)] = "/",
) -> RedirectResponse:
    """Remember the reader's language for a year and go back to the page they came from."""
    answer = RedirectResponse(own_path(goal), status_code=303)
    answer.set_cookie(COOKIE, language, max_age=365 * 86400, samesite="lax")
    return answer


def mount_static(app: FastAPI) -> None:
    """Serve style sheets, scripts, bundled assets under ``/static``, and the handbook's pictures.

    Raises
    ------
    Unavailable
        If the assets have not been built.
    """
    vendor_folder()
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    pictures = StaticFiles(directory=chapters.FOLDER / "pictures")
    app.mount("/help/pictures", pictures, name="pictures")

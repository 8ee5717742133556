"""The planner's desk: the list of drafts, and the editor of one."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from gridsvc.accounts.access import Caller, Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import WHOLE, checked, code_range
from gridsvc.drafts import queries, service
from gridsvc.grids.queries import communities_named
from gridsvc.web.drawing import page
from gridsvc.web.languages import marked

router = APIRouter(include_in_schema=False, dependencies=[may(Permission.VIEW_DRAFTS)])

MOST_DRAFTS = 200
STATES = {
    "open": marked("编辑中"),
    "submitted": marked("待审批"),
    "approved": marked("已批准，待生效"),
    "published": marked("已发布"),
}
#: Files a plan can be had as; in other coordinates over HTTP.
FORMATS = {
    "gpkg": "GeoPackage",
    "shp": "Shapefile",
    "geojson": "GeoJSON",
    "kml": "KML",
    "dxf": "DXF",
}
PLAN_STATES = {
    "draft": marked("自动生成，未发布"),
    "published": marked("现行"),
    "superseded": marked("历史"),
}


@router.get("/plan", response_class=HTMLResponse)
async def plan(
    request: Request,
    session: Session,
    visitor: Caller,
    draft: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    division: Annotated[str | None, Query(max_length=12)] = None,
) -> HTMLResponse:
    """The editor of a draft; without one, the drafts and plans there are."""
    editor = Permission.EDIT_DRAFTS in visitor.permissions
    if draft is not None:
        row = await service.required(session, draft)
        settings = request.app.state.settings
        return page(
            request,
            "plan_desk.html",
            visitor=visitor,
            draft=service.told_row(row),
            editor=editor,
            approver=Permission.APPROVE_DRAFTS in visitor.permissions,
            basemap=settings.basemap is not None and Permission.VIEW_MAP in visitor.permissions,
            imagery=settings.imagery_url,
            imagery_grid=settings.imagery_grid,
            images_of=settings.imagery_origin,
        )
    places = await communities_named(session)
    low, high = code_range(checked(division) if division else WHOLE)
    rows = await queries.listed(session, low, high, limit=MOST_DRAFTS)
    plans = await queries.plans(session, division, limit=50) if division else []
    zone = ZoneInfo(request.app.state.settings.time_zone)
    return page(
        request,
        "plan.html",
        visitor=visitor,
        editor=editor,
        loader=Permission.LOAD_TABLES in visitor.permissions,
        formats=FORMATS,
        division=division,
        communities=places,
        drafts=[_timed(service.told_row(row), zone, "changed_at") for row in rows],
        plans=[_timed(dict(row), zone, "published_at") for row in plans],
        states=STATES,
        plan_states=PLAN_STATES,
    )


def _timed(row: dict[str, Any], zone: ZoneInfo, name: str) -> dict[str, Any]:
    """A row with one of its times in the readers' zone."""
    return row | {name: row[name] and row[name].astimezone(zone)}

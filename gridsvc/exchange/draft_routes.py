"""HTTP doors of drafts and plans as files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.drafts import schemas
from gridsvc.drafts.replacing import Replacement
from gridsvc.drafts.service import Kept
from gridsvc.exchange import draft_files
from gridsvc.exchange.cell_files import FORMATS
from gridsvc.geo import Reference
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api/drafts", tags=["drafts"])

_SEE = may(Permission.VIEW_DRAFTS)
_EDIT = may(Permission.EDIT_DRAFTS)
_BINARY = {"type": "string", "format": "binary"}
_FILES: dict[int | str, dict[str, Any]] = {
    200: {"content": {one.media_type: {"schema": _BINARY} for one in FORMATS.values()}}
}
_UPLOAD = {"required": True, "content": {"application/octet-stream": {"schema": _BINARY}}}

Id = Annotated[int, Path(ge=1, le=2**62)]
Kind = Annotated[Literal["gpkg", "shp", "geojson", "kml", "dxf"], Query(alias="format")]
Written = Literal["wgs84", "cgcs2000", "cgcs2000_metric"]
ClientKey = Annotated[PlainText, Query(min_length=1, max_length=64)]


def _kept(request: Request) -> Kept:
    kept: Kept = request.app.state.grounds
    return kept


def _sent(content: bytes, name: str, kind: str) -> Response:
    saved = {"Content-Disposition": f'attachment; filename="{name}{FORMATS[kind].suffix}"'}
    return Response(content, media_type=FORMATS[kind].media_type, headers=saved)


@router.get("/{draft_id}/file", response_class=Response, responses=_FILES, dependencies=[_SEE])
async def draft_file(
    request: Request, session: Session, draft_id: Id, kind: Kind, datum: Written = "wgs84"
) -> Response:
    """A draft as GeoPackage, Shapefile (ZIP), GeoJSON, KML or DXF.

    GeoJSON and KML are in WGS-84 always; the others in what is asked for: degrees of WGS-84 or
    CGCS2000 (EPSG:4490), or metres of the community's 3-degree zone of CGCS2000.
    """
    content = await draft_files.draft_file(
        session, draft_id, kind, Reference(datum), _kept(request)
    )
    return _sent(content, f"draft-{draft_id}", kind)


@router.get("/plans/{plan_id}/file", response_class=Response, responses=_FILES, dependencies=[_SEE])
async def plan_file(
    request: Request, session: Session, plan_id: Id, kind: Kind, datum: Written = "wgs84"
) -> Response:
    """A plan as a file, as a draft is; cells go by their codes."""
    content = await draft_files.plan_file(session, plan_id, kind, Reference(datum), _kept(request))
    return _sent(content, f"plan-{plan_id}", kind)


@router.post("/{draft_id}/file", dependencies=[_EDIT], openapi_extra={"requestBody": _UPLOAD})
async def replace(
    request: Request,
    session: Session,
    draft_id: Id,
    kind: Kind,
    version: Annotated[int, Query(ge=0, le=2_000_000_000)],
    client_key: ClientKey,
    datum: Reference | None = None,
) -> schemas.Changed:
    """Replace a draft's cells by those of a file (the body), as one revision; undo takes it back.

    Columns ``number``, ``kind`` and ``locked`` are heeded where they are there. What its
    coordinates are in must be told where the file does not say it itself; GCJ-02 and BD-09 hold
    whatever it says. Refused, with the reason and the place, where the cells would leave a gap,
    overlap, leave the community, fall into parts, cut a building, or change a locked cell.
    """
    content = await request.body()
    asked = Replacement(version, client_key, draft_files.told(content, kind, datum))
    return await draft_files.replace_from_file(session, draft_id, asked, content, _kept(request))

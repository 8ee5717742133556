"""HTTP door of vector tiles."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.grids import tile_queries, tiles

router = APIRouter(prefix="/api", tags=["grids"], dependencies=[may(Permission.VIEW_CELLS)])

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
Zoom = Annotated[int, Path(description=f"Zoom, 0 to {tiles.CLOSEST}")]
Column = Annotated[int, Path(description="Column, from the west")]
Row = Annotated[int, Path(description="Row, from the north")]
Known = Annotated[str | None, Header(alias="If-None-Match", max_length=1000)]

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": f"Layer grids, from zoom {tiles.MICRO_GRIDS_FROM} micro_grids; or empty",
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "The tile that the client names is still right"},
}


class VectorTile(Response):
    """Answer that maps know by its media type."""

    media_type = MEDIA_TYPE


@router.get("/tiles/{z}/{x}/{y}", responses=_ANSWERS, response_class=VectorTile)
async def tile(
    request: Request, session: Session, z: Zoom, x: Column, y: Row, known: Known = None
) -> Response:
    """Cells in force as a vector tile, Web Mercator; GeoJSON by bbox serves closer views."""
    tiles.check(z, x, y)
    version = await tile_queries.version(session)
    # Weak, since the same tile may go out packed or not.
    etag = f'W/"{version}"'
    # A client must ask again each time, since its account or the plan may have changed.
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Cookie, Authorization"}
    named = {one.strip().removeprefix("W/") for one in (known or "").split(",")}
    if named & {f'"{version}"', "*"}:
        return Response(status_code=304, headers=headers)
    content = await tiles.made(session, request.app.state.tiles, version, z, x, y)
    return VectorTile(content, headers=headers)

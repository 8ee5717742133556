"""HTTP doors of divisions, grids and micro-grids."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import checked
from gridsvc.errors import BadInput, NotFound
from gridsvc.geo import Datum, to_wgs84
from gridsvc.grids import queries
from gridsvc.grids.schemas import CellAt, FeatureCollection

router = APIRouter(prefix="/api", tags=["grids"], dependencies=[may(Permission.VIEW_CELLS)])

MOST_FEATURES = 5000

Lon = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False, examples=[118.78])]
Lat = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, examples=[32.04])]
BboxText = Annotated[
    str | None,
    Query(
        description="west,south,east,north in degrees, WGS-84",
        examples=["118.77,32.03,118.79,32.05"],
        max_length=100,
    ),
]
Within = Annotated[
    str | None,
    Query(description="12-digit code of a division; only what lies in it", alias="division"),
]
Limit = Annotated[int, Query(ge=1, le=MOST_FEATURES)]


class GeoJSON(JSONResponse):
    """Answer that GIS software knows by its media type."""

    media_type = "application/geo+json"


def parse_bbox(value: str | None) -> queries.Bbox | None:
    """Bounding box from ``west,south,east,north``.

    Raises
    ------
    BadInput
        If it is not four numbers, or they do not span a box on the globe.
    """
    if value is None:
        return None
    try:
        west, south, east, north = (float(part) for part in value.split(","))
    except ValueError as failure:
        raise BadInput("bbox must be four numbers: west,south,east,north in degrees") from failure
    on_globe = -180 <= west < east <= 180 and -90 <= south < north <= 90
    if not (all(map(math.isfinite, (west, south, east, north))) and on_globe):
        raise BadInput(
            "bbox must span a box on the globe: west < east within ±180, south < north within ±90"
        )
    return west, south, east, north


async def _collection(
    session: Session, layer: str, bbox: str | None, division: str | None, limit: int
) -> Response:
    box = parse_bbox(bbox)
    within = checked(division) if division is not None else None
    found = await queries.features(session, layer, within=within, bbox=box, limit=limit)
    # Text already: a JSON response would write it a second time.
    return Response(found, media_type=GeoJSON.media_type)


_GEOJSON_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "model": FeatureCollection,
        "description": "GeoJSON, longitude first, WGS-84; numberMatched tells whether more exist",
    }
}


@router.get("/divisions", responses=_GEOJSON_ANSWER, response_class=GeoJSON)
async def divisions(
    session: Session, bbox: BboxText = None, division: Within = None, limit: Limit = 1000
) -> Response:
    """Divisions that have a boundary, as GeoJSON."""
    return await _collection(session, "divisions", bbox, division, limit)


@router.get("/grids", responses=_GEOJSON_ANSWER, response_class=GeoJSON)
async def grids(
    session: Session, bbox: BboxText = None, division: Within = None, limit: Limit = 1000
) -> Response:
    """Grids in force, as GeoJSON."""
    return await _collection(session, "grids", bbox, division, limit)


@router.get("/micro-grids", responses=_GEOJSON_ANSWER, response_class=GeoJSON)
async def micro_grids(
    session: Session, bbox: BboxText = None, division: Within = None, limit: Limit = 1000
) -> Response:
    """Micro-grids in force, as GeoJSON."""
    return await _collection(session, "micro_grids", bbox, division, limit)


@router.get("/micro-grids/at")
async def micro_grid_at(session: Session, lon: Lon, lat: Lat, datum: Datum) -> CellAt:
    """Micro-grid, grid and community at a point."""
    x, y = to_wgs84(lon, lat, datum)
    located = await queries.cell_at(session, lon=x, lat=y)
    if located is None:
        raise NotFound(
            f"no published micro-grid covers {lon}, {lat} ({datum}); "
            "check the datum, or publish a plan for that community"
        )
    return CellAt.model_validate(located, from_attributes=True)

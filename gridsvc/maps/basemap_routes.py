"""HTTP door of the installation's own background: what its PMTiles file shows in a box."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
from fastapi import APIRouter, Query, Request, Response

from gridsvc.accounts.access import may
from gridsvc.accounts.roles import Permission
from gridsvc.errors import BadInput, NotFound
from gridsvc.grids.routes import GeoJSON, parse_bbox
from gridsvc.grids.schemas import FeatureCollection
from gridsvc.maps import background, basemap

router = APIRouter(prefix="/api/maps", tags=["maps"])

#: Degrees a box may be wide or high: a community with what lies round it.
MOST_DEGREES = 0.3
#: Decimals of degrees sent to a browser: a decimetre, finer than tiles are.
DECIMALS = 6


@router.get(
    "/basemap",
    responses={200: {"model": FeatureCollection}},
    response_class=GeoJSON,
    dependencies=[may(Permission.VIEW_MAP)],
)
async def shapes(
    request: Request,
    bbox: Annotated[
        str, Query(description="west,south,east,north in degrees, WGS-84", max_length=100)
    ],
) -> Response:
    """Roads, waters and buildings of the background file, as lines; 404 where none is set."""
    path = request.app.state.settings.basemap
    if path is None:
        raise NotFound("this installation has no background; set GRIDSVC_BASEMAP to a PMTiles file")
    box = parse_bbox(bbox)
    if box is None or box[2] - box[0] > MOST_DEGREES or box[3] - box[1] > MOST_DEGREES:
        raise BadInput(f"bbox must span at most {MOST_DEGREES} degrees; look closer")
    return GeoJSON(await asyncio.to_thread(_collection, path, box))


def _collection(path: Path, box: tuple[float, float, float, float]) -> dict[str, Any]:
    found = background.background(basemap.ground_of(path, box))
    lines = shapely.transform(found.geometry.to_numpy(), lambda at: np.round(at, DECIMALS))
    features = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(line),
            "properties": {"kind": background.ORDER[kind]},
        }
        for line, kind in zip(lines, found["kind"], strict=True)
    ]
    count = {"numberMatched": len(features), "numberReturned": len(features)}
    return {"type": "FeatureCollection", "features": features} | count

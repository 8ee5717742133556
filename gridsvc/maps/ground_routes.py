"""HTTP door of the map that everybody may see: where a report lies, without a map from outside."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from gridsvc.accounts.access import RawSession, address_of, public
from gridsvc.db import EVERYWHERE, enter
from gridsvc.errors import BadInput
from gridsvc.grids.routes import GeoJSON, parse_bbox
from gridsvc.grids.schemas import FeatureCollection
from gridsvc.maps import ground_queries

router = APIRouter(prefix="/api/public", tags=["public"])

#: Degrees a box may be wide or high: a district of some ten kilometres, not a city at once.
MOST_DEGREES = 0.12
MOST_LINES = 4000


@router.get(
    "/ground",
    responses={200: {"model": FeatureCollection}},
    response_class=GeoJSON,
    dependencies=[public("streets and borders of grids are no secret; nobody lives in them")],
)
async def ground(
    request: Request,
    session: RawSession,
    bbox: Annotated[
        str, Query(description="west,south,east,north in degrees, WGS-84", max_length=100)
    ],
) -> Response:
    """Streets, waters and borders of grids, as GeoJSON: enough to see where one is."""
    await request.app.state.rates.count_public(address_of(request))
    box = parse_bbox(bbox)
    if box is None or box[2] - box[0] > MOST_DEGREES or box[3] - box[1] > MOST_DEGREES:
        raise BadInput(f"bbox must span at most {MOST_DEGREES} degrees; look closer")
    await enter(session, EVERYWHERE)
    return GeoJSON(await ground_queries.ground(session, box, limit=MOST_LINES))

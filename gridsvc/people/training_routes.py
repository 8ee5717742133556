"""HTTP doors to courses: what somebody is trained for, and whom to ask in a grid."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.geo import Datum, to_wgs84
from gridsvc.grids.routes import Lat, Lon
from gridsvc.people import training
from gridsvc.people.routes import PersonCode
from gridsvc.people.schemas import TrainedOut, TrainingIn, TrainingOut
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api", tags=["people"])

_LOOK = may(Permission.VIEW_PEOPLE)
Choice = Annotated[PlainText | None, Query(min_length=1, max_length=64)]


@router.post(
    "/people/{code}/trainings", status_code=201, dependencies=[may(Permission.MANAGE_ACCOUNTS)]
)
async def record(session: Session, code: PersonCode, course: TrainingIn) -> TrainingOut:
    """Write down that somebody was trained for a service item or a matter."""
    return await training.record(session, code, course)


@router.get("/people/{code}/trainings", dependencies=[_LOOK])
async def of_person(session: Session, code: PersonCode) -> list[TrainingOut]:
    """What somebody was trained for, the latest first."""
    return await training.of_person(session, code)


@router.get("/trained", dependencies=[_LOOK])
async def trained(
    session: Session,
    lon: Lon,
    lat: Lat,
    datum: Datum,
    item: Choice = None,
    matter: Choice = None,
) -> TrainedOut:
    """Who in the grid of a place may do a service item or a matter today; names are masked."""
    x, y = to_wgs84(lon, lat, datum)
    return await training.trained_at(session, lon=x, lat=y, item=item, matter=matter)

"""HTTP doors of proofs, windows and forms; as open as the other lists."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import WHOLE, checked
from gridsvc.geo import Datum, to_wgs84
from gridsvc.grids.routes import Lat, Lon, Within
from gridsvc.mandates import admissions as merging
from gridsvc.mandates import offices
from gridsvc.mandates.office_schemas import (
    AdmissionsOut,
    BurdenOut,
    OverlayOut,
    ProofsOut,
    ServedOut,
    ServiceWindowOut,
)
from gridsvc.mandates.routes import Day
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api", tags=["mandates"], dependencies=[may(Permission.VIEW_CELLS)])

Item = Annotated[
    PlainText | None,
    Query(min_length=1, max_length=64, description="code of a service item; none = any"),
]
Role = Annotated[
    Literal["grid_worker", "liaison", "officer"] | None, Query(description="whom forms are for")
]


@router.get("/proofs")
async def proofs(session: Session, division: Within = None, day: Day = None) -> ProofsOut:
    """Proofs that a village or community may issue, and those it may not."""
    return await offices.proofs_on(session, _area(division), day)


@router.get("/service-windows")
async def windows(
    session: Session,
    lon: Lon,
    lat: Lat,
    datum: Datum,
    item: Item = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> list[ServiceWindowOut]:
    """Windows near a place, the nearest first, with their hours; those for one item if asked."""
    x, y = to_wgs84(lon, lat, datum)
    return await offices.windows_near(session, lon=x, lat=y, item=item, limit=limit)


@router.get("/service-windows/reach")
async def reach(
    session: Session,
    division: Within = None,
    item: Item = None,
    radius_m: Annotated[float, Query(gt=0, le=50_000, allow_inf_nan=False)] = 500.0,
    day: Day = None,
) -> ServedOut:
    """How many households live within so many metres of a window, by community."""
    return await offices.served_within(
        session, _area(division), item=item, radius_m=radius_m, day=day
    )


@router.get("/burden")
async def burden(
    session: Session, division: Within = None, day: Day = None, role: Role = None
) -> BurdenOut:
    """What workers are asked to fill in, and what of it more than once."""
    return await offices.burden_on(session, _area(division), day, role=role)


@router.get("/admissions")
async def admissions(session: Session, division: Within = None, day: Day = None) -> AdmissionsOut:
    """What departments may bring into our grids on a day (准入清单)."""
    return await merging.admissions_on(session, _area(division), day)


@router.get("/department-grids/overlay", dependencies=[may(Permission.VIEW_MAP)])
async def overlay(session: Session, division: Within, day: Day = None) -> OverlayOut:
    """How the grids of departments on that list lie over ours: area and households of each."""
    return await merging.overlay_on(session, _area(division), day)


def _area(division: str | None) -> str:
    return checked(division) if division is not None else WHOLE

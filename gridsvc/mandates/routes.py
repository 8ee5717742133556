"""HTTP doors of the lists: matters with who may, who must and by when; units; calendars; versions.

What an office answers for is no secret: whoever may see the cells may read the lists of them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from gridsvc.accounts.access import Session, may
from gridsvc.accounts.roles import Permission
from gridsvc.codes import WHOLE, checked, range_within
from gridsvc.errors import BadInput, NotFound
from gridsvc.grids.routes import Within
from gridsvc.mandates import queries, service, version_queries
from gridsvc.mandates.lists import Version
from gridsvc.mandates.schemas import (
    CalendarDays,
    CalendarOut,
    Difference,
    Differences,
    MatterOut,
    MatterTree,
    UnitOut,
    VersionOut,
    VersionsPage,
)
from gridsvc.plain_text import PlainText

router = APIRouter(prefix="/api", tags=["mandates"], dependencies=[may(Permission.VIEW_CELLS)])

MOST_ENTRIES = 5000

Day = Annotated[
    date | None, Query(description="what held on that day; today if none is given", alias="at")
]
MatterCode = Annotated[PlainText, Path(min_length=1, max_length=64, examples=["E0101"])]
VersionId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=MOST_ENTRIES)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Kind = Literal[
    "powers",
    "matters",
    "units",
    "delegations",
    "limits",
    "policies",
    "duties",
    "calendars",
    "proofs",
    "items",
    "windows",
    "offers",
    "forms",
    "admissions",
]


@router.get("/matters")
async def matters(session: Session, day: Day = None) -> MatterTree:
    """Matters on the list of a day, as a tree."""
    return await service.matter_tree(session, day)


@router.get("/matters/{matter}")
async def matter(
    session: Session, matter: MatterCode, division: Within = None, day: Day = None
) -> MatterOut:
    """A matter with its limits, dispatch policy, duties and powers in a division on a day."""
    where = checked(division) if division is not None else WHOLE
    await service.known_division(session, where)
    return await service.matter_on(session, matter, where, day)


@router.get("/units")
async def units(session: Session, division: Within = None, day: Day = None) -> list[UnitOut]:
    """Units of the caller's areas and of those above them on a day, by code."""
    low, high = range_within(division)
    _, moment = await service.moment_of(session, day)
    return [UnitOut(**row) for row in await queries.units_at(session, low, high, moment)]


@router.get("/calendars")
async def calendar(session: Session, division: Within = None, day: Day = None) -> CalendarOut:
    """The working calendar of a division as it was known on a day."""
    where = checked(division) if division is not None else WHOLE
    await service.known_division(session, where)
    _, moment = await service.moment_of(session, day)
    areas = queries.areas_of(where)
    version = await version_queries.in_force(session, "calendars", areas, moment)
    if version is None:
        raise NotFound("no working calendar was loaded by then; load one with gridsvc load")
    days = await version_queries.entries(
        session, "calendars", version.id, limit=MOST_ENTRIES, offset=0
    )
    return CalendarOut(version=version, days=[CalendarDays(**row) for row in days])


@router.get("/lists")
async def versions(
    session: Session, kind: Kind | None = None, limit: Limit = 100, offset: Offset = 0
) -> VersionsPage:
    """Versions of lists that concern the caller, the newest of each kind first."""
    found, total = await version_queries.versions(session, kind=kind, limit=limit, offset=offset)
    return VersionsPage(versions=found, total=total)


@router.get("/lists/{version_id}")
async def version(
    session: Session, version_id: VersionId, limit: Limit = 1000, offset: Offset = 0
) -> VersionOut:
    """A version of a list with its entries, by their key."""
    found = await _version(session, version_id)
    rows = await version_queries.entries(session, found.kind, found.id, limit=limit, offset=offset)
    return VersionOut(version=found, entries=rows)


@router.get("/lists/{version_id}/differences")
async def differences(
    session: Session,
    version_id: VersionId,
    before: Annotated[int, Query(ge=1, le=2**63 - 1, description="version to compare with")],
    limit: Limit = 1000,
) -> Differences:
    """What a version of a list changed in another one of its kind."""
    old, new = await _version(session, before), await _version(session, version_id)
    if old.kind != new.kind:
        raise BadInput(f"version {old.id} is of {old.kind}, {new.id} of {new.kind}; take one kind")
    rows = await version_queries.differences(session, new.kind, old.id, new.id, limit)
    return Differences(before=old, after=new, differences=[Difference(**row) for row in rows])


async def _version(session: Session, version_id: int) -> Version:
    found = await version_queries.version(session, version_id)
    if found is None:
        raise NotFound(f"there is no version {version_id} of any list")
    return found

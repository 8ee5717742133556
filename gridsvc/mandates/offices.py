"""What the office tells of proofs, of windows that serve people, and of forms workers fill in."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.codes import code_range
from gridsvc.errors import BadInput, NotFound
from gridsvc.grids import service_point_queries
from gridsvc.grids.queries import cell_at
from gridsvc.mandates import office_queries, queries
from gridsvc.mandates.calendar import ZONE, WorkingCalendar, sessions_of
from gridsvc.mandates.office_schemas import (
    BurdenOut,
    CommunityServed,
    FormAsked,
    ProofOut,
    ProofsOut,
    RepeatedField,
    ServedOut,
    ServiceWindowOut,
)
from gridsvc.mandates.service import known_division, moment_of


async def proofs_on(session: AsyncSession, division_code: str, day: date | None) -> ProofsOut:
    """Proofs that may be issued in a division on a day, and those abolished."""
    day, moment = await moment_of(session, day)
    rows = await office_queries.proofs(session, division_code, moment)
    proofs = [ProofOut(**row) for row in rows]
    allowed = sum(one.allowed for one in proofs)
    return ProofsOut(day=day, allowed=allowed, abolished=len(proofs) - allowed, proofs=proofs)


async def known_item(session: AsyncSession, code: str, division_code: str) -> str:
    """What a service item is called on the list that holds in a division now.

    Raises
    ------
    BadInput
        If it is not on that list.
    """
    name = await office_queries.item_name(
        session, division_code, await queries.now(session), code=code
    )
    if name is None:
        raise BadInput(
            f"{code!r} is not on the list of service items of {division_code}; use a code of it, "
            "or load the list of items first"
        )
    return name


async def windows_near(
    session: AsyncSession, *, lon: float, lat: float, item: str | None, limit: int
) -> list[ServiceWindowOut]:
    """Windows that serve whoever is at a place (degrees, WGS-84), the nearest first.

    Raises
    ------
    NotFound
        If no published cell covers the place: then nobody knows whose list holds.
    """
    cell = await cell_at(session, lon=lon, lat=lat)
    if cell is None:
        raise NotFound("the place lies outside every published grid; check the datum")
    community = cell.division_code
    now = await queries.now(session)
    rows = await office_queries.windows_near(
        session, community, now, lon=lon, lat=lat, item=item, limit=limit
    )
    calendar = await queries.calendar_of(session, community)
    return [
        ServiceWindowOut(**row, open_now=_open(row, now.astimezone(ZONE), calendar)) for row in rows
    ]


async def windows_of(
    session: AsyncSession, division_code: str, *, item: str | None
) -> list[dict[str, Any]]:
    """Windows on the list of a division now, with whether each is open; for one item if asked."""
    now = await queries.now(session)
    rows = await office_queries.windows(session, division_code, now, item=item)
    calendar = await queries.calendar_of(session, division_code)
    return [dict(row) | {"open_now": _open(row, now.astimezone(ZONE), calendar)} for row in rows]


def _open(window: RowMapping, now: datetime, calendar: WorkingCalendar) -> bool | None:
    """Whether a window is open; none where it follows a calendar that does not reach today."""
    if window["opens"] == "working_days":
        try:
            if not calendar.sessions(now.date()):
                return False
        except BadInput:
            return None
    return any(begins <= now.time() < ends for begins, ends in sessions_of(window["hours"]))


async def served_within(
    session: AsyncSession,
    division_code: str,
    *,
    item: str | None,
    radius_m: float,
    day: date | None,
) -> ServedOut:
    """How many households of a division live within so many metres of a window.

    Parameters
    ----------
    item
        Only windows at which this is done count; none = all.
    """
    await known_division(session, division_code)
    day, moment = await moment_of(session, day)
    points = await office_queries.points_with(session, division_code, moment, item=item)
    low, high = code_range(division_code)
    rows = await service_point_queries.households_within(
        session, low, high, points=points, radius_m=radius_m
    )
    communities = [CommunityServed(**row) for row in rows]
    within = sum(one.within for one in communities)
    households = sum(one.households for one in communities)
    return ServedOut(
        day=day,
        item=item,
        radius_m=radius_m,
        points=len(points),
        within=within,
        households=households,
        full=within == households,
        communities=communities,
    )


async def burden_on(
    session: AsyncSession, division_code: str, day: date | None, *, role: str | None
) -> BurdenOut:
    """What forms ask of workers on a day, and by name what they ask for more than once.

    The same words are the same field, however wide they are written and spaced.
    """
    day, moment = await moment_of(session, day)
    rows = await office_queries.form_fields(session, division_code, moment, role=role)
    asked: dict[tuple[str, str], list[RowMapping]] = defaultdict(list)
    for row in rows:
        asked[row["role"], _plain(row["field"])].append(row)
    repeated = [
        RepeatedField(
            field=same[0]["field"],
            role=asked_of,
            forms=[FormAsked(**{k: v for k, v in row.items() if k in _OF_FORM}) for row in same],
        )
        for (asked_of, _), same in sorted(asked.items())
        if len(same) > 1
    ]
    return BurdenOut(
        day=day,
        forms=len({row["form_code"] for row in rows}),
        fields=len(rows),
        needless=sum(len(one.forms) - 1 for one in repeated),
        repeated=repeated,
    )


_OF_FORM = frozenset(FormAsked.model_fields)


def _plain(field: str) -> str:
    return "".join(unicodedata.normalize("NFKC", field).split())

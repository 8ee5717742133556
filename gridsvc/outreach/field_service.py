"""What the office tells a field worker of the visits that are theirs, and of their own work."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import Permission
from gridsvc.codes import code_range
from gridsvc.errors import Forbidden
from gridsvc.mandates import queries as mandates_queries
from gridsvc.outreach import field_queries, visit_queries, visiting, walking
from gridsvc.outreach.field_schemas import (
    FieldFigures,
    FieldHousehold,
    FieldProgramme,
    FieldVisits,
    FieldWeek,
)
from gridsvc.outreach.schemas import ProgrammeOut
from gridsvc.people import track_queries
from gridsvc.roads.modes import Mode

#: Days ahead in which a household may be visited on the way.
AHEAD_DAYS = 7
#: Households of a programme on a phone: more doors than anybody opens in a day.
MOST_DOORS = 60
#: Weeks of a worker's own work.
WEEKS = 6


def _person(caller: Identity) -> tuple[int, str]:
    if caller.person_id is None or caller.person_code is None:
        raise Forbidden("this account stands for nobody in the field; ask an administrator")
    return caller.person_id, caller.person_code


async def visits(session: AsyncSession, caller: Identity, zone: ZoneInfo) -> FieldVisits:
    """Households that are the caller's to visit, each programme's in the order of the way.

    Raises
    ------
    Forbidden
        If the account stands for nobody who works in the grids.
    """
    person_id, _ = _person(caller)
    ranges = [code_range(area) for area in caller.areas]
    low, high = min(one for one, _ in ranges), max(one for _, one in ranges)
    found = []
    for one in await visiting.programmes(session, "", ":"):
        if one.visitor not in caller.roles:
            continue
        first, last = code_range(one.division_code)
        # What lies outside their areas they do not see anyway: it need not be looked through.
        asked = visit_queries.Range(
            programme=one.id, low=max(low, first), high=min(high, last), zone=zone.key
        )
        told = await _programme(session, one, asked, person_id)
        if told.total:
            found.append(told)
    return FieldVisits(
        ahead_days=AHEAD_DAYS,
        sees_warnings=caller.may(Permission.CHECK_WARNINGS),
        programmes=found,
    )


async def _programme(
    session: AsyncSession, one: ProgrammeOut, asked: visit_queries.Range, person_id: int
) -> FieldProgramme:
    counts = await visit_queries.count_due(
        session, asked, person_id=person_id, ahead_days=AHEAD_DAYS
    )
    rows = await visit_queries.due(
        session, asked, person_id=person_id, ahead_days=AHEAD_DAYS, limit=MOST_DOORS
    )
    walk = await walking.way_past(session, one.division_code, rows, mode=Mode.WALK)
    rooms = await field_queries.rooms(session, [row["household"] for row in rows])
    by_id = {row["household"]: row for row in rows}
    names = set(FieldHousehold.model_fields) - {"unit", "room"}
    return FieldProgramme(
        **{name: getattr(one, name) for name in ("id", "name", "every_days", "results")},
        **{name: getattr(walk, name) for name in ("by", "travel_s", "saved_s")},
        **counts,
        households=[
            FieldHousehold(
                **{name: by_id[household][name] for name in names},
                unit=rooms[household]["unit"],
                room=rooms[household]["room"],
            )
            for stop in walk.stops
            for household in stop.households
        ],
    )


async def figures(
    session: AsyncSession, caller: Identity, zone: ZoneInfo, *, gap_s: float
) -> FieldFigures:
    """The caller's own work, week by week.

    Parameters
    ----------
    gap_s
        Seconds beyond which the time between two positions is not counted.

    Raises
    ------
    Forbidden
        If the account stands for nobody who works in the grids.
    """
    person_id, code = _person(caller)
    today = (await mandates_queries.now(session)).astimezone(zone).date()
    days = [(day, day + timedelta(days=7)) for day in _mondays(today)]
    spans = [(_midnight(since, zone), _midnight(until, zone)) for since, until in days]
    work = await field_queries.work(session, person_id, spans)
    weeks = []
    for (since, until), (begins, ends), row in zip(days, spans, work, strict=True):
        seen = await track_queries.hours(
            session, low="", high=":", code=code, begins=begins, ends=ends, gap_s=gap_s
        )
        hours = {name: sum(one[name] for one in seen) for name in ("in_grid_s", "tracked_s")}
        weeks.append(FieldWeek(since=since, until=until, **hours, **row))
    return FieldFigures(person=code, weeks=weeks)


def _mondays(today: date) -> list[date]:
    """First days of the last weeks, oldest first; today lies in the last."""
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=n) for n in reversed(range(WEEKS))]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
